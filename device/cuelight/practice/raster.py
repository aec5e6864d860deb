"""Paint a printed sheet as a picture, in the fonts that matplotlib brings."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl

from cuelight.practice.sheet import LETTER_WIDTH, Box, Hill, Words

mpl.use("Agg")
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.textpath import TextPath, TextToPath
from matplotlib.transforms import Affine2D

if TYPE_CHECKING:
    from cuelight.practice.sheet import Sheet

_MM_AN_INCH: Final = 25.4

_FAMILY: Final = "DejaVu Sans"
"""It comes with matplotlib, and has the letters of most of Europe's languages."""

_SMALLER: Final = 0.88
"""DejaVu Sans runs wider than the Helvetica for which sheets are laid out."""


def paint(sheet: Sheet, *, dots_an_inch: int = 300) -> bytes:
    """Give the page as a PNG in its own size; 300 dots an inch print as sharp as the PDF.

    A line that would still be wider than its sheet has laid out is drawn narrower.
    """
    size = (sheet.width / _MM_AN_INCH, sheet.height / _MM_AN_INCH)
    page = Figure(figsize=size, dpi=dots_an_inch, facecolor="white")
    axes = page.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, sheet.width)
    axes.set_ylim(sheet.height, 0.0)
    for part in sheet.parts:
        axes.add_patch(_drawn(part))
    file = io.BytesIO()
    # nothing of when or where it was made: the same sheet gives the same file
    page.savefig(file, format="png", metadata={"Software": None, "Title": sheet.title})
    return file.getvalue()


def _drawn(part: Words | Box | Hill) -> Any:  # noqa: ANN401 - matplotlib is untyped here
    if isinstance(part, Words):
        return _written(part)
    if isinstance(part, Box):
        line = "none" if part.line is None else str(part.line)
        # without smoothing, so that no hairline shows between the rows of a QR code
        return Rectangle(
            (part.x, part.y),
            part.width,
            part.height,
            facecolor=str(part.grey),
            edgecolor=line,
            linewidth=0.6,
            antialiased=part.line is not None,
        )
    return Polygon(part.points, closed=True, facecolor=str(part.grey), edgecolor="none")


def _written(part: Words) -> Any:  # noqa: ANN401 - matplotlib is untyped here
    weight = "bold" if part.bold else "normal"
    font = FontProperties(family=_FAMILY, weight=weight)
    size = _SMALLER * part.size
    wide, _, _ = TextToPath().get_text_width_height_descent(part.text, font, ismath=False)
    wide *= size / font.get_size_in_points()
    room = LETTER_WIDTH[weight] * part.size * len(part.text)
    narrow = min(1.0, room / wide) if wide else 1.0
    path = TextPath((0.0, 0.0), part.text, size=size, prop=font, usetex=False)
    placed = path.transformed(Affine2D().scale(narrow, -1.0).translate(part.x, part.y))
    return PathPatch(placed, facecolor=str(part.grey), edgecolor="none")
