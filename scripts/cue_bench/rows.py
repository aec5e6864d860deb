"""Read expressions that were made elsewhere, by the same reader, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from cue_bench.play import gather
from cuelight.commands.replay import replay
from cuelight.sensing import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cue_bench.play import Play
    from cuelight.read.reader import Reader
    from cuelight.sense.records import Expression, Frame
    from cuelight.sensing import Sensing


@dataclass(frozen=True, slots=True)
class Row:
    """One frame: its time, the expressions read in it, and whether anybody was there."""

    timestamp: float
    expressions: tuple[Expression, ...]
    occupied: bool


def play_rows(rows: Iterable[Row], reader: Reader, marks: Sequence[float] = ()) -> Play:
    """Give what a reader says of the rows, price marks in the same places as in a replay."""
    # A replay only asks for frames' times and hands them back to what senses: rows do for both.
    sensing = cast("Sensing", _Rows(reader))
    return gather(replay(sensing, cast("Iterable[Frame]", rows), marks))


class _Rows:
    """Stands where the loop's sensing half stands, with expressions that are already there."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def update(self, row: Row) -> Seen:
        events = self._reader.update(row.timestamp, row.expressions, occupied=row.occupied)
        return Seen(row.timestamp, row.expressions, tuple(events), row.occupied)

    def mark_price(self, timestamp: float) -> None:
        self._reader.mark_price(timestamp)

    def flush(self, timestamp: float) -> tuple[object, ...]:
        return tuple(self._reader.flush(timestamp))
