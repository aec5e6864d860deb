"""Notice, from where faces sit, that the box was moved; only coarse sums outlive a stay.

A place is a cell of a coarse grid over the picture together with a band of sizes, half an octave
each (a face twice as high is about half as far away). Each party that stays long enough to be a
visit votes for its places. The first `LEARNT` parties after the zone was set or confirmed say where
faces sit. From then on a vote is odd when at least half of its face-seconds lie in places that are
not usual; `ODD_VOTES` odd votes with no usual one in between mean that the box was moved. So one
odd customer stops nothing, and a turned box stops after three. Where a usual vote follows odd ones,
these were merely odd, and count as parties seen there: a second chair is learnt at its third time.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from cuelight.read.visit import VisitEvent, VisitTimes, VisitWatch
from cuelight.records import SeatLedger
from cuelight.seat_sums import SeatSums, read_seats, touch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cuelight.seat_sums import Place
    from cuelight.settings import Settings

LEARNT: Final = 8
"""Parties after which the usual places count as known; more notices a moved box later."""

ODD_VOTES: Final = 3
"""Odd votes in a row that say the box was moved; more forgives more odd customers."""

AGAIN_SECONDS: Final = 1800.0
"""A party votes once it is a visit, and again whenever it has stayed for so long: a rep who sits
before a turned box all day is one party."""

USUAL_PARTIES: Final = 2
USUAL_SHARE: Final = 0.1
"""A place is usual when at least so many parties, and this share of all, sat there or in a place
that touches it: what was seen once does not count, and what is not seen any more is forgotten.
Higher, it notices smaller turns (scripts/simulate-seats) and forgives fewer odd places."""

_TURN_OVER: Final = 200
"""Past so many votes all sums are halved, so that a table may slowly change."""

_QUIET: Final = 3
"""The sums go to disk only when so many parties were added, so that no copy tells of one."""

_END: Final = frozenset({VisitEvent.ARRIVED, VisitEvent.ENDED, VisitEvent.DISCARDED})


def fingerprint(settings: Settings) -> str:
    """Give what stands for the zone and the camera's picture: another one is learnt anew."""
    zone, camera = settings.zone, settings.camera
    told = [asdict(zone), camera.source, camera.index, camera.width, camera.height]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


class Seats:
    """Where faces sit at this table, as sums of parties by place.

    `zone` stands for the zone's settings (`fingerprint`); `kept` is what the last run left, which
    counts for the same zone only. `update` takes the places of every face in the zone, read or not,
    frame by frame. While `moved` is true nothing may be read; `confirm` ends that, and the usual
    places are learnt anew. `ledger` gives what is to be kept since the last call, None for nothing.
    Pure: times are the frames' own seconds.
    """

    def __init__(
        self,
        *,
        zone: str,
        kept: object = None,
        times: VisitTimes | None = None,
    ) -> None:
        self._zone = zone
        self._times = times or VisitTimes()
        self._watch = VisitWatch(self._times)
        self._before: tuple[float, tuple[Place, ...]] | None = None
        self._stay: defaultdict[Place, float] = defaultdict(float)
        self._stayed = 0.0
        self._odd: list[tuple[Place, ...]] = []
        known = read_seats(kept)
        ours = known if known is not None and known.zone == zone else SeatSums(zone, Counter())
        self._sums, self._parties, self.moved = ours.places, ours.parties, ours.moved
        self._told = self._sums.copy(), self._parties
        self._fresh = 0
        self._is_new = kept is not None and ours is not known

    def update(self, timestamp: float, places: Sequence[Place]) -> bool:
        """Take one frame; True when it has just become clear that the box was moved."""
        if self.moved:
            return False
        events = self._watch.update(timestamp, occupied=bool(places))
        if _END & set(events):
            self._leave()
        self._dwell(timestamp, places)
        began = VisitEvent.BEGAN in events
        if began or (self._watch.visiting and self._stayed >= AGAIN_SECONDS):
            self._vote(first=began)
        return self.moved

    def confirm(self) -> None:
        """Take a person's word that the box stands right; who sits where is learnt anew."""
        self.reset()
        self._odd.clear()
        self._sums.clear()
        self._parties = self._fresh = 0
        self._is_new = True
        self.moved = False

    def reset(self) -> None:
        """Forget the party that is there, as when the reader forgets it."""
        self._watch.reset()
        self._leave()
        self._before = None

    def ledger(self) -> SeatLedger | None:
        """Give what is to be kept, if that is something new that may be told."""
        if not (self._is_new or self._fresh >= _QUIET):
            return None
        if self._fresh >= _QUIET or not self._sums:
            self._fresh = 0
            self._told = self._sums.copy(), self._parties
        self._is_new = False
        sums, parties = self._told
        return SeatLedger(
            {
                "zone": self._zone,
                "moved": self.moved,
                "parties": min(parties, LEARNT),
                "places": {" ".join(map(str, place)): n for place, n in sorted(sums.items())},
            }
        )

    def _dwell(self, timestamp: float, places: Sequence[Place]) -> None:
        """Add the time since the last frame to the places that were taken then and still are."""
        if self._before is not None and places and self._before[1]:
            seconds = min(max(timestamp - self._before[0], 0.0), self._times.blind_seconds)
            self._stayed += seconds
            for place in places:
                self._stay[place] += seconds
        self._before = timestamp, tuple(places)

    def _leave(self) -> None:
        self._stay.clear()
        self._stayed = 0.0

    def _vote(self, *, first: bool) -> None:
        stay = dict(self._stay)
        self._leave()
        whole, places = sum(stay.values()), _main_places(stay)
        if self._parties < LEARNT:
            self._learn([places] if first else [])
            return
        odd = sum(seconds for place, seconds in stay.items() if not self._is_usual(place))
        if odd < 0.5 * whole:
            self._learn([*self._odd, *([places] if first else [])])
            self._odd.clear()
            return
        self._odd.append(places)
        if len(self._odd) >= ODD_VOTES:
            self.moved = self._is_new = True

    def _learn(self, parties: Sequence[Sequence[Place]]) -> None:
        for places in parties:
            self._sums.update(places)
        self._parties += len(parties)
        self._fresh += len(parties)
        if self._sums.total() > _TURN_OVER:
            self._sums = +Counter({place: n // 2 for place, n in self._sums.items()})

    def _is_usual(self, place: Place) -> bool:
        near = sum(n for known, n in self._sums.items() if touch(place, known))
        return near >= max(USUAL_PARTIES, USUAL_SHARE * self._sums.total())


def _main_places(stay: Mapping[Place, float]) -> tuple[Place, ...]:
    """Give where a party mostly was: one place for each seat, however its people leant about."""
    enough = 0.25 * sum(stay.values())
    found: list[Place] = []
    for place, seconds in sorted(stay.items(), key=lambda one: (-one[1], one[0])):
        if found and seconds < enough:
            break
        if not any(touch(place, known) for known in found):
            found.append(place)
    return tuple(found)
