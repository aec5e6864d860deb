"""Build the filter that keeps a process from handing anything to a network, a file or a program.

A filter is a little program in the kernel's classic BPF that is run at every system call (Linux's
seccomp(2)); it can look at numbers and flags, not at paths. It forbids by name and lets the rest
pass, since a camera's own software (libcamera, V4L2 drivers) differs from Pi to Pi.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _EQUAL, _ABOVE, _BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
"""Offsets in the kernel's `struct seccomp_data`; arguments follow from 16 on, 8 bytes each."""

_X32: Final = 0x40000000
"""Calls of x86-64's other numbering begin here; without a bound they would slip past the list."""

OPEN_FOR_MORE: Final = 0o1 | 0o100 | 0o1000 | 0o2000 | 0o20000000
"""O_WRONLY, O_CREAT, O_TRUNC, O_APPEND and O_TMPFILE's own bit. O_RDWR alone opens a camera."""

SMALL_WRITE: Final = 8
"""Bytes that may go into any file descriptor: what wakes a thread through a pipe or an eventfd."""

_NETLINK, _UEVENT = 16, 15
"""The one socket that libcamera needs: it hears from the kernel which devices there are."""

_THREAD: Final = 0x10000
"""CLONE_THREAD: a thread of this process and no process of its own."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor's mark in the kernel, and its numbers of the calls that are named below."""

    mark: int
    calls: Mapping[str, int]


_X86: Final = """
write 1 open 2 shmget 29 sendfile 40 socket 41 connect 42 accept 43 sendto 44 sendmsg 46 listen 50
clone 56 fork 57 vfork 58 execve 59 semget 64 msgget 68 truncate 76 rename 82 mkdir 83 rmdir 84
creat 85 link 86 unlink 87 symlink 88 chmod 90 fchmod 91 chown 92 fchown 93 lchown 94 ptrace 101
utime 132 mknod 133 setxattr 188 lsetxattr 189 fsetxattr 190 writev 20 pwrite64 18 utimes 235
mq_open 240 add_key 248 keyctl 250 openat 257 mkdirat 258 mknodat 259 fchownat 260 futimesat 261
unlinkat 263 renameat 264 linkat 265 symlinkat 266 fchmodat 268 splice 275 tee 276 vmsplice 278
utimensat 280 fallocate 285 accept4 288 pwritev 296 open_by_handle_at 304 sendmmsg 307
process_vm_readv 310 process_vm_writev 311 renameat2 316 execveat 322 copy_file_range 326
pwritev2 328 io_uring_setup 425 clone3 435 openat2 437 pidfd_getfd 438 fchmodat2 452
setxattrat 463
"""
_ARM: Final = """
write 64 shmget 194 sendfile 71 socket 198 connect 203 accept 202 sendto 206 sendmsg 211 listen 201
clone 220 execve 221 semget 190 msgget 186 truncate 45 setxattr 5 lsetxattr 6 fsetxattr 7 writev 66
pwrite64 68 mq_open 180 add_key 217 keyctl 219 openat 56 mkdirat 34 mknodat 33 fchownat 54
fchown 55 fchmod 52 unlinkat 35 renameat 38 linkat 37 symlinkat 36 fchmodat 53 splice 76 tee 77
vmsplice 75 utimensat 88 fallocate 47 accept4 242 pwritev 70 open_by_handle_at 265 sendmmsg 269
process_vm_readv 270 process_vm_writev 271 renameat2 276 execveat 281 copy_file_range 285
pwritev2 287 ptrace 117 io_uring_setup 425 clone3 435 openat2 437 pidfd_getfd 438 fchmodat2 452
setxattrat 463
"""


def _numbers(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, _numbers(_X86)),
    "aarch64": Machine(0xC00000B7, _numbers(_ARM)),
}
"""Those that cuelight runs on. A call that a machine lacks is not in its list: AArch64's `fork`."""

_NOT_THERE: Final = {"clone3", "openat2", "io_uring_setup"}
"""Answered as an old kernel would, so that libraries take the older call, whose flags show."""


class _Program:
    """Instructions; a rule ends in an answer, or falls through to the next one."""

    def __init__(self) -> None:
        self.code: list[tuple[int, int, int, int]] = []

    def load(self, offset: int) -> None:
        self.code.append((_LOAD, 0, 0, offset))

    def answer(self, value: int) -> None:
        self.code.append((_RETURN, 0, 0, value))

    def unless(self, test: int, value: int, *, skip: int) -> None:
        """Jump over `skip` instructions where the test fails."""
        self.code.append((test, 0, skip, value))

    def when(self, test: int, value: int, *, skip: int) -> None:
        """Jump over `skip` instructions where the test holds."""
        self.code.append((test, skip, 0, value))

    def call(self, number: int, rule: Sequence[tuple[int, int, int, int]]) -> None:
        """Follow `rule` for this call; it ends in an answer on every way."""
        self.load(_NUMBER)
        self.unless(_EQUAL, number, skip=len(rule))
        self.code += rule


def _argument(number: int, *, high: bool = False) -> int:
    return 16 + 8 * number + (4 if high else 0)  # little endian


def build(machine: Machine, *, channels: Iterable[int]) -> bytes:
    """Build the filter, as the kernel takes it; `channels` are where whole packets may be written.

    Refused calls fail with EPERM, a foreign processor's end the process.
    """
    program = _Program()
    program.load(_ARCHITECTURE)
    program.when(_EQUAL, machine.mark, skip=1)
    program.answer(_KILL)
    program.load(_NUMBER)
    program.unless(_ABOVE, _X32 - 1, skip=1)
    program.answer(_KILL)
    for name, number in machine.calls.items():
        rule = _Program()
        if name in ("write", "writev"):
            _write(rule, channels, counted=name == "write")
        elif name in ("open", "openat"):
            rule.load(_argument(2 if name == "openat" else 1))
            _allow_unless(rule, _BITS, OPEN_FOR_MORE)
        elif name == "clone":
            rule.load(_argument(0))
            rule.unless(_BITS, _THREAD, skip=1)
            rule.answer(_ALLOW)
            rule.answer(_ERRNO | _EPERM)
        elif name == "socket":
            for place, wanted in ((0, _NETLINK), (2, _UEVENT)):
                rule.load(_argument(place))
                rule.when(_EQUAL, wanted, skip=1)
                rule.answer(_ERRNO | _EPERM)
            rule.answer(_ALLOW)
        else:
            rule.answer(_ERRNO | (_ENOSYS if name in _NOT_THERE else _EPERM))
        program.call(number, rule.code)
    program.answer(_ALLOW)
    return b"".join(struct.pack("<HBBI", *one) for one in program.code)


def _write(rule: _Program, channels: Iterable[int], *, counted: bool) -> None:
    rule.load(_argument(0))
    for channel in channels:
        rule.unless(_EQUAL, channel, skip=1)
        rule.answer(_ALLOW)
    if counted:
        rule.load(_argument(2, high=True))
        rule.unless(_EQUAL, 0, skip=3)
        rule.load(_argument(2))
        _allow_unless(rule, _ABOVE, SMALL_WRITE)
    else:
        rule.answer(_ERRNO | _EPERM)


def _allow_unless(rule: _Program, test: int, value: int) -> None:
    rule.when(test, value, skip=1)
    rule.answer(_ALLOW)
    rule.answer(_ERRNO | _EPERM)
