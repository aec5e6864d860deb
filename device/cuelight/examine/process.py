"""Prove from what the kernel says of the running service that nothing leaves it unseen."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.examine.finding import Finding
from cuelight.sandbox import sandbox_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CAMERA: Final = ("video", "media", "v4l-subdev")
_SENSES: Final = b"cuelight.split.sensing"
_LISTEN: Final = "0A"
_ACCEPTS: Final = 0x10000
"""A Unix socket that others may connect to (`__SO_ACCEPTCON`)."""

_LOGS: Final = (0, 1, 2)
"""A terminal or a log; what may be in it is another promise, with a test of its own."""

_REPORT: Final = "Stop the service and report this, with the line."


@dataclass(frozen=True, slots=True)
class _Open:
    number: int
    target: str
    is_file: bool
    is_written: bool


def examine_process(
    process: int, *, folders: Sequence[Path], paused: bool, proc: Path = Path("/proc")
) -> list[Finding]:
    """Look at open files, ports, camera, locks and swap of the service, process `process`.

    A sensing process of its own (`sandbox.split`) is looked at with it. `folders` are those that it
    may write in; `paused` says that the rep has paused it, so that no camera may be open.
    """
    try:
        processes = [process, *_started_by(process, proc)]
        opened = [one for each in processes for one in _opened(proc / str(each))]
        return [
            _files(opened, folders),
            _ports(opened, proc / str(process)),
            _camera(opened, paused=paused),
            _locks(processes, proc),
            _swap([proc / str(each) for each in processes]),
        ]
    except PermissionError:
        text = f"process {process} belongs to another user"
        return [
            Finding("service", "failed", text, "Run it as root: sudo cuelight privacy --prove.")
        ]
    except FileNotFoundError:
        return [Finding("service", "failed", f"process {process} ended meanwhile", "Run it again.")]


def _started_by(process: int, proc: Path) -> list[int]:
    """Give the sensing process that this one started and that still lives, if there is one."""
    folder = proc / str(process) / "task" / str(process)
    try:
        started = map(int, (folder / "children").read_text(encoding="ascii").split())
    except FileNotFoundError:
        return []
    return [each for each in started if _SENSES in _command(proc / str(each))]


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except FileNotFoundError:  # ended meanwhile
        return b""


def _opened(folder: Path) -> Iterator[_Open]:
    for link in sorted((folder / "fd").iterdir(), key=lambda path: int(path.name)):
        try:
            target = os.readlink(link)  # noqa: PTH115 - sockets and pipes are no paths
            info = (folder / "fdinfo" / link.name).read_text(encoding="ascii")
            is_file = stat.S_ISREG(link.stat().st_mode)
        except FileNotFoundError:  # closed meanwhile
            continue
        flags = next(int(line.split()[1], 8) for line in info.splitlines() if "flags" in line)
        is_written = flags & os.O_ACCMODE != os.O_RDONLY
        yield _Open(int(link.name), target, is_file, is_written)


def _files(opened: Sequence[_Open], folders: Sequence[Path]) -> Finding:
    allowed = tuple(f"{folder.resolve()}/" for folder in folders)
    wrong = sorted(
        one.target
        for one in opened
        if one.is_file
        and one.is_written
        and one.number not in _LOGS
        and not one.target.startswith((*allowed, "/memfd:"))
    )
    if wrong:
        text = f"it writes into {', '.join(wrong)}"
        return Finding("files", "failed", text, _REPORT)
    text = f"of {len(opened)} open files it can write only those in its own store"
    return Finding("files", "good", text)


def _ports(opened: Sequence[_Open], folder: Path) -> Finding:
    mine = {one.target[8:-1] for one in opened if one.target.startswith("socket:[")}
    wrong = []
    for name in ("tcp", "tcp6"):
        rows = _rows(folder / "net" / name)
        wrong += [f"{name} {row[1]}" for row in rows if row[3] == _LISTEN and row[9] in mine]
    for row in _rows(folder / "net" / "unix"):
        if int(row[3], 16) & _ACCEPTS and row[6] in mine:
            wrong.append(f"unix {row[7] if len(row) > 7 else row[6]}")
    wrong += [f"raw {row[1]}" for row in _rows(folder / "net" / "raw") if row[9] in mine]
    wrong += [f"packet {row[8]}" for row in _rows(folder / "net" / "packet") if row[8] in mine]
    if wrong:
        return Finding("ports", "failed", f"it can be reached at {', '.join(wrong)}", _REPORT)
    return Finding("ports", "good", f"nothing listens; it holds {len(mine)} sockets of its own")


def _rows(path: Path) -> list[list[str]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except FileNotFoundError:  # a kernel without it
        return []
    return [line.split() for line in lines]


def _camera(opened: Sequence[_Open], *, paused: bool) -> Finding:
    held = sorted({one.target for one in opened if Path(one.target).name.startswith(_CAMERA)})
    if paused and held:
        text = f"the box is paused, and {', '.join(held)} is open"
        return Finding("camera", "failed", text, _REPORT)
    if paused:
        return Finding("camera", "good", "the box is paused, and no camera is open")
    state = f"open ({', '.join(held)})" if held else "closed"
    return Finding("camera", "note", f"{state}; pause the box and run this again to see it closed")


def _locks(processes: Sequence[int], proc: Path) -> Finding:
    all_found = [sandbox_of(each, proc=proc) for each in processes]
    found = None if None in all_found else all_found[0]
    figures = {
        name: all(one is not None and one[name] for one in all_found) for name in found or ()
    }
    missing = [name.replace("_", " ") for name, is_so in figures.items() if not is_so]
    if found is None or missing:
        text = f"not so: {', '.join(missing) or 'nothing can be read'}"
        fix = "Run it as the installed unit (scripts/install-pi), which locks it in."
        return Finding("sandbox", "failed", text, fix, figures)
    text = ", ".join(name.replace("_", " ") for name in figures)
    if len(processes) > 1:
        text += "; camera and model in a process of their own"
    return Finding("sandbox", "good", text, figures=figures)


def _swap(folders: Sequence[Path]) -> Finding:
    swapped = 0
    for folder in folders:
        text = (folder / "status").read_text(encoding="utf-8", errors="replace")
        line = next((one for one in text.splitlines() if one.startswith("VmSwap:")), "VmSwap: 0 kB")
        swapped += int(line.split()[1])
    if swapped:
        fix = "Set MemorySwapMax=0 for the unit, or turn swap off."
        return Finding("swap", "failed", f"{swapped} kB of it lie on swap", fix)
    return Finding("swap", "good", "none of its memory lies on swap")
