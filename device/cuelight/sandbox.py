"""Read from the kernel how far a process is locked in, and keep its memory out of core files."""

from __future__ import annotations

import ctypes
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")

_SET_DUMPABLE: Final = 4  # prctl(2)
_PERTURB: Final = -6  # M_PERTURB
_FREED: Final = 0xA5
"""Freed memory is filled with this byte, new memory with its complement."""


def forbid_core_dumps() -> None:
    """Let this process leave no core file, however it ends: pictures may lie in its memory.

    The limit alone does not stop a kernel that hands its core dumps to a program
    (`kernel.core_pattern` that begins with |); that the process is not dumpable does, and it keeps
    debuggers of other users out, too.
    """
    with suppress(OSError, ValueError):  # the unit forbids the call, having set the limit itself
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    ctypes.CDLL(None).prctl(*map(ctypes.c_ulong, (_SET_DUMPABLE, 0, 0, 0, 0)))


def overwrite_freed_memory() -> None:
    """Have the C library overwrite whatever memory is given back to it, from now on.

    Else what was a picture a moment ago would lie in the heap until somebody else needs the room.
    Costs a few per cent of time; does nothing where the C library is not GNU's (mallopt(3)).
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_PERTURB, _FREED)


def sandbox_of(process: int | str = "self", *, proc: Path = PROC) -> dict[str, bool] | None:
    """Say what a process cannot do, as the kernel keeps it; None where that cannot be read.

    `system_calls_filtered` (seccomp), `no_new_privileges`, `no_capabilities` (none effective) and
    `no_core_dumps` are True where the systemd unit works as written.
    """
    folder = proc / str(process)
    try:
        status = _fields((folder / "status").read_text(encoding="utf-8", errors="replace"))
        limits = (folder / "limits").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    core = next((line.split() for line in limits.splitlines() if "core file size" in line), [])
    return {
        "system_calls_filtered": status.get("Seccomp") == "2",
        "no_new_privileges": status.get("NoNewPrivs") == "1",
        "no_capabilities": _is_zero(status.get("CapEff", "")),
        "no_core_dumps": core[4:6] == ["0", "0"],
    }


def _fields(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}


def _is_zero(hexadecimal: str) -> bool:
    return bool(hexadecimal) and not hexadecimal.strip("0")
