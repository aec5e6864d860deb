"""The channels in which movements are sought: single units, and units that move together.

A channel's value is "how many times its threshold": a unit's rise above neutral over its own enter
threshold. Units that belong together make one channel by their minimum (all must move), the two
sides of a pair by their mean, and a one-sided channel by one side less a share of the other. What
is called anew counts from where its units lately were instead: it finds movements of a face whose
neutral is not known yet, or that keeps an expression, and more of what is none, so only weights
judge it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cuelight.sense.records import EMOTIONS, UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.read.thresholds import UnitThresholds

Floats = NDArray[np.float64]

EXPRESSIONS: Final = EMOTIONS[1:]
EXPRESSIVE: Final = UNITS + EXPRESSIONS
"""What has a neutral and thresholds: the 24 units, then the seven probabilities."""

STANCES: Final = ("tilt", "lean_in", "lean_out", "still")
"""What the head does, also in multiples of a threshold."""

_ANEW: Final = " anew"
ANEW: Final = tuple(unit + _ANEW for unit in UNITS)
"""How far units stand above where they lately were, in multiples of the same thresholds."""

_BASE: Final = EXPRESSIVE + STANCES + ANEW
_SIDES: Final = {"L": "left", "R": "right"}
_HIGHEST_LEAVE: Final = 0.75
_OTHER_SIDE_SHARE: Final = 1.0
# What both sides do is taken out; a larger share would cost the movement its flanks, where models
# read a third of it on the other side too (data README: 0.74 against 0.28). How lopsided it must
# be is judged over the whole movement, by `Sides`.


@dataclass(frozen=True, slots=True)
class Channel:
    """What one channel follows.

    `groups` must all move; a group is the weighted sum of its members. `units` are the units that
    the channel rests on, without sides, to tell whether two cues come from the same movement.
    """

    name: str
    unit: str
    side: str
    groups: tuple[tuple[tuple[str, float], ...], ...]

    @property
    def units(self) -> frozenset[str]:
        """The units behind this channel, sides dropped; a stance counts as a unit of its own."""
        members = (_plain(m) for group in self.groups for m, _ in group)
        return frozenset(m.rstrip("LR") if m in UNITS else m for m in members if m not in EMOTIONS)


def _plain(member: str) -> str:
    """Give the unit of a member that is counted anew; any other as it is."""
    return member.removesuffix(_ANEW)


def _mean(*members: str) -> tuple[tuple[str, float], ...]:
    return tuple((member, 1.0 / len(members)) for member in members)


def _one(unit: str, side: str, anew: str = "") -> tuple[tuple[str, float], ...]:
    other = "R" if side == "L" else "L"
    return ((unit + side + anew, 1.0), (unit + other + anew, -_OTHER_SIDE_SHARE))


def _channels() -> tuple[Channel, ...]:
    found = [
        Channel(name, name.rstrip("LR"), _SIDES.get(name[-1], ""), (_mean(name),)) for name in UNITS
    ]
    brow = _mean("AU04L", "AU04R")
    raised = _mean("AU02L", "AU02R")
    together = {
        "AU01+AU02": (_mean("AU01"), raised),
        "AU04": (brow,),
        "AU12": (_mean("AU12L"), _mean("AU12R")),
        "AU24+AU28": (_mean("AU24", "AU28"),),
        "AU04" + _ANEW: (_mean("AU04L" + _ANEW, "AU04R" + _ANEW),),
        "AU24+AU28" + _ANEW: (_mean("AU24" + _ANEW, "AU28" + _ANEW),),
        "AU09+AU10": (_mean("AU09", "AU10"),),
        "AU01+AU15": (_mean("AU01", "AU15"),),
        "AU01+AU20": (_mean("AU01", "AU02L", "AU02R", "AU05", "AU20"),),
        "AU12+tilt": (_mean("AU12L"), _mean("AU12R"), _mean("tilt")),
        # AU06 is shared with AU12 so that a broad smile with small cheeks still is one.
        "happiness": (
            _mean("AU12L"),
            _mean("AU12R"),
            _mean("AU06", "AU12L", "AU12R"),
            _mean("happiness"),
        ),
        "surprise": (_mean("AU01", "AU02L", "AU02R"), _mean("AU05", "AU26"), _mean("surprise")),
        "disgust": (_mean("AU09", "AU10"), _mean("disgust")),
        "anger": (brow, _mean("AU07", "AU24"), _mean("anger")),
        # Of drawn brows the model shows the raising part only: AU04 falls as AU01 rises.
        "fear": (_mean("AU01", "AU02L", "AU02R"), _mean("AU05", "AU20"), _mean("fear")),
        "sadness": (_mean("AU01"), _mean("AU15"), _mean("sadness")),
        # Lips that smile, press, roll in and push up at once: a hand before the mouth looks so.
        "covered": (_mean("AU12L", "AU12R"), _mean("AU24"), _mean("AU28"), _mean("AU17")),
        "tilt": (_mean("tilt"),),
        "lean_in": (_mean("lean_in"),),
        "lean_out": (_mean("lean_out"),),
        "relaxed_head": (_mean("tilt"), _mean("still")),
        "confused_stillness": (brow, _mean("tilt"), _mean("still")),
    }
    found += [Channel(name, name, "both", groups) for name, groups in together.items()]
    for unit in ("AU12", "AU14"):
        for side, word in _SIDES.items():
            alone = _one(unit, side)
            found.append(Channel(f"{unit} {word}", unit, word, (alone,)))
            found.append(Channel(f"contempt {unit} {word}", unit, word, (alone, _mean("contempt"))))
            lately = _one(unit, side, _ANEW)
            found.append(Channel(f"{unit} {word}{_ANEW}", unit, word, (lately,)))
    return tuple(found)


CHANNELS: Final = _channels()
NUMBER: Final = {channel.name: index for index, channel in enumerate(CHANNELS)}


class ChannelBank:
    """Computes every channel's value from the units' rises, as a few vector operations.

    Channels that rest on a unit which is not live stay at zero for ever. In a group that is a mean
    the live members speak for the rest; a group without a live member silences the channel.
    """

    def __init__(
        self,
        units: Mapping[str, UnitThresholds],
        factors: Mapping[str, float],
        returning: frozenset[str] = frozenset(),
    ) -> None:
        live = {name: name in EMOTIONS or name in STANCES for name in _BASE}
        live |= {name: units[name].live for name in units}
        live |= {name: live[_plain(name)] for name in ANEW}
        groups = sorted({group for channel in CHANNELS for group in channel.groups})
        # The last row stays zero: silent channels point at it.
        self._values = np.zeros((len(groups) + 1, len(_BASE)))
        self._rises = np.zeros((len(groups) + 1, len(_BASE)))
        dead = set()
        for row, group in enumerate(groups):
            members = [(name, weight) for name, weight in group if live[name]]
            one_sided = any(weight < 0 for _, weight in group)
            if not members or (one_sided and len(members) < len(group)):
                dead.add(group)
                continue
            total = 1.0 if one_sided else sum(weight for _, weight in members)
            for name, weight in members:
                self._values[row, _BASE.index(name)] = weight / total
                self._rises[row, _BASE.index(name)] = max(weight, 0.0) / total
        widest = max(len(channel.groups) for channel in CHANNELS)
        # one row for each of a channel's groups: numpy is slow at the least of four that touch
        self._needs = np.full((widest, len(CHANNELS)), len(groups))
        self._shows = np.full((widest, len(CHANNELS)), len(groups))
        self.leave = np.full(len(CHANNELS), 0.5)
        for index, channel in enumerate(CHANNELS):
            if dead & set(channel.groups):
                continue
            rows = [groups.index(group) for group in channel.groups]
            # Strength is told by units; by stances only where there is no unit; never by emotions.
            ranked = [g for g in channel.groups if all(_plain(m) in UNITS for m, _ in g)]
            ranked = ranked or [g for g in channel.groups if any(m in STANCES for m, _ in g)]
            shown = [groups.index(group) for group in ranked]
            self._needs[:, index] = (rows * widest)[:widest]
            self._shows[:, index] = (shown * widest)[:widest]
            rising = [_plain(m) for g in channel.groups for m, weight in g if weight > 0]
            named = [m for m in rising if m in units]
            if named:
                leave = max(units[m].leave / units[m].enter for m in named)
                keen = min(factors.get(channel.name, 1.0), 1.0) if channel.name in returning else 1
                self.leave[index] = min(leave / keen, max(leave, _HIGHEST_LEAVE))
        self._factor = np.array([1.0 / factors.get(channel.name, 1.0) for channel in CHANNELS])

    def values(self, multiples: Floats) -> Floats:
        """Give each channel's value (C,) from multiples of threshold (59,), none negative."""
        result: Floats = np.minimum.reduce(self._values.dot(multiples).take(self._needs))
        result *= self._factor
        return result

    def rises(self, rises: Floats) -> Floats:
        """Give each channel's rise above neutral (C,): that of the weakest unit it needs."""
        result: Floats = np.minimum.reduce(self._rises.dot(rises).take(self._shows))
        return result
