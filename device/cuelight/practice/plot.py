"""Draw a player's progress as SVG that follows the page's colours."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.practice.progress import Sitting

_WIDTH, _HEIGHT = 640.0, 170.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 12.0, 14.0, 30.0

_CHANCE: Final = 1.0 / 7.0


def hits_plot(sittings: Sequence[Sitting]) -> str:
    """Draw the share named rightly over the sessions, with what guessing gives."""
    points = [one.hit_rate for one in sittings]
    words = "Share named rightly: " + ", ".join(f"{100 * one:.0f} %" for one in points)
    marks = [(share, f"{100 * share:.0f} %") for share in (0.0, 0.5, 1.0)]
    return _plot(sittings, points, marks, words, (_CHANCE, "guessing"))


def sensitivity_plot(sittings: Sequence[Sitting]) -> str:
    """Draw d' over the sessions; 0 is guessing."""
    top = 4.0
    points = [None if s.sensitivity is None else s.sensitivity / top for s in sittings]
    words = "Sensitivity d': " + ", ".join(
        "none" if one.sensitivity is None else f"{one.sensitivity:.1f}" for one in sittings
    )
    marks = [(value / top, f"{value:.0f}") for value in (0.0, 2.0, 4.0)]
    return _plot(sittings, points, marks, words, (0.0, "guessing"))


def brevity_plot(sittings: Sequence[Sitting]) -> str:
    """Draw the time at which seven in ten are right, over the lessons that could tell it."""
    points = [None if s.threshold_ms is None else s.threshold_ms / 500.0 for s in sittings]
    words = "Milliseconds at which seven in ten are right: " + ", ".join(
        "none" if one.threshold_ms is None else f"{one.threshold_ms:.0f}" for one in sittings
    )
    marks = [(ms / 500.0, f"{ms:.0f} ms") for ms in (0.0, 250.0, 500.0)]
    return _plot(sittings, points, marks, words, None)


def _plot(
    sittings: Sequence[Sitting],
    points: Sequence[float | None],
    marks: Sequence[tuple[float, str]],
    words: str,
    line: tuple[float, str] | None,
) -> str:
    inner, deep = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    apart = inner / max(1, len(points) - 1)

    def place(number: int, share: float) -> tuple[float, float]:
        x = _LEFT + (number * apart if len(points) > 1 else inner / 2)
        return x, _TOP + deep * (1.0 - min(max(share, 0.0), 1.0))

    parts = []
    for share, name in marks:
        y = place(0, share)[1]
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
        )
    if line is not None:
        y = place(0, line[0])[1]
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="chance"/>'
            f'<text x="{_WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end">{line[1]}</text>'
        )
    there = [(n, place(n, share)) for n, share in enumerate(points) if share is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for _, (x, y) in there)
    parts.append(f'<polyline points="{path}" class="way"/>')
    for number, (x, y) in there:
        one = sittings[number]
        kind = "test" if one.kind.endswith("test") else "lesson"
        day = datetime.fromtimestamp(one.at, UTC)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="{kind}">'
            f"<title>{escape(one.kind)}, {day.day} {day:%B}</title></circle>"
        )
    for number in sorted({0, len(sittings) - 1}):
        day = datetime.fromtimestamp(sittings[number].at, UTC)
        anchor = "start" if number == 0 and len(sittings) > 1 else "end"
        x = place(number, 0.0)[0] if len(sittings) > 1 else _WIDTH / 2
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{day.day} {day:%b}</text>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" class="plot" '
        f'aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )
