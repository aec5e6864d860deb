"""What crosses the wall between sensing and telling: plain, frozen, picklable, no logic.

Times are `timestamp`s: seconds of the sensor's clock (CLOCK_BOOTTIME on the device, seconds from
the clip's start in a replay), except in `CountWindow`, whose times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


Availability = Literal["online", "paused", "covered", "stopped"]
"""What a box says of itself; the broker adds `offline`, the last will."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One named facial or head cue of one face.

    `strength` is the peak above this visitor's own neutral (0 to 1, the weakest unit that the cue
    needs); `confidence` is how sure the reader is that the cue is real (0 to 1). `provisional` says
    that the baseline had not settled yet. `price` says that it fell into a price mark's window.
    """

    name: str
    track: int
    onset: float
    apex: float
    offset: float
    strength: float
    confidence: float
    provisional: bool = False
    price: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A pattern that several separate movements agree on; never a one-off.

    One of the cues in `evidence` at least was told; the others may have been too unsure for that.
    """

    name: str
    confidence: float
    timestamp: float
    evidence: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A hint that the alert budget let through: `go`, `ease` or `reassure`."""

    name: str
    reading: str
    timestamp: float


@dataclass(frozen=True, slots=True)
class AlertLedger:
    """What the alert budget must remember across a restart; goes ahead of the signal it counts.

    `kept` is the budget's own snapshot, plain JSON. It stays on this device and is never published.
    """

    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeatLedger:
    """Where faces sit at this table, as coarse sums, and whether the box counts as moved.

    `kept` is plain JSON. It grows by three parties and more at a time, so that no copy of it tells
    of one. It stays on this device and is never published.
    """

    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VisitTally:
    """Which cells one visit adds one to. It says nothing about when, how often or who."""

    cells: frozenset[str]
    price: bool


@dataclass(frozen=True, slots=True)
class PauseState:
    """Why the camera must be closed: any one is enough (see `pause.after`).

    `pressed` by the button, `ordered` by the broker, `off` by the customer's switch, `closed`
    outside opening hours.
    """

    pressed: bool = False
    ordered: bool = False
    off: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """How the sensing half is doing; nothing in it shows whether someone is at the table.

    `state` is what the box says it is (see `Availability`); `fault` says in words what keeps the
    camera closed, if anything does. `fps_capability` is the rate that the measured work allows, at
    most the camera's; `latency_p95_ms` runs from the sensor's timestamp to the reader's answer.
    `min_detectable_ms` is the shortest movement that the frames processed can tell, and `micro`
    says whether brief ones are claimed at that rate. `fps_read` is how many frames a second are
    read at most, and `backs_off` says that these are fewer because the box is hot. `by_hand` says
    that somebody keeps it paused within opening hours; it stays on this device.
    """

    state: Availability
    fault: str = ""
    fps_capability: float = 0.0
    skipped: int = 0
    latency_p95_ms: float = 0.0
    min_detectable_ms: float = 0.0
    micro: bool = False
    fps_read: float = 0.0
    backs_off: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One released count: `n` of `visits` visits since `start` showed it."""

    n: int
    visits: int
    start: datetime


@dataclass(frozen=True, slots=True)
class CountWindow:
    """What the broker gets, once an hour: released cells only.

    `visits` and `visits_with_price` are None while they are too few to release. `covers` is given
    when this is the sum of windows that waited too long and were never sent: the first and the last
    `seq` that it stands for, the last being its own. Where counts carry noise, `epsilon` is what
    the window costs, `scale` that of the noise, and `nulls` name the cells that fell short.
    """

    id: str
    site: str
    device: str
    seq: int
    start: datetime
    end: datetime
    visits: int | None
    visits_with_price: int | None
    cells: Mapping[str, Cell]
    withheld: int
    k: int
    floor: int
    epsilon: float | None = None
    schema: int = 1
    covers: tuple[int, int] | None = None
    scale: float | None = None
    nulls: tuple[str, ...] = ()
