"""Write the page's cells as CSV or Parquet: the same figures, withheld ones empty, never zero."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from cuelight.view.board.parquet import Kind, Value, parquet_file
from cuelight.view.false_alarms import AFTER_PRICE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cuelight.view.board.figures import Figure, Period, Picture

COLUMNS: Final[Mapping[str, Kind]] = {
    "period": "string",
    "from": "string",
    "to": "string",
    "sites": "string",
    "cell": "string",
    "after_price": "bool",
    "withheld": "bool",
    "n": "int64",
    "visits": "int64",
    "releases": "int64",
    "rate": "float64",
    "rate_low": "float64",
    "rate_high": "float64",
    "floor": "float64",
    "floor_high": "float64",
    "floor_measured_in_visits": "int64",
}
"""Names and types; times are ISO 8601 in UTC, rates are shares from 0 to 1."""


def rows_of(picture: Picture) -> list[dict[str, Value]]:
    """Give a row for every cell that the page shows, of the period and the one before."""
    this, before = picture.period, picture.period.before
    rows = [_row("this", this, picture.sites, one) for one in picture.figures]
    rows += [_row("this", this, picture.sites, pair.first) for pair in picture.after_price]
    rows += [_row("before", before, picture.sites, pair.second) for pair in picture.before]
    return rows


def as_csv(rows: Sequence[dict[str, Value]]) -> bytes:
    """Write UTF-8 with a header line; what is withheld is left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(row[name]) for name in COLUMNS})
    return text.getvalue().encode()


def as_parquet(rows: Sequence[dict[str, Value]]) -> bytes:
    """Write one Parquet table; what is withheld is null."""
    return parquet_file(COLUMNS, rows)


def _row(period: str, span: Period, sites: Sequence[str], one: Figure) -> dict[str, Value]:
    rate, sums = one.rate, one.gathered
    return {
        "period": period,
        "from": f"{span.start:%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{span.end:%Y-%m-%dT%H:%M:%SZ}",
        "sites": " ".join(sites),
        "cell": one.cell,
        "after_price": one.cell.startswith(AFTER_PRICE),
        "withheld": one.is_withheld,
        "n": sums.n if rate else None,
        "visits": sums.visits if rate else None,
        "releases": sums.releases if rate else None,
        "rate": rate.value if rate else None,
        "rate_low": rate.low if rate else None,
        "rate_high": rate.high if rate else None,
        "floor": one.floor.value,
        "floor_high": one.floor.high,
        "floor_measured_in_visits": one.floor.visits,
    }


def _plain(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value
