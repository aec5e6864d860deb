"""Say in words what a cell counts, and a figure as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from cuelight.view.false_alarms import AFTER_PRICE

if TYPE_CHECKING:
    from datetime import timedelta

    from cuelight.view.rates import Rate

READINGS: Final = ("interest", "hesitation", "discomfort", "scepticism", "price_concern")
"""Patterns of several cues, in the order in which the page lists them."""

CUES: Final = (
    *("raised_eyebrows", "soft_smile_tilt", "pressed_lips", "nose_wrinkle"),
    *("price_gaze_aversion", "brief_frown", "one_sided_smile"),
    *("nod", "shake", "lean_in", "lean_out"),
    *("eye_softening", "relaxed_head", "confused_stillness"),
)

EXPRESSIONS: Final = ("happiness", "surprise", "disgust", "anger", "fear", "sadness", "contempt")

_LABELS: Final = {
    "price_concern": "Price concern",
    "soft_smile_tilt": "Soft smile, head tilted",
    "price_gaze_aversion": "Looking away at price",
    "one_sided_smile": "One-sided smile",
    "nod": "Nodding",
    "shake": "Shaking the head",
    "lean_in": "Leaning in",
    "lean_out": "Leaning out",
    "eye_softening": "Softening eyes",
    "confused_stillness": "Still, furrowed, tilted",
}

_SIGN: Final = "\u00a0%"

Kind = Literal["reading", "cue", "expression", "other"]


def kind_of(cell: str) -> Kind:
    """Tell whether a cell counts a reading, a cue or an expression, after a price or not."""
    name = cell.removeprefix(AFTER_PRICE)
    if name in READINGS:
        return "reading"
    if name in CUES:
        return "cue"
    return "expression" if name in EXPRESSIONS else "other"


def label(cell: str) -> str:
    """Name a cell as people say it; what it is counted after is left out."""
    name = cell.removeprefix(AFTER_PRICE)
    return _LABELS.get(name) or name.replace("_", " ").capitalize()


def order_of(cell: str) -> tuple[int, str]:
    """Sort cells as the page lists them: readings, cues, expressions, the rest by name."""
    name = cell.removeprefix(AFTER_PRICE)
    known = (*READINGS, *CUES, *EXPRESSIONS)
    return (known.index(name) if name in known else len(known), name)


def percent(share: float) -> str:
    """Write a share in percent: 0.3 %, 4 %, 31 %; never more exact than it can be."""
    if 0.0 < share < 0.0095:
        return f"{100.0 * share:.1f}{_SIGN}" if share >= 0.0005 else f"under 0.1{_SIGN}"
    return f"{100.0 * share:.0f}{_SIGN}"


def between(rate: Rate) -> str:
    """Write a rate's interval: 24 to 38 %."""
    return f"{percent(rate.low).removesuffix(_SIGN)} to {percent(rate.high)}"


def age(since: timedelta) -> str:
    """Write how long ago: 12 s, 4 min, 3 h, 2 days."""
    seconds = since.total_seconds()
    for unit, length in (("day", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= (2.0 if unit == "day" else 1.0) * length:
            count = int(seconds // length)
            return f"{count} {unit}s" if unit == "day" else f"{count} {unit}"
    return f"{max(0, int(seconds))} s"


def number(count: int) -> str:
    """Write a number as people read it, thousands apart."""
    return f"{count:,}".replace(",", "\u202f")


def count(many: int, thing: str) -> str:
    """Write a number with its thing: 1 table, 4 tables."""
    return f"{number(many)} {thing}{'' if many == 1 else 's'}"
