"""The cue grammar: which movements, in which circumstances, are a cue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cuelight.read.channel import CHANNELS, EXPRESSIONS, NUMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cuelight.read.movement import Movement

MICRO, MACRO, SUSTAINED = "micro", "macro", "sustained"
_ANY = frozenset({MICRO, MACRO, SUSTAINED})
_BRIEF = frozenset({MICRO, MACRO})
_LASTING = frozenset({MACRO, SUSTAINED})


@dataclass(frozen=True, slots=True)
class CueRule:
    """How one cue is made of movements.

    Any of `channels` gives it, if its movement is of one of `kinds` and no longer than
    `longest_seconds`; `returns` asks that its end was seen. `gates` name the disturbances that void
    it: blink (only where it hides a micro movement), speech, turned, bent, aside; so does a head
    that turns or bends by more than `swing_degrees` from onset to apex. `one_sided` asks that the
    other side kept still. `still` channels must not have moved meanwhile. `rivals` are
    channels that a model reads a little of this cue into: the cue must rise, in multiples of the
    enter thresholds, at least the given share as far as they. The units' rise must not exceed
    `strongest`. Where weights say what the cue looks like, movements of `weighed` channels are
    looked at instead of those of `channels`, if there are any; both corners of the mouth may
    then rise at most `smile` times as far, since real smiles raise the lip and the nose's wings
    more than the lab's, which weights are fitted to. `kin` are units that go along with the
    cue's own on real faces; how much all others may move meanwhile, the cue book says.
    """

    name: str
    channels: tuple[str, ...]
    kinds: frozenset[str]
    gates: frozenset[str] = frozenset()
    longest_seconds: float = float("inf")
    returns: bool = False
    one_sided: bool = False
    still: tuple[str, ...] = ()
    rivals: Mapping[str, float] = field(default_factory=dict)
    swing_degrees: float = float("inf")
    strongest: float = 1.0
    weighed: tuple[str, ...] = ()
    smile: float = float("inf")
    kin: frozenset[str] = frozenset()

    def follows(self, channel: int, *, weighed: bool) -> bool:
        """Whether a channel's movements may be this cue, by weights or without."""
        return CHANNELS[channel].name in ((weighed and self.weighed) or self.channels)

    @property
    def units(self) -> frozenset[str]:
        """The units that any of its channels rests on."""
        return frozenset().union(*(CHANNELS[NUMBER[name]].units for name in self.channels))


def _one_sided(prefix: str, suffix: str = "") -> tuple[str, ...]:
    return tuple(
        f"{prefix}{unit} {side}{suffix}" for unit in ("AU12", "AU14") for side in ("left", "right")
    )


_LIDS_AND_BROWS: Final = frozenset({"blink"})
_LIPS: Final = frozenset({"speech", "aside"})
_NOSE: Final = frozenset({"blink", "speech", "turned", "aside", "bent"})
_POSED: Final = frozenset({"aside", "bent"})
_ASYMMETRIC: Final = frozenset({"speech", "turned", "aside"})

_SWING: Final = 10.0
"""Brows rise a little in the model's eye with a head that rises, and sink with one that sinks."""

_EYES: Final = frozenset({"AU05", "AU06", "AU07", "AU45"})
_SMILE_KIN: Final = _EYES | {"AU10", "AU15", "AU20", "AU24"}

