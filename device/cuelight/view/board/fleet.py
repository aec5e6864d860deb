"""Judge how each device is doing: what needs somebody, and what is only good to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from cuelight.view.board.promises import doubts
from cuelight.view.words import age, count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cuelight.view.history import Device

SILENT_AFTER: Final = timedelta(minutes=3)
"""Six health messages missed; one lost now and then is Wi-Fi."""

QUEUE_FULL: Final = 24
"""Windows that wait for the broker, a day of them: somebody should look at the network."""

HOT: Final = 80.0
"""Degrees C from which a Raspberry Pi slows itself down (its documentation: soft limit 80)."""

_GONE: Final[dict[str | None, tuple[str, str]]] = {
    None: ("never heard", "Its availability was never heard; is it set up?"),
    "offline": ("offline", "The broker lost it: power or network."),
    "stopped": ("stopped", "The camera is closed{why}"),
}

Level = Literal["alarm", "warning", "fine", "rest"]

_RANK: Final = {"alarm": 0, "warning": 1, "fine": 2, "rest": 3}


@dataclass(frozen=True, slots=True)
class State:
    """How one device is doing: a level, a word for it, and what to know or do, in sentences."""

    device: Device
    level: Level
    word: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetState:
    """All devices, those that need somebody first, and whether anything is heard at all."""

    states: tuple[State, ...]
    is_open: bool
    last_heard: datetime | None
    is_deaf: bool

    def having(self, level: Level) -> int:
        """Count the devices at a level."""
        return sum(state.level == level for state in self.states)


def judge(devices: Sequence[Device], *, now: datetime, is_open: bool) -> FleetState:
    """Judge a fleet; `is_open` says whether it is opening time, when silence is an alarm.

    `is_deaf`: nothing was heard of any device for long, so it is rather the collector or the broker
    than all the devices.
    """
    heard = [
        moment
        for device in devices
        for moment in (device.health_at, device.availability_at)
        if moment is not None
    ]
    last = max(heard, default=None)
    states = sorted(
        (_judge_one(device, now=now, is_open=is_open) for device in devices),
        key=lambda state: (_RANK[state.level], state.device.site, state.device.device),
    )
    deaf = bool(devices) and (last is None or now - last > SILENT_AFTER)
    return FleetState(tuple(states), is_open, last, deaf)


def _judge_one(device: Device, *, now: datetime, is_open: bool) -> State:
    level, word, notes = _presence(device, now=now, is_open=is_open)
    more, worse = _trouble(device)
    notes += more
    if worse and level == "fine":
        level = "warning"
    return State(device, level, word, tuple(notes))


def _presence(device: Device, *, now: datetime, is_open: bool) -> tuple[Level, str, list[str]]:
    """Say whether the device is there. An old window is no part of it."""
    missing: Level = "alarm" if is_open else "rest"
    if device.availability in _GONE:
        word, note = _GONE[device.availability]
        return missing, word, [note.format(why=f": {device.fault}" if device.fault else ".")]
    silence = device.health_age(now)
    if silence is None or silence > SILENT_AFTER:
        since = "yet" if silence is None else f"for {age(silence)}"
        word = "silent" if is_open else f"{device.availability}, silent"
        return missing, word, [f"No health message {since}, though it says {device.availability}."]
    match device.availability:
        case "paused":
            return "rest", "paused", ["Paused at the box; only somebody there can resume it."]
        case "covered":
            return "warning" if is_open else "rest", "covered", ["The lens is covered."]
        case _:
            return "fine", "online", []


def _trouble(device: Device) -> tuple[list[str], bool]:
    """Give what is off about a device that is there, and whether it is more than news."""
    notes, worse = [], False
    if device.throttled or (device.temperature is not None and device.temperature >= HOT):
        notes.append("Too hot or short of power: the processor is slowed down.")
        worse = True
    if device.backs_off:
        rate = "fewer" if device.fps_read is None else f"{device.fps_read:g}"
        notes.append(f"It cools down and reads {rate} frames a second: give it air.")
        worse = True
    if device.privacy_mode is None:
        notes.append("It has published no privacy statement.")
        worse = True
    for doubt in doubts(device.statement):
        notes.append(doubt)
        worse = True
    if (device.waiting or 0) >= QUEUE_FULL:
        notes.append(f"{count(device.waiting or 0, 'window')} wait for the broker.")
        worse = True
    if device.missing:
        notes.append(f"{count(device.missing, 'window')} not here yet; asked for again.")
    if device.lost:
        notes.append(f"{count(device.lost, 'window')} lost for good.")
    return notes, worse
