"""Lay out a small printed sheet once, and write it as SVG or PDF without any library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_POINTS_A_MM: Final = 72.0 / 25.4

LETTER_WIDTH: Final = {"normal": 0.53, "bold": 0.58}
"""Mean width of a letter of Helvetica or Arial as part of its size, rounded up."""

Grey = float
"""0 is black, 1 white."""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; `size` is the letters' in mm, (x, y) where its baseline starts."""

    x: float
    y: float
    size: float
    text: str
    bold: bool = False
    grey: Grey = 0.0


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with its upper left corner at (x, y), mm; `line` is its border's grey."""

    x: float
    y: float
    width: float
    height: float
    grey: Grey
    line: Grey | None = None


@dataclass(frozen=True, slots=True)
class Hill:
    """A filled shape through points (x, y), mm: a swell of light."""

    points: tuple[tuple[float, float], ...]
    grey: Grey


@dataclass(slots=True)
class Sheet:
    """A page of `width` by `height` mm; y grows downwards."""

    width: float
    height: float
    title: str
    parts: list[Words | Box | Hill] = field(default_factory=list)

    def paragraph(
        self, x: float, y: float, width: float, text: str, *, size: float, bold: bool = False
    ) -> float:
        """Write text in lines that fit a width; give the baseline that the next line would have."""
        for line in wrapped(text, width, size=size, bold=bold):
            self.parts.append(Words(x, y, size, line, bold))
            y += 1.32 * size
        return y

    @property
    def letters(self) -> frozenset[str]:
        """Every letter that is written on it."""
        return frozenset("".join(part.text for part in self.parts if isinstance(part, Words)))

    def svg(self) -> str:
        """Give the page as one SVG document; print it at 100 %."""
        body = "".join(_svg(part) for part in self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}mm" '
            f'height="{self.height:g}mm" viewBox="0 0 {self.width:g} {self.height:g}" '
            'font-family="Helvetica, Arial, Liberation Sans, sans-serif">\n'
            f"<title>{escape(self.title)}</title>\n"
            f'<rect width="{self.width:g}" height="{self.height:g}" fill="#fff"/>\n{body}</svg>\n'
        )

    def pdf(self) -> bytes:
        """Give the page as a PDF of one page, in the reader's own Helvetica (ISO 32000-1, 9.6.2).

        Letters outside Windows-1252, which those fonts have, become question marks.
        """
        scale = _POINTS_A_MM
        drawn = f"{scale:.6f} 0 0 {-scale:.6f} 0 {self.height * scale:.3f} cm\n".encode()
        drawn += b"".join(_pdf(part) for part in self.parts)
        size = f"{self.width * scale:.3f} {self.height * scale:.3f}"
        fonts = "/Font << /F1 4 0 R /F2 5 0 R >>"
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents 6 0 R "
            f"/Resources << {fonts} >> >>".encode(),
            _font("Helvetica"),
            _font("Helvetica-Bold"),
            b"<< /Length %d >>\nstream\n%sendstream" % (len(drawn), drawn),
            b"<< /Title (%s) /Producer (cuelight) >>" % _pdf_text(self.title),
        ]
        return _file(objects)


def is_in_pdf(letter: str) -> bool:
    """Say whether a PDF's own fonts have a letter."""
    return letter.encode("cp1252", "replace") != b"?" or letter == "?"


def wrapped(text: str, width: float, *, size: float, bold: bool = False) -> list[str]:
    """Break text into lines that fit a width in mm; a word that is too long keeps its own line."""
    letter = size * LETTER_WIDTH["bold" if bold else "normal"]
    lines: list[str] = []
    for word in text.split():
        if lines and letter * (len(lines[-1]) + 1 + len(word)) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _svg(part: Words | Box | Hill) -> str:
    if isinstance(part, Words):
        weight = ' font-weight="bold"' if part.bold else ""
        return (
            f'<text x="{part.x:.2f}" y="{part.y:.2f}" font-size="{part.size:g}"{weight} '
            f'fill="{_colour(part.grey)}">{escape(part.text)}</text>\n'
        )
    if isinstance(part, Box):
        line = ""
        if part.line is not None:
            line = f' stroke="{_colour(part.line)}" stroke-width="0.2"'
        return (
            f'<rect x="{part.x:.2f}" y="{part.y:.2f}" width="{part.width:.2f}" '
            f'height="{part.height:.2f}" fill="{_colour(part.grey)}"{line}/>\n'
        )
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in part.points)
    return f'<polygon points="{points}" fill="{_colour(part.grey)}"/>\n'


def _colour(grey: Grey) -> str:
    return f"#{round(255 * grey):02x}" + f"{round(255 * grey):02x}" * 2


def _pdf(part: Words | Box | Hill) -> bytes:
    if isinstance(part, Words):
        font = "F2" if part.bold else "F1"
        # the page is upside down, so that y grows downwards; letters are turned back
        return (
            f"{part.grey:.2f} g BT /{font} {part.size:g} Tf 1 0 0 -1 {part.x:.2f} {part.y:.2f} Tm "
        ).encode() + b"(%s) Tj ET\n" % _pdf_text(part.text)
    if isinstance(part, Box):
        area = f"{part.x:.2f} {part.y:.2f} {part.width:.2f} {part.height:.2f} re"
        drawn = f"{part.grey:.2f} g {area} f\n"
        if part.line is not None:
            drawn += f"0.2 w {part.line:.2f} G {area} S\n"
        return drawn.encode()
    (x, y), *others = part.points
    way = "".join(f"{right:.2f} {down:.2f} l " for right, down in others)
    return f"{part.grey:.2f} g {x:.2f} {y:.2f} m {way}h f\n".encode()


def _pdf_text(text: str) -> bytes:
    plain = text.encode("cp1252", "replace")
    return plain.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
    )


def _file(objects: Sequence[bytes]) -> bytes:
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"<< /Size %d /Root 1 0 R /Info %d 0 R >>" % (len(objects) + 1, len(objects))
    return out + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, table)
