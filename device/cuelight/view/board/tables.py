"""Write figures and devices as HTML tables: what charts show, for everybody to read."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from cuelight.view.board.promises import promises
from cuelight.view.difference import NOT_SHOWN
from cuelight.view.schema import AFTER_PRICE, RESERVED
from cuelight.view.words import age, between, kind_of, label, number, order_of, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cuelight.view.board.courses import Course
    from cuelight.view.board.figures import Compared, Figure
    from cuelight.view.board.fleet import FleetState, State
    from cuelight.view.difference import Difference
    from cuelight.view.false_alarms import Floor

WITHHELD: Final = '<span class="withheld">withheld</span>'

_NAMED: Final = 4
"""Devices that are named in one row before the rest is only counted."""

_GROUPS: Final = {
    "reading": "Readings: several cues that agree",
    "cue": "Single cues: a clue each, not a truth",
    "expression": "Expressions",
}


def figures_table(figures: Sequence[Figure], caption: str) -> str:
    """Write every cell with rate, interval, floor and what that amounts to."""
    head = ("What showed", "Share of visits", "95 % interval", "False alarms", "What it says")
    rows: list[str] = []
    group = ""
    for one in figures:
        if (kind := kind_of(one.cell)) != group:
            group = kind
            rows.append(_group(_GROUPS.get(kind, kind), len(head)))
        rows.append(
            _row(
                label(one.cell),
                head,
                _share(one),
                escape(between(one.rate)) if one.rate else "",
                escape(floor_words(one.floor)),
                _says(one),
            )
        )
    return _table(caption, head, rows)


def compared_table(pairs: Sequence[Compared], caption: str, first: str, second: str) -> str:
    """Write two rates side by side, and whether they differ."""
    head = ("What showed", first, second, "Difference")
    rows = [
        _row(
            label(pair.cell),
            head,
            _share_with_interval(pair.first),
            _share_with_interval(pair.second),
            difference_words(pair.difference),
        )
        for pair in pairs
    ]
    return _table(caption, head, rows)


def course_table(course: Course, caption: str, at: str) -> str:
    """Write the points behind a chart over days or hours."""
    head = (at, "Share of visits", "95 % interval", "Visits behind it")
    rows = [
        _row(
            when,
            head,
            _share(one),
            escape(between(one.rate)) if one.rate else "",
            number(one.gathered.visits) if one.rate else "",
        )
        for when, one in course.points
    ]
    return _table(caption, head, rows)


def sites_table(rows: Iterable[tuple[str, Figure | None]], caption: str) -> str:
    """Write one cell's rate by site; None is a site whose figures would be one table's."""
    head = ("Site", "Share of visits", "95 % interval", "Visits behind it")
    one_table = '<span class="withheld">not shown: a single table\'s</span>'
    return _table(
        caption,
        head,
        [
            _row(
                site,
                head,
                _share(one) if one else one_table,
                escape(between(one.rate)) if one and one.rate else "",
                number(one.gathered.visits) if one and one.rate else "",
            )
            for site, one in rows
        ],
    )


def noised_table(sums: Mapping[str, tuple[int, int]], caption: str) -> str:
    """Write numbers that carry noise, as they came: `n` and the visits beside it, by cell."""
    head = ("What showed", "Noised count", "Of noised visits")
    rows = [
        _row(
            label(name) + (", after the price" if name.startswith(AFTER_PRICE) else ""),
            head,
            str(n),
            "" if name in RESERVED else str(visits),
        )
        for name, (n, visits) in sorted(sums.items(), key=lambda one: order_of(one[0]))
    ]
    return _table(caption, head, rows)


def fleet_table(fleet: FleetState, *, now: datetime) -> str:
    """Write how every device is doing, those that need somebody first."""
    head = ("Device", "State", "Last health", "Temperature", "Queue", "Privacy", "Note")
    rows = [_device(state, head, now) for state in fleet.states]
    return _table("Devices: those that need somebody come first", head, rows, "dense")


def promises_list(fleet: FleetState) -> str:
    """Write what devices promise in their privacy statements, those that say the same together.

    Empty where no device says anything.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for state in fleet.states:
        device = state.device
        if told := promises(device.statement):
            groups.setdefault(told, []).append(f"{device.site} / {device.device}")
    groups_first = sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))
    parts = "".join(
        f"<dt>{escape(_named(names))}</dt><dd>{escape('; '.join(told))}</dd>"
        for told, names in groups_first
    )
    return f"<h2>What devices promise</h2><dl>{parts}</dl>" if parts else ""