RULES: Final = (
    CueRule(
        "raised_eyebrows",
        ("AU01+AU02",),
        _BRIEF,
        _LIDS_AND_BROWS,
        returns=True,
        swing_degrees=_SWING,
        kin=_EYES | {"AU04"},
    ),
    CueRule("soft_smile_tilt", ("AU12+tilt",), _LASTING, still=("covered",), strongest=1.0),
    CueRule(
        "pressed_lips",
        ("AU24+AU28",),
        _ANY,
        _LIPS | _POSED,
        longest_seconds=3.0,
        rivals={
            "AU12": 1.3,
            "AU12 left": 0.5,
            "AU12 right": 0.5,
            "AU25": 1.0,
            "AU10": 1.0,
            "AU01+AU02": 1.0,
        },
        weighed=("AU24+AU28", "AU24+AU28 anew"),
        kin=_EYES | {"AU12", "AU14", "AU15", "AU17", "AU18", "AU20"},
    ),
    CueRule(
        "nose_wrinkle",
        ("AU09",),
        _BRIEF,
        _NOSE,
        longest_seconds=2.5,
        rivals={"AU26": 1.0, "AU12": 1.3},
        smile=0.7,  # 99 of 100 true ones in clips for tuning stay below
        kin=_EYES | {"AU04", "AU10", "AU25"},
    ),
    CueRule(
        "brief_frown",
        ("AU04",),
        _BRIEF,
        _LIDS_AND_BROWS | _LIPS | _POSED,
        longest_seconds=1.8,  # true ones of 1.0 s measure up to 1.7
        returns=True,
        swing_degrees=0.4 * _SWING,
        rivals={"AU09": 1.0, "AU10": 1.0, "AU12": 1.0, "AU01+AU02": 1.0},
        weighed=("AU04", "AU04 anew"),
        kin=_EYES | {"AU01", "AU02", "AU09"},
    ),
    CueRule(
        "one_sided_smile",
        _one_sided(""),
        _ANY,
        _ASYMMETRIC,
        one_sided=True,
        still=("tilt",),
        rivals={"AU10": 1.0},
        weighed=(*_one_sided(""), *_one_sided("", " anew")),
        kin=_SMILE_KIN,
    ),
    CueRule(
        "happiness",
        ("happiness",),
        _ANY,
        still=("covered",),
        kin=_SMILE_KIN | {"AU14", "AU25", "AU26"},
    ),
    CueRule(
        "surprise",
        ("surprise",),
        _ANY,
        _LIDS_AND_BROWS | _LIPS,
        swing_degrees=_SWING,
        weighed=("AU01+AU02",),
        kin=_EYES | {"AU04", "AU25"},
    ),
    CueRule(
        "disgust",
        ("disgust",),
        _ANY,
        _NOSE,
        smile=0.7,  # 99 of 100 true ones in clips for tuning stay below
        weighed=("AU09+AU10",),
        kin=_EYES | {"AU04", "AU25", "AU26"},
    ),
    CueRule(
        "anger",
        ("anger",),
        _ANY,
        _LIDS_AND_BROWS | _POSED,
        weighed=("AU04",),
        kin=_EYES | {"AU01", "AU02", "AU09", "AU17", "AU28"},
    ),
    CueRule(
        "fear",
        ("fear",),
        _ANY,
        _LIDS_AND_BROWS | _LIPS,
        rivals={"surprise": 1.0, "sadness": 1.0},
        weighed=("AU01+AU20",),
        kin=_EYES | {"AU04", "AU12", "AU14", "AU15", "AU25", "AU26"},
    ),
    CueRule(
        "sadness",
        ("sadness",),
        _ANY,
        _LIDS_AND_BROWS | _LIPS,
        rivals={"fear": 1.0},
        weighed=("AU01+AU15",),
        kin=_EYES | {"AU02", "AU04", "AU17"},
    ),
    CueRule(
        "contempt",
        _one_sided("contempt "),
        _ANY,
        _ASYMMETRIC,
        one_sided=True,
        still=("tilt",),
        weighed=(*_one_sided(""), *_one_sided("", " anew")),
        kin=_SMILE_KIN,
    ),
    CueRule("lean_in", ("lean_in",), _LASTING, _POSED),
    CueRule("lean_out", ("lean_out",), _LASTING, _POSED),
    CueRule(
        "eye_softening",
        ("AU06",),
        _LASTING,
        frozenset({"bent"}),
        still=("AU04", "AU09"),
        kin=_SMILE_KIN | {"AU12", "AU14", "AU25", "AU26"},
    ),
    CueRule("relaxed_head", ("relaxed_head",), _LASTING, still=("AU04", "AU24", "AU28")),
    CueRule("confused_stillness", ("confused_stillness",), _LASTING, still=("AU12",)),
)
"""The cues that movements make; nods, shakes and glances are found by `head` and `gaze`."""

PRICE_GAZE: Final = "price_gaze_aversion"

EXPRESSION_CUES: Final = frozenset(EXPRESSIONS)
SMILES: Final = frozenset({"happiness", "soft_smile_tilt", "eye_softening"})
GESTURES: Final = frozenset({"nod", "shake"})

UNITS_OF: Final[Mapping[str, frozenset[str]]] = {
    **{rule.name: rule.units for rule in RULES},
    PRICE_GAZE: frozenset({"gaze"}),
    "nod": frozenset({"nod"}),
    "shake": frozenset({"shake"}),
}
"""The units behind each cue: cues that share one may be the same movement."""

KIN_OF: Final[Mapping[str, frozenset[str]]] = {rule.name: rule.kin for rule in RULES}
"""The units that go along with each cue's own: another cue of those may be the same twitch."""

CUES: Final = frozenset(UNITS_OF)
"""Every cue there is, by its name on the wire."""

RULES_OF: Final = {
    number: tuple(rule for rule in RULES if CHANNELS[number].name in rule.channels + rule.weighed)
    for number in range(len(CHANNELS))
}
"""The rules that each channel's movements may satisfy."""

JUDGED: Final = frozenset(number for number, rules in RULES_OF.items() if rules)
"""The channels whose movements may be a cue; the others only speak for or against those."""


def awaited_with(weighed: Collection[str]) -> frozenset[int]:
    """Give the channels that may be a cue of the `weighed`: their movements wait for their ends."""
    return frozenset(
        number
        for number, rules in RULES_OF.items()
        if any(rule.name in weighed and rule.follows(number, weighed=True) for rule in rules)
    )


def misfit(rule: CueRule, movement: Movement) -> str:
    """Say why a movement by itself does not satisfy a rule, or nothing if it does."""
    if movement.kind not in rule.kinds:
        return f"a {movement.kind} movement is not meant"
    if rule.returns and not movement.returned:
        return "its return to neutral was not seen"
    lasted = movement.offset - movement.onset
    if lasted > rule.longest_seconds:
        return f"it took {lasted:.1f} s, at most {rule.longest_seconds:g} s are brief"
    if movement.peak > rule.strongest:
        return f"{movement.peak:.2f} above neutral is too strong, {rule.strongest:g} at most"
    return ""


def confidence(movement: Movement, *, quality: float, provisional: bool) -> float:
    """Say how sure a cue is (0 to 1): more so the further it rose above its threshold.

    A stated scale until it is measured: a rise just at the threshold is worth one half, three times
    the threshold 0.95; micro movements and provisional baselines take a part off.
    """
    sure = min(0.5 + 0.225 * max(movement.salience - 1.0, 0.0), 0.95)
    if movement.kind == MICRO:
        sure *= 0.85
    if provisional:
        sure *= 0.85
    return sure * min(max(quality, 0.0), 1.0)
