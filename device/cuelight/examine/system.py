"""Examine the machine itself: clock, disk, heat and power."""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.cooling import CoolingTimes
from cuelight.examine.finding import Finding
from cuelight.tell.wall_clock import clock_is_set
from cuelight.vitals import THROTTLED_BITS, throttled_flags, vitals

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cuelight.examine.finding import Verdict

_FREE_FAILED_MB: Final = 16
"""Below this the store fails soon: 90 days of windows are about 5 MB, an SQLite log as much."""

_FREE_WARNING_MB: Final = 200
"""Below this the system's own log and updates will soon want what is left."""

_HOT_DEGREES: Final = 75
"""A Pi slows itself down from 80 degrees C on."""

_UNSYNCHRONISED: Final = 5
"""TIME_ERROR, what adjtimex(2) returns while the clock is not kept by NTP."""


class _Timex(ctypes.Structure):
    """`struct timex` with its first field only: modes 0 asks and changes nothing."""

    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_byte * 508))


def kept_by_ntp() -> bool | None:
    """Ask the kernel whether a time server keeps its clock; None when it does not say."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(_Timex()))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


def examine_clock(
    *,
    now: datetime,
    is_set: Callable[[], bool] = clock_is_set,
    kept: Callable[[], bool | None] = kept_by_ntp,
) -> Finding:
    """Say whether the wall clock can be believed; windows wait until it can."""
    time = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    figures: dict[str, object] = {"set": is_set(), "ntp": kept(), "time": now.isoformat()}
    fix = "Let this box reach a time server (UDP port 123): `timedatectl timesync-status` names it."
    if not figures["set"]:
        text = f"it says {time}, and no time server has confirmed that: windows wait"
        return Finding("clock", "failed", text, fix, figures)
    if figures["ntp"] is False:
        text = f"it says {time}; no time server keeps it now, so it may drift"
        return Finding("clock", "warning", text, fix, figures)
    by = "kept by a time server" if figures["ntp"] else "by whom it is kept is not known here"
    return Finding("clock", "good", f"it says {time}, {by}", figures=figures)


def examine_disk(folder: Path) -> Finding:
    """Say how much room the store has, and whether it can be written, by writing.

    A folder that is not there yet is not made; the nearest one above it is tried.
    """
    who = _user(os.getuid())
    try:
        place = next(path for path in (folder, *folder.parents) if path.exists())
        owner = _user(place.stat().st_uid)
        free = shutil.disk_usage(place).free / 1e6
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        text = f"{who} cannot write to the store {folder}: {error.strerror or error}"
        return Finding("disk", "failed", text, _disk_fix(error), {"folder": str(folder)})
    missing = "" if place == folder else " (not made yet)"
    text = f"{free:.0f} MB free at {folder}{missing}, owned by {owner}; written there as {who}"
    figures = {"folder": str(folder), "free_mb": round(free)}
    fix = "Free space: `sudo journalctl --vacuum-size=50M`, `sudo apt clean`; or a larger card."
    if free < _FREE_WARNING_MB:
        verdict: Verdict = "failed" if free < _FREE_FAILED_MB else "warning"
        return Finding("disk", verdict, text, fix, figures)
    return Finding("disk", "good", text, figures=figures)


def _user(number: int) -> str:
    try:
        return f"user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"user {number}"


def _disk_fix(error: OSError) -> str:
    if error.errno == errno.EROFS:
        return (
            "The file system is read-only, often since the card is failing: look at `dmesg`, "
            "replace the card, or remount it (`sudo mount -o remount,rw /`)."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            "Run doctor as the service's user (sudo -u cuelight cuelight doctor ...), or give that "
            "user the folder that store.folder names."
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "Free space: `sudo journalctl --vacuum-size=50M`, `sudo apt clean`."
    return "Check the card, or set store.folder in device.toml to a folder that works."


def examine_temperature(sys: Path = Path("/sys")) -> Finding:
    """Say how warm the processor is (to 5 degrees) and whether the Pi slows itself down."""
    degrees, flags = vitals(sys)["temperature"], throttled_flags(sys)
    figures: dict[str, object] = {"temperature": degrees, "throttled": flags}
    heat = "no thermal sensor here" if degrees is None else f"about {degrees} degrees C"
    if flags is None:
        text = f"{heat}; not a Raspberry Pi, so nothing says whether it is throttled"
        return Finding("temperature", "note", text, figures=figures)
    now = [words for bit, words in THROTTLED_BITS.items() if flags & bit]
    past = [words for bit, words in THROTTLED_BITS.items() if flags & bit << 16]
    cool = "Give the box air or a heat sink, and keep it out of the sun."
    power = "Use the Pi's own power supply (27 W for a Pi 5, 15 W for a Pi 4) and a short cable."
    fix = power if flags & 0x10001 else cool
    if now:
        return Finding("temperature", "failed", f"{heat}; now: {', '.join(now)}", fix, figures)
    if past:
        text = f"{heat}; since it was started: {', '.join(past)}"
        return Finding("temperature", "warning", text, fix, figures)
    if isinstance(degrees, int) and degrees >= _HOT_DEGREES:
        text = f"{heat}, not throttled yet"
        if degrees >= CoolingTimes().hot_degrees:
            text += "; the service reads fewer frames until it is cooler (`backs_off` in health)"
        return Finding("temperature", "warning", text, cool, figures)
    text = f"{heat}, not throttled since it started"
    return Finding("temperature", "good", text, figures=figures)
