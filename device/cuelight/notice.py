"""Draw the notice that stands on the table: what is done, what is not, whom to ask."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from cuelight.practice.sheet import Box, Sheet, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cuelight.settings import Settings

_WIDTH_MM, _HEIGHT_MM = 148.0, 210.0
"""A5, upright."""
_MARGIN_MM: Final = 12.0
_TEXT_MM: Final = 3.5
_SQUARE_MM: Final = 34.0
"""Side of the QR code; a telephone reads it from an arm's length."""

_OVERLAP_MM: Final = 0.02
"""So that no hairline shows between the rows of the code."""

QUIET: Final = 4
"""White modules round a QR code (ISO/IEC 18004)."""

DONE: Final = (
    (
        "A program in this box looks for brief movements of your face and head, such as a smile, a "
        "frown or a glance away, and takes them for possible signs of interest or doubt."
    ),
    (
        "It gives the person who serves you at most a small hint by light or touch: explain more, "
        "slow down, ask. A hint can be wrong, and nothing is decided by it."
    ),
    "What leaves this box are counts over at least {k} visits, never what one visitor did.",
)

NOT_DONE: Final = (
    "No picture or film is kept, and none leaves this box. Nothing is heard.",
    "Nobody is recognised. Age, sex and origin are not guessed.",
    "The staff are not watched or rated with it.",
)

CHOICE: Final = {
    "notice": (
        "You need not agree. Slide the shutter over the lens, {switch}hold the pause button for "
        "{pause:g} seconds, or say so: we switch it off at once, and serve you just as well."
    ),
    "opt_in": (
        "You need not agree. The camera stays closed until you press the button marked “yes”; "
        "press it again at any time and it closes. It also closes when you leave{switched}. "
        "Without it we serve you just as well."
    ),
}

LAMP: Final = "The camera is open only while the white lamp beside its lens is lit."
CHILDREN: Final = "With children at the table we pause it."

HEADING: Final = {
    "notice": "A camera here reads facial cues",
    "opt_in": "A camera here can read facial cues, if you agree",
}

LAW: Final = (
    "This is an emotion recognition system as in Article 3(39) of the EU AI Act; this notice "
    "informs you of it as Article 50(3) asks."
)


def draw_notice(settings: Settings, *, code: Sequence[Sequence[int]] = ()) -> Sheet:
    """Draw it for a site; `code` is the QR code of its web address, rows of 0 and 1, or nothing.

    `settings.privacy` must name a mode and a contact (`require_notice`).
    """
    privacy = settings.privacy
    has_switch = settings.lamp.off_switch
    values = {
        "k": settings.release.k,
        "pause": settings.lamp.pause_hold_seconds,
        "switch": "turn the switch off, " if has_switch else "",
        "switched": " or turn the switch off" if has_switch else "",
    }
    sheet = Sheet(_WIDTH_MM, _HEIGHT_MM, "Notice to customers")
    y = _paragraph(sheet, 17.0, HEADING[privacy.mode], size=7.0, bold=True) + 1.0
    y = _paragraph(sheet, y, LAMP, bold=True) + 2.0
    y = _list(sheet, y, "What is done", (line.format(**values) for line in DONE))
    y = _list(sheet, y, "What is not done", NOT_DONE)
    choice = CHOICE[privacy.mode].format(**values)
    y = _list(sheet, y, "Your choice", (choice, CHILDREN))
    _foot(sheet, y, privacy.contact, privacy.notice_url if code else "", code)
    return sheet


def _list(sheet: Sheet, y: float, heading: str, lines: Iterable[str]) -> float:
    sheet.parts.append(Words(_MARGIN_MM, y, 4.4, heading, bold=True))
    y += 6.0
    for line in lines:
        sheet.parts.append(Words(_MARGIN_MM, y, _TEXT_MM, "·"))
        y = _paragraph(sheet, y, line, left=_MARGIN_MM + 4.0) + 1.0
    return y + 3.0


def _paragraph(
    sheet: Sheet,
    y: float,
    text: str,
    *,
    size: float = _TEXT_MM,
    bold: bool = False,
    left: float = _MARGIN_MM,
    right: float = _MARGIN_MM,
) -> float:
    return sheet.paragraph(left, y, _WIDTH_MM - left - right, text, size=size, bold=bold)


def _foot(sheet: Sheet, y: float, contact: str, url: str, code: Sequence[Sequence[int]]) -> None:
    right = _MARGIN_MM
    if code:
        right += _SQUARE_MM
        _code(sheet, code, left=_WIDTH_MM - right, top=y - 3.0)
    asked = f"Questions: {_printable(contact)}"
    y = _paragraph(sheet, y, asked, bold=True, right=right) + 1.0
    if url:
        y = _paragraph(sheet, y, f"The whole notice: {url}", right=right) + 1.0
    _paragraph(sheet, y + 1.0, LAW, size=2.8, right=right)


def _code(sheet: Sheet, code: Sequence[Sequence[int]], *, left: float, top: float) -> None:
    module = _SQUARE_MM / (len(code) + 2 * QUIET)
    for down, row in enumerate(code):
        across = 0
        for dark, run in groupby(row, bool):
            width = len(list(run))
            if dark:  # a run in one piece: no hairlines between its modules
                x, y = left + (QUIET + across) * module, top + (QUIET + down) * module
                sheet.parts.append(Box(x, y, width * module, module + _OVERLAP_MM, 0.0))
            across += width


def _printable(words: str) -> str:
    return "".join(letter for letter in words if letter.isprintable())
