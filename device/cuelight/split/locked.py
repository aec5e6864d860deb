"""Lock the sensing process in, for good, and say how far the kernel went along."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import socket
import struct
from typing import TYPE_CHECKING, Final

from cuelight.errors import CuelightError
from cuelight.sandbox import forbid_core_dumps
from cuelight.split.seccomp import MACHINES, build

if TYPE_CHECKING:
    from collections.abc import Iterable

_PDEATHSIG, _NO_NEW_PRIVS = 1, 38
_SECCOMP, _FILTER = 22, 2
_LANDLOCK: Final = (444, 445, 446)
"""Numbers of landlock_create_ruleset, _add_rule and _restrict_self, the same on every machine."""

_READS: Final = 0b1101
"""Landlock's rights to run, read and list, which stay; all others are taken away."""

_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights a Landlock of that version knows; 16 from version 5 on."""

_WRITE, _IOCTL = 1 << 1, 1 << 15


class NotLockedError(CuelightError, OSError):
    """The kernel does not lock this process in, so it must not see a picture."""


def die_with(parent: int) -> None:
    """End with the process that started this one, whatever becomes of it; at once if it is gone."""
    _prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def lock_in(channels: Iterable[int], *, landlock: bool = True) -> dict[str, bool]:
    """Take this process's ways out, and try each; whole packets go into `channels` only.

    Afterwards no thread of it can open a socket, write or make a file, start a program or look into
    another process. Says what holds: `sensing_without_network` and `sensing_cannot_write_files` are
    True, or NotLockedError is raised. `sensing_landlocked` is False on kernels without Landlock
    (Raspberry Pi OS): there, code that wanted to could still change files that exist already and
    belong to the service, through a mapping or eight bytes at a time. `landlock` False leaves it
    out where the kernel has it.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise NotLockedError(
            f"there is no filter of system calls for {platform.machine()}; sandbox.split wants "
            f"{' or '.join(MACHINES)}. Set sandbox.split = false in device.toml."
        )
    forbid_core_dumps()
    _prctl(_NO_NEW_PRIVS, 1)
    landlocked = landlock and _landlock()
    code = build(machine, channels=channels)
    program = ctypes.create_string_buffer(code, len(code))
    filters = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(program))
    where = ctypes.create_string_buffer(filters, len(filters))
    _prctl(_SECCOMP, _FILTER, ctypes.addressof(where))
    return {
        "sensing_without_network": _is_refused_a_socket(),
        "sensing_cannot_write_files": _is_refused_a_file(),
        "sensing_landlocked": landlocked,
    }


def _is_refused_a_socket() -> bool:
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except PermissionError:
            continue
        raise NotLockedError("the kernel still lets the sensing process open a socket")
    return True


def _is_refused_a_file() -> bool:
    """Try to make a file nowhere, so that a kernel that let it would have made none."""
    for flags in (os.O_WRONLY | os.O_CREAT, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_TRUNC):
        try:
            os.close(os.open("/proc/self/no-such-folder/file", flags))
        except PermissionError:
            continue
        except OSError:
            pass
        raise NotLockedError("the kernel still lets the sensing process open files to write them")
    return True


def _landlock() -> bool:
    """Leave files only to be read, but for devices; False where the kernel has no Landlock."""
    libc = ctypes.CDLL(None, use_errno=True)
    create, add, restrict = _LANDLOCK
    version = libc.syscall(create, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << _RIGHTS.get(version, 16)) - 1 & ~_READS
    attributes = ctypes.create_string_buffer(struct.pack("Q", rights), 8)
    rules = libc.syscall(create, attributes, ctypes.c_size_t(8), 0)
    devices = os.open("/dev", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        allowed = rights & (_WRITE | _IOCTL)
        beneath = ctypes.create_string_buffer(struct.pack("=Qi", allowed, devices), 12)
        done = libc.syscall(add, rules, 1, beneath, 0) or libc.syscall(restrict, rules, 0)
    finally:
        os.close(devices)
        if rules >= 0:
            os.close(rules)
    return bool(done == 0)


def _prctl(*words: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_ulong(word) for word in (*words, 0, 0, 0, 0)[:5]]
    if libc.prctl(*wide) != 0:
        number = ctypes.get_errno()
        why = errno.errorcode.get(number, str(number))
        raise NotLockedError(
            f"the kernel does not lock the sensing process in ({why}). Set sandbox.split = false "
            "in device.toml, or take a kernel with seccomp filters."
        )
