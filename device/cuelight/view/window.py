"""Read a CountWindow from the wire, and refuse what no honest device would release."""

from __future__ import annotations

import json
import re
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError
from cuelight.view.schema import RESERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final = 1
CELLS_MAX: Final = 200
VISITS_MAX: Final = 1_000_000
"""More visits than any table sees, even where a device joined the windows of a long outage."""

COVERS_MAX: Final = 100_000

_SEQ_MAX: Final = 2**53
_AHEAD_SECONDS: Final = 86400
_HOUR_SECONDS: Final = 3600
_DAY_SECONDS: Final = 86400
_LONGEST_SECONDS: Final = 500 * _DAY_SECONDS
"""No window or gather lasts longer: a cell is dropped after 90 days at most; windows that could not
be sent for very long are joined."""

_CELL_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}(\.[a-z][a-z0-9_]{0,47})?")


@dataclass(frozen=True, slots=True)
class Rules:
    """What windows must keep to: at least this k and floor, and no older than is kept."""

    least_k: int = 5
    least_floor: int = 3
    keep_days: float = 400.0


@dataclass(frozen=True, slots=True)
class ReleasedCell:
    """`n` of `visits` visits since `start` (seconds since 1970) showed it."""

    n: int
    visits: int
    start: int


@dataclass(frozen=True, slots=True)
class Window:
    """A CountWindow as DESIGN section 5 has it; times in seconds since 1970.

    `first` is `seq`, or less where the device joined windows that it could never send: it stands
    for all numbers from `first` to `seq`. `epsilon` is None unless the counts carry noise; cells
    that came as null are left out.
    """

    id: str
    site: str
    device: str
    seq: int
    start: int
    end: int
    visits: int | None
    visits_with_price: int | None
    cells: Mapping[str, ReleasedCell]
    withheld: int
    k: int
    floor: int
    first: int
    epsilon: float | None = None

    @property
    def is_noised(self) -> bool:
        """Whether its counts carry noise, so that they are no counts of visits any more."""
        return self.epsilon is not None

    @property
    def hour(self) -> int:
        """The hour of UTC that the middle of the window lies in: the one it is counted for."""
        return (self.start + self.end) // 2 // _HOUR_SECONDS * _HOUR_SECONDS


def read_window(payload: bytes, *, site: str, device: str, now: int, rules: Rules) -> Window:
    """Read a window that came on the counts topic of `site` and `device`.

    A cell that starts after its window's end (a clock was set back) is taken to start there. Raises
    InputError for what is malformed, another device's, from the future (over a day), older than is
    kept, or released by weaker rules than its own `privacy` or `rules` say.
    """
    try:
        window = _window(json.loads(payload))
    except KeyError as error:
        raise InputError(f"count window has no {error}") from error
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"not a count window: {str(error)[:200]}") from error
    if (window.site, window.device) != (site, device):
        raise InputError(f"window of {window.site[:64]!r}/{window.device[:64]!r} on this topic")
    if window.end > now + _AHEAD_SECONDS:
        raise InputError(f"window {window.seq} ends in the future: {_text(window.end)}; check NTP")
    if window.hour < now - rules.keep_days * _DAY_SECONDS:  # as `Intake.prune`: never twice
        raise InputError(f"window {window.seq} of {_text(window.end)} is older than is kept")
    if window.k < rules.least_k or window.floor < rules.least_floor:
        raise InputError(
            f"window {window.seq} was released with k {window.k}, floor {window.floor}; "
            f"at least {rules.least_k} and {rules.least_floor} are wanted"
        )
    _check_release(window)
    return window


def _window(fields: Any) -> Window:  # noqa: ANN401 - whatever JSON came
    if not isinstance(fields, dict):
        raise TypeError("not a JSON object")
    if fields["schema"] != SCHEMA:
        raise ValueError(f"schema {str(fields['schema'])[:20]}; {SCHEMA} is known here")
    start, end = _seconds(fields["from"]), _seconds(fields["to"])
    if start > end:
        raise ValueError("it ends before it starts")
    if end - start > _LONGEST_SECONDS:
        raise ValueError(f"it lasts {(end - start) // _DAY_SECONDS} days")
    if not isinstance(fields["cells"], dict) or len(fields["cells"]) > CELLS_MAX:
        raise ValueError(f"cells is no object of at most {CELLS_MAX}")
    seq = _count(fields["seq"], least=1, most=_SEQ_MAX)
    epsilon = _epsilon(fields["privacy"].get("epsilon"))
    return Window(
        id=str(uuid.UUID(_string(fields["id"]))),
        site=_string(fields["site"]),
        device=_string(fields["device"]),
        seq=seq,
        start=start,
        end=end,
        visits=_count_or_none(fields["visits"]),
        visits_with_price=_count_or_none(fields["visits_with_price"]),
        cells={
            _name(name): _cell(cell, end)
            for name, cell in fields["cells"].items()
            if cell is not None or epsilon is None
        },
        withheld=_count(fields["withheld"]),
        k=_count(fields["privacy"]["k"], least=1),
        floor=_count(fields["privacy"]["floor"]),
        first=_first(fields.get("covers"), seq),
        epsilon=epsilon,
    )


def _epsilon(value: object) -> float | None:
    if value is None:
        return None
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else 0
    if not 0 < number <= sys.float_info.max:
        raise ValueError(f"epsilon is {str(value)[:40]}; null or a number above 0 was wanted")
    return float(number)


def _first(covers: object, seq: int) -> int:
    match covers:
        case None:
            return seq
        case [int(first), int(last)] if max(0, seq - COVERS_MAX) < first < last == seq:
            return first
        case _:
            raise ValueError(f"covers is {str(covers)[:40]}; [first, {seq}] was wanted")


def _check_release(window: Window) -> None:
    """Hold a window to its own rule: what breaks it was not released, but leaked."""
    k, floor = window.k, window.floor
    for name, cell in window.cells.items():
        if cell.visits < k or cell.n < floor or cell.visits - cell.n < floor:
            raise InputError(
                f"window {window.seq}: {name} holds {cell.n} of {cell.visits} visits, "
                f"which k {k} and floor {floor} do not release"
            )
    for total in (window.visits, window.visits_with_price):
        if total is not None and total < k:
            raise InputError(f"window {window.seq}: {total} visits, which k {k} does not release")


def _cell(cell: Any, end: int) -> ReleasedCell:  # noqa: ANN401 - whatever JSON came
    visits = _count(cell["visits"])
    start = min(max(_seconds(cell["from"]), end - _LONGEST_SECONDS), end)
    return ReleasedCell(_count(cell["n"], most=visits), visits, start)


def _name(name: str) -> str:
    if not _CELL_NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(f"{name[:60]!r} is no name of a cell")
    return name


def _count(value: object, *, least: int = 0, most: int = VISITS_MAX) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{str(value)[:40]!r} where {least} to {most} was wanted")
    return value


def _count_or_none(value: object) -> int | None:
    return None if value is None else _count(value)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} where text was wanted")
    return value


def _seconds(value: object) -> int:
    moment = datetime.fromisoformat(_string(value))
    if moment.tzinfo is None:
        raise ValueError(f"{str(value)[:40]!r} has no time zone")
    return int(moment.timestamp())


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
