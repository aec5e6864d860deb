"""Write tables and figures as Markdown."""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cue_bench.chance import Figure, Spread


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def figure(given: Figure | None) -> str:
    """Write a value with its interval and its cases; a dash where there is none."""
    if given is None or isnan(given.value):
        return "-"
    high = f"{given.high:.2f}" if isfinite(given.high) else "?"
    return f"{given.value:.2f} [{given.low:.2f}, {high}] n {given.cases}"


def short(given: Figure | None) -> str:
    """Write a value alone."""
    return "-" if given is None or isnan(given.value) else f"{given.value:.1f}"


def spread_ms(given: Spread) -> str:
    """Write median, 5th and 95th percentile of seconds in milliseconds, and the cases."""
    if not given.cases:
        return "-"
    low, median, high = (1000.0 * v for v in (given.low, given.median, given.high))
    return f"{median:+.0f} ({low:+.0f} to {high:+.0f}), {given.cases}"


def counts(given: Mapping[str, int]) -> str:
    """Write how often each thing came, the most frequent first."""
    ranked = sorted(given.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {name}" for name, number in ranked) or "-"