def _named(names: Sequence[str]) -> str:
    first = ", ".join(names[:_NAMED])
    return first if len(names) <= _NAMED else f"{first} and {len(names) - _NAMED} more"


def difference_words(found: Difference) -> str:
    """Say what a comparison came to, as HTML."""
    if found.verdict == "withheld":
        return WITHHELD
    if found.verdict == "not shown":
        return f'{NOT_SHOWN}<span class="soft small"> ({escape(found.reason)})</span>'
    points = f"{abs(100 * found.value):.0f} points {found.verdict}"
    low, high = sorted((abs(found.low), abs(found.high)))
    span = f" ({100 * low:.0f} to {100 * high:.0f})"
    return f'<span class="above">{points}</span><span class="soft">{span}</span>'


def floor_words(floor: Floor) -> str:
    """Say what false alarms alone are expected to count."""
    if not floor.is_measured:
        return f"{percent(floor.value)} allowed, not measured"
    return f"{percent(floor.value)}, up to {percent(floor.high)}"


def says(one: Figure) -> str:
    """Say in a few words what a figure amounts to."""
    if one.is_withheld:
        return "too few to release; not zero"
    if not one.floor.is_measured:
        return "false alarms not measured"
    return "more than false alarms explain" if one.is_above_floor else "may be false alarms alone"


def _says(one: Figure) -> str:
    kind = "above" if one.is_above_floor else "soft"
    return f'<span class="{kind}">{escape(says(one))}</span>'


def _share(one: Figure) -> str:
    if one.rate is None:
        return WITHHELD
    behind = f"{one.gathered.n} of {number(one.gathered.visits)}"
    return (
        f'{escape(percent(one.rate.value))}<span class="soft small"> from {escape(behind)}</span>'
    )


def _share_with_interval(one: Figure) -> str:
    if one.rate is None:
        return WITHHELD
    return (
        f"{escape(percent(one.rate.value))}"
        f'<span class="soft small"> ({escape(between(one.rate))})</span>'
    )


def _device(state: State, head: Sequence[str], now: datetime) -> str:
    device = state.device
    since = device.health_age(now)
    badge = '<span class="badge">simulated</span>' if device.simulated else ""
    shared = ", shared table" if device.shared else ""
    return _row(
        f"{device.site} / {device.device}",
        head,
        f'<span class="state {state.level}">{escape(state.word)}</span>',
        "unknown" if since is None else f"{age(since)} ago",
        "" if device.temperature is None else f"{device.temperature:.0f} °C",
        "" if device.waiting is None else str(device.waiting),
        escape(f"{device.privacy_mode or 'no statement'}{shared}"),
        escape(" ".join(state.notes)),
        after=badge,
    )


def _row(name: str, head: Sequence[str], *cells: str, after: str = "") -> str:
    written = "".join(
        f'<td data-label="{escape(title)}">{cell}</td>' if cell else "<td></td>"
        for title, cell in zip(head[1:], cells, strict=True)
    )
    return f'<tr><th scope="row">{escape(name)}{after}</th>{written}</tr>'


def _group(name: str, columns: int) -> str:
    return f'<tr class="group"><th colspan="{columns}" scope="rowgroup">{escape(name)}</th></tr>'


def _table(caption: str, head: Sequence[str], rows: Sequence[str], kind: str = "") -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="stack {kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
