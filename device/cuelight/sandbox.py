"""Read from the kernel how far a process is locked in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


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
