"""The filter of system calls on both machines; what the real kernel does is shown in test_split."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.split.seccomp import MACHINES, OPEN_FOR_MORE, build

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),  # arm64 has the generic numbers
}
NEWER = {"setxattrat": 463, "fchmodat2": 452}
"""Calls that the headers of an older kernel lack."""


def run(code, *, mark, number, arguments=()):
    """Do what the kernel does with a filter."""
    data = struct.pack("<iIQ6Q", number, mark, 0, *(*arguments, *[0] * 6)[:6])
    program = list(struct.iter_unpack("<HBBI", code))
    place, found = 0, 0
    while True:
        kind, jump, other, value = program[place]
        place += 1
        if kind == 0x06:
            return value
        if kind == 0x20:
            (found,) = struct.unpack_from("<I", data, value)
            continue
        holds = {0x15: found == value, 0x25: found > value, 0x45: bool(found & value)}[kind]
        place += jump if holds else other


@pytest.fixture(params=MACHINES)
def machine(request):
    return MACHINES[request.param]


def answer(machine, name, *arguments, channels=(1, 2, 5)):
    code = build(machine, channels=channels)
    return run(code, mark=machine.mark, number=machine.calls[name], arguments=arguments)


@pytest.mark.parametrize("name", MACHINES)
def test_the_numbers_are_those_of_the_kernel(name):
    header = HEADERS[name]
    if not header.exists():
        pytest.skip(f"no {header} here (linux-libc-dev)")
    text = header.read_text()
    known = {one: int(n) for one, n in re.findall(r"define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    for call, number in MACHINES[name].calls.items():
        assert known.get(call, NEWER.get(call)) == number, call


def test_both_machines_forbid_the_same_but_for_what_one_lacks():
    first, second = (set(machine.calls) for machine in MACHINES.values())
    old = {"open", "fork", "vfork", "rename", "mkdir", "rmdir", "creat", "link", "unlink"}
    old |= {"symlink", "chmod", "chown", "lchown", "utime", "utimes", "mknod", "futimesat"}
    assert first - second == old
    assert second - first == set()


@given(st.integers(0, 2**32 - 1))
def test_no_file_is_opened_to_be_made_or_written_only(flags):
    for machine in MACHINES.values():
        wanted = EPERM if flags & OPEN_FOR_MORE else ALLOW
        assert answer(machine, "openat", 3, 0, flags) == wanted
        if "open" in machine.calls:
            assert answer(machine, "open", 0, flags) == wanted


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_whole_packets_go_into_the_channels_only(where, count):
    for machine in MACHINES.values():
        wanted = ALLOW if where in (1, 2, 5) or count <= 8 else EPERM
        assert answer(machine, "write", where, 0, count) == wanted
        assert answer(machine, "writev", where) == (ALLOW if where in (1, 2, 5) else EPERM)


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 2**31))
def test_no_socket_but_the_one_that_hears_of_devices(family, kind, protocol):
    for machine in MACHINES.values():
        assert answer(machine, "socket", 16, kind, 15) == ALLOW
        wanted = ALLOW if (family, protocol) == (16, 15) else EPERM
        assert answer(machine, "socket", family, kind, protocol) == wanted


def test_threads_but_no_processes_and_no_programs(machine):
    assert answer(machine, "clone", 0x3D0F00) == ALLOW, "what pthread_create asks for"
    assert answer(machine, "clone", 17) == EPERM, "what fork asks for"
    assert answer(machine, "clone3") == ENOSYS, "so that the C library takes clone"
    assert answer(machine, "execve") == answer(machine, "execveat") == EPERM


def test_all_that_is_named_is_refused_and_the_rest_passes(machine):
    looked_at = {"write", "writev", "open", "openat", "socket", "clone"}
    code = build(machine, channels=())
    for number in range(600):
        names = [name for name, one in machine.calls.items() if one == number]
        found = run(code, mark=machine.mark, number=number)
        if not names:
            assert found == ALLOW
        elif names[0] not in looked_at:
            assert found in (EPERM, ENOSYS)


def test_a_foreign_processor_or_numbering_ends_the_process(machine):
    code = build(machine, channels=(1,))
    assert run(code, mark=0x40000003, number=1) == KILL
    assert run(code, mark=machine.mark, number=0x40000001) == KILL
