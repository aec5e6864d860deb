"""Write a CountWindow as the JSON of DESIGN section 5, and read it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cuelight.errors import InputError
from cuelight.records import Cell, CountWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")


def to_json(window: CountWindow) -> str:
    """Write one line of JSON, keys in DESIGN's order, times as ISO 8601 in UTC."""
    return json.dumps(
        {
            "schema": window.schema,
            "id": window.id,
            "site": window.site,
            "device": window.device,
            "seq": window.seq,
            **({"covers": list(window.covers)} if window.covers else {}),
            "from": utc_text(window.start),
            "to": utc_text(window.end),
            "visits": window.visits,
            "visits_with_price": window.visits_with_price,
            "cells": _cells_json(window),
            "withheld": window.withheld,
            "privacy": {
                "k": window.k,
                "floor": window.floor,
                "epsilon": window.epsilon,
                **({} if window.scale is None else {"scale": window.scale}),
            },
        },
        separators=(",", ":"),
    )


def from_json(text: str) -> CountWindow:
    """Read what `to_json` wrote. Raises InputError when it is anything else."""
    try:
        fields: Mapping[str, Any] = json.loads(text)
        return CountWindow(
            id=_of(str, fields["id"]),
            site=_of(str, fields["site"]),
            device=_of(str, fields["device"]),
            seq=_of(int, fields["seq"]),
            start=utc_time(fields["from"]),
            end=utc_time(fields["to"]),
            visits=None if fields["visits"] is None else _of(int, fields["visits"]),
            visits_with_price=None
            if fields["visits_with_price"] is None
            else _of(int, fields["visits_with_price"]),
            cells={
                name: Cell(_of(int, cell["n"]), _of(int, cell["visits"]), utc_time(cell["from"]))
                for name, cell in fields["cells"].items()
                if cell is not None
            },
            withheld=_of(int, fields["withheld"]),
            k=_of(int, fields["privacy"]["k"]),
            floor=_of(int, fields["privacy"]["floor"]),
            epsilon=fields["privacy"]["epsilon"],
            schema=_of(int, fields["schema"]),
            covers=_covers(fields.get("covers"), seq=_of(int, fields["seq"])),
            scale=fields["privacy"].get("scale"),
            nulls=tuple(name for name, cell in fields["cells"].items() if cell is None),
        )
    except KeyError as error:
        raise InputError(f"count window has no {error}; see DESIGN section 5.") from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"not a count window as in DESIGN section 5: {error}") from error


def _cells_json(window: CountWindow) -> dict[str, object]:
    cells: dict[str, object] = dict.fromkeys(window.nulls)
    for name, cell in window.cells.items():
        cells[name] = {"n": cell.n, "visits": cell.visits, "from": utc_text(cell.start)}
    return dict(sorted(cells.items()))


def _covers(given: object, *, seq: int) -> tuple[int, int] | None:
    match given:
        case None:
            return None
        case [int(first), int(last)] if 0 < first < last == seq:
            return first, last
        case _:
            raise ValueError(f"covers is {given!r}; wanted [first, last], last being seq ({seq})")


def utc_text(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with a final Z. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; count windows are in UTC")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def utc_time(text: str) -> datetime:
    """Read what `utc_text` wrote. Raises ValueError when it is no time, or has no time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def _of(kind: type[_T], value: object) -> _T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} where {kind.__name__} was wanted")
    return value
