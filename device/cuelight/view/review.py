"""Draw a week of a site's sums on one page, for a team talk: never of a person or a table."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import matplotlib as mpl

from cuelight.errors import StoreError
from cuelight.view.board.style import LIGHT
from cuelight.view.words import CUES, READINGS, between, count, label, percent

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

    from cuelight.view.board.customers import Shown
    from cuelight.view.board.figures import Compared, Figure

_A4_INCHES: Final = (8.27, 11.69)
_LEFT, _RIGHT = 0.08, 0.93

QUESTIONS: Final = (
    "Which of our explanations leaves people with questions? What could we show instead?",
    "When do we name the price, and what do we say right after it?",
    "Where did asking openly help this week? Tell it without naming a customer.",
)
"""What a team may talk about; none of them asks who."""

_WHAT_IT_IS: Final = (
    "Sums over {tables} of {site}; no person, no table and no rep is behind any line, and nothing "
    "here can be used to judge one. Lines are 95 % intervals; the shaded part of a row is what "
    "false alarms alone may reach, so a dot within it says nothing. 'Withheld' means too few to "
    "release; it is not zero. A cue is a clue, not a truth: use this to ask, never to press."
)


def write_review(path: Path, shown: Shown) -> None:
    """Write the page as PNG or PDF, by the path's ending. Raises StoreError when it cannot be.

    `shown` is one site's week as the dashboard looks it up.
    """
    page = draw_review(shown)
    # nothing of when or where it was made: the same week gives the same file
    fixed = {"CreationDate": None} if path.suffix.lower() == ".pdf" else {"Software": None}
    try:
        page.savefig(path, dpi=150, metadata=fixed)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error}. Name another with --out.") from error
    finally:
        plt.close(page)


def draw_review(shown: Shown) -> Page:
    """Draw the page; it opens with the week's one sentence."""
    page = plt.figure(figsize=_A4_INCHES, facecolor="white")
    _write_head(page, shown)
    readings = [one for one in shown.picture.figures if one.cell in READINGS]
    cues = [one for one in shown.picture.figures if one.cell in CUES]
    _draw_rows(page, "What showed in a visit", readings, top=0.755, height=0.16)
    _draw_rows(page, "The single signs behind it", cues, top=0.53, height=0.235)
    _write_after_price(page, shown.picture.after_price)
    _write_foot(page, shown)
    return page


def _write_head(page: Page, shown: Shown) -> None:
    period = shown.picture.period
    days = f"{period.start.day} {period.start:%B} to {period.end.day} {period.end:%B %Y}"
    page.text(_LEFT, 0.955, f"The week at {shown.choice.site}", size=20, weight="bold")
    page.text(_LEFT, 0.935, days, size=10, color=LIGHT.soft)
    note = "Some tables are simulated: figures here are made up.  " if shown.has_simulated else ""
    page.text(_RIGHT, 0.935, note, size=9, color=LIGHT.alarm, ha="right")
    sentence = textwrap.fill(shown.summary, 82)
    page.text(_LEFT, 0.915, sentence, size=12, va="top", linespacing=1.45)


def _draw_rows(
    page: Page, title: str, figures: Sequence[Figure], *, top: float, height: float
) -> None:
    page.text(_LEFT, top + 0.012, title, size=12, weight="bold")
    if not figures:
        page.text(_LEFT, top - 0.02, "Nothing was released of these yet.", color=LIGHT.soft)
        return
    axes = page.add_axes((_LEFT + 0.21, top - height, 0.34, height))
    most = max((one.rate.high for one in figures if one.rate), default=0.0)
    right = min(1.0, max(0.1, 1.15 * most, *(1.15 * one.floor.value for one in figures)))
    for row, one in enumerate(figures):
        _draw_row(axes, row, one, right=right)
    axes.set_xlim(0.0, right)
    axes.set_ylim(len(figures) - 0.4, -0.6)
    axes.set_yticks(range(len(figures)), [label(one.cell) for one in figures], size=9)
    axes.xaxis.set_major_formatter(lambda share, _: percent(share))
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8, colors=LIGHT.soft)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT.line)


def _draw_row(axes: Axes, row: int, one: Figure, *, right: float) -> None:
    axes.barh(row, min(one.floor.high, right), height=0.66, color=LIGHT.floor_soft, linewidth=0)
    if one.rate is None:
        words, colour = "withheld (not zero)", LIGHT.soft
    else:
        colour = LIGHT.text if one.is_above_floor else LIGHT.soft
        axes.plot((one.rate.low, one.rate.high), (row, row), color=LIGHT.accent, linewidth=2.2)
        axes.plot(one.rate.value, row, "o", color=LIGHT.accent, markersize=6)
        words = f"{percent(one.rate.value)} ({between(one.rate)})"
        words += "" if one.is_above_floor else f", {_doubt(one)}"
    axes.text(1.03 * right, row, words, va="center", size=8.5, color=colour)


def _doubt(one: Figure) -> str:
    return "maybe false alarms" if one.floor.is_measured else "false alarms unknown"


def _write_after_price(page: Page, pairs: Sequence[Compared]) -> None:
    top = 0.238
    page.text(_LEFT, top, "After a price was named", size=12, weight="bold")
    told = [one for one in pairs if one.difference.verdict in ("higher", "lower")]
    if not told:
        text = "No sign is shown to come more or less often after a price than otherwise."
        page.text(_LEFT, top - 0.018, text, size=10)
        return
    for number, one in enumerate(told[:3]):
        way = "more" if one.difference.verdict == "higher" else "less"
        text = f"{label(one.cell)}: {way} often than in visits as a whole."
        page.text(_LEFT, top - 0.018 * (number + 1), text, size=10)


def _write_foot(page: Page, shown: Shown) -> None:
    page.text(_LEFT, 0.155, "To talk about", size=12, weight="bold")
    for number, question in enumerate(QUESTIONS, start=1):
        page.text(_LEFT, 0.155 - 0.018 * number, f"{number}.  {question}", size=10)
    tables = count(shown.picture.totals.tables, "table")
    words = _WHAT_IT_IS.format(tables=tables, site=shown.choice.site)
    text = textwrap.fill(words, 112)
    page.text(_LEFT, 0.075, text, size=8.5, va="top", color=LIGHT.soft, linespacing=1.4)
