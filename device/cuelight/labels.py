"""Draw the labels that go onto the boxes: A4 pages as SVG, ten labels a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LABELS_A_PAGE: Final = 10
"""Two columns of five, as on the common sheets of 99.1 x 57 mm labels."""

_WIDTH_MM, _HEIGHT_MM = 99.1, 57.0
_LEFT_MM, _TOP_MM, _GAP_MM = 4.65, 6.0, 2.5

_MARGIN_MM: Final = 6.0

_LETTER_WIDTH: Final = {"normal": 0.6, "bold": 0.7}
"""Width of a letter as part of its size: more than the mean of common sans-serif fonts."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one box; nothing on it is secret."""

    site: str
    device: str
    contact: str


def pages(labels: Sequence[Label]) -> Iterator[str]:
    """Give one SVG document for every ten labels; print them at 100 %."""
    for first in range(0, len(labels), LABELS_A_PAGE):
        shown = labels[first : first + LABELS_A_PAGE]
        body = "".join(_label(label, place) for place, label in enumerate(shown))
        yield (
            '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" '
            'viewBox="0 0 210 297" font-family="sans-serif">\n'
            f'<rect width="210" height="297" fill="#fff"/>\n{body}</svg>\n'
        )


def _label(label: Label, place: int) -> str:
    left = _LEFT_MM + (place % 2) * (_WIDTH_MM + _GAP_MM)
    top = _TOP_MM + (place // 2) * _HEIGHT_MM
    lines = [
        (4.2, 9.0, "normal", f"cuelight · {_printable(label.site)}"),
        (11.0, 22.0, "bold", _printable(label.device)),
        (2.8, 31.0, "normal", "The camera lamp is lit whenever the camera is open."),
        (2.8, 35.5, "normal", "No picture is kept, and none leaves this box."),
        (2.8, 40.0, "normal", "Slide the shutter, or hold the pause button for 2 s."),
    ]
    if contact := _printable(label.contact):
        lines.append((3.4, 49.0, "normal", f"Questions: {contact}"))
    text = "".join(
        f'  <text x="{_MARGIN_MM:g}" y="{down}" font-size="{_fitting(words, size, weight):.2f}" '
        f'font-weight="{weight}">{escape(words)}</text>\n'
        for size, down, weight, words in lines
    )
    return (
        f'<g transform="translate({left:.2f} {top:.2f})">\n'
        f'  <rect x="1" y="1" width="{_WIDTH_MM - 2:.1f}" height="{_HEIGHT_MM - 2:.1f}" rx="3" '
        f'fill="none" stroke="#bbb" stroke-width="0.2"/>\n{text}</g>\n'
    )


def _fitting(words: str, size_mm: float, weight: str) -> float:
    """Return the largest size up to `size_mm` at which the words fit."""
    return min(
        size_mm, (_WIDTH_MM - 2.0 * _MARGIN_MM) / (_LETTER_WIDTH[weight] * max(1, len(words)))
    )


def _printable(words: str) -> str:
    return "".join(letter for letter in words if letter.isprintable())
