"""Draw the pocket card: three rhythms, three moves, two sentences for a customer who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cuelight.practice.sheet import Box, Hill, Sheet, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Steps = Sequence[tuple[float, float]]

_WIDTH_MM, _HEIGHT_MM = 85.6, 54.0
"""Of a bank card (ISO/IEC 7810, ID-1); the sheet holds two side by side, to be folded."""
_RIM_MM: Final = 6.0
_MARGIN_MM: Final = 5.0

_SECONDS_MM: Final = 34.0
"""How long a second of a rhythm is drawn."""
_LIT_MM: Final = 5.0

MOVES: Final = (
    ("go", "One long swell", "Interest: say more, or offer the next step."),
    ("ease", "Two pulses", "Hesitation: slow down, ask an open question."),
    ("reassure", "Three quick pulses", "Doubt, or the price: evidence, a simpler offer."),
)
"""Each signal as the hand or eye knows it, and the move."""

SENTENCES: Final = (
    (
        "“This box notices brief movements of the face and reminds me to slow down or explain; it "
        "keeps no picture and does not know who you are.”"
    ),
    (
        "“If you would rather do without it, just say so: I switch it off at once, and it changes "
        "nothing for you.”"
    ),
)

TAPS: Final = "After a hint: two taps “not useful”, three taps “useful”."
"""Within 15 s, on the price button."""

REMINDER: Final = "A cue is a clue, not a truth. Never press harder because the lamp lit: ask."


def draw_card(rhythms: Mapping[str, Steps]) -> Sheet:
    """Draw the card; `rhythms` are the device's own, as (seconds, level) steps."""
    sheet = Sheet(2 * (_WIDTH_MM + _RIM_MM), _HEIGHT_MM + 2 * _RIM_MM, "cuelight pocket card")
    for place in (0, 1):
        left = _RIM_MM + place * _WIDTH_MM
        sheet.parts.append(Box(left, _RIM_MM, _WIDTH_MM, _HEIGHT_MM, 1.0, 0.7))
    _front(sheet, rhythms, left=_RIM_MM + _MARGIN_MM)
    _back(sheet, left=_RIM_MM + _WIDTH_MM + _MARGIN_MM)
    return sheet


def _front(sheet: Sheet, rhythms: Mapping[str, Steps], *, left: float) -> None:
    top = _RIM_MM + 8.0
    sheet.parts.append(Words(left, top, 3.8, "Three rhythms, three moves", bold=True))
    for number, (name, feels, move) in enumerate(MOVES):
        y = top + 9.5 + 13.2 * number
        _rhythm(sheet, once(rhythms[name]), left=left, bottom=y)
        sheet.parts.append(Words(left + 35.0, y - 1.0, 3.3, feels, bold=True))
        sheet.parts.append(Words(left, y + 4.6, 3.1, move))
    sheet.parts.append(Words(left, _RIM_MM + _HEIGHT_MM - 2.4, 2.5, TAPS))


def _back(sheet: Sheet, *, left: float) -> None:
    width = _WIDTH_MM - 2 * _MARGIN_MM
    y = _RIM_MM + 8.0
    sheet.parts.append(Words(left, y, 3.8, "If a customer asks", bold=True))
    y += 6.4
    for sentence in SENTENCES:
        y = sheet.paragraph(left, y, width, sentence, size=3.1) + 1.2
    sheet.paragraph(left, _RIM_MM + _HEIGHT_MM - 7.0, width, REMINDER, size=2.9, bold=True)


def once(steps: Steps) -> list[tuple[float, float]]:
    """Give a rhythm's first performance: all up to the long dark before its repeat."""
    longest = max((seconds for seconds, level in steps if level == 0.0), default=0.0)
    kept: list[tuple[float, float]] = []
    for seconds, level in steps:
        if level == 0.0 and seconds == longest:
            break
        kept.append((seconds, level))
    return kept


def _rhythm(sheet: Sheet, steps: Steps, *, left: float, bottom: float) -> None:
    """Draw the light over time: what is dark as a thin line, what is lit as a hill."""
    length = _SECONDS_MM * sum(seconds for seconds, _ in steps)
    sheet.parts.append(Box(left, bottom, max(length, 28.0), 0.25, 0.6))
    now, outline = left, [(left, bottom)]
    for seconds, level in steps:
        after = now + _SECONDS_MM * seconds
        height = bottom - _LIT_MM * level
        outline += [(now, height), (after, height)]
        now = after
    sheet.parts.append(Hill((*outline, (now, bottom)), 0.15))
