"""Keep the zone that an installer is drawing: its corners, its distance, and what was seen."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Final

from cuelight.zoning.drawing import Canvas, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.sense.sight import Sight
    from cuelight.settings import ZoneSettings

    Point = tuple[float, float]

_STEP: Final = 0.02
"""How far an arrow key moves a corner, in parts of the picture."""

_KEPT_LOOKS: Final = 150
"""Half a minute of looks, to fit the zone to."""

_FEW_LOOKS: Final = 5

ARROWS: Final = {
    "left": (-_STEP, 0.0),
    "right": (_STEP, 0.0),
    "up": (0.0, -_STEP),
    "down": (0.0, _STEP),
}

KEYS: Final = (
    "f fit the zone to the last half minute's face   s save   q leave",
    "Tab next corner  arrows move it  i insert one  x take it away  w whole picture",
    "+ - farthest face  0 no limit  m measure: somebody sits in the seat now",
)


class Draft:
    """The zone as it is being drawn; `press` takes keys, `see` what was seen, `lines` shows both.

    `seat_distance_m` is the distance from lens to the customer's seat.
    """

    def __init__(self, zone: ZoneSettings, *, seat_distance_m: float) -> None:
        self._given = zone
        self._seat = seat_distance_m
        self._polygon = [(float(x), float(y)) for x, y in zone.polygon]
        self._distance, self._at_1m = zone.distance_max_m, zone.face_at_1m
        self._chosen = 0
        self._sights: Sequence[Sight] = ()
        self._largest: deque[Sight] = deque(maxlen=_KEPT_LOOKS)
        self.said = "Sit down in the customer's seat, lean about as customers do, then press f."
        self._acts: dict[str, Callable[[], object]] = {
            "f": self.fit,
            "w": self._take_all,
            "tab": self._choose_next,
            "i": self._insert,
            "x": self._take_away,
            "+": self._farther,
            "=": self._farther,
            "-": self._nearer,
            "0": lambda: self.set_distance(0.0),
            "m": self._measure,
        }

    @property
    def zone(self) -> ZoneSettings:
        """The zone as it stands now."""
        return replace(
            self._given,
            polygon=tuple(self._polygon),
            distance_max_m=self._distance,
            face_at_1m=self._at_1m,
        )

    @property
    def values(self) -> dict[str, float | list[list[float]]]:
        """What is to be written under [zone]; what has not changed is left out."""
        given, zone = self._given, self.zone
        found: dict[str, float | list[list[float]]] = {}
        if [tuple(point) for point in given.polygon] != list(zone.polygon):
            found["polygon"] = [list(point) for point in zone.polygon]
        for key in ("distance_max_m", "face_at_1m"):
            if getattr(given, key) != getattr(zone, key):
                found[key] = getattr(zone, key)
        return found

    @property
    def problem(self) -> str:
        """What keeps it from being saved, in words; "" where nothing does."""
        edges = list(zip(self._polygon, [*self._polygon[1:], self._polygon[0]], strict=True))
        if any(_cross(*one, *other) for one, other in combinations(edges, 2)):
            return "The zone's edges cross each other: move a corner, or press w and begin anew."
        return ""

    def see(self, sights: Sequence[Sight]) -> None:
        """Take the faces of one look, the largest first."""
        self._sights = sights
        if sights:
            self._largest.append(sights[0])

    def set_polygon(self, polygon: Sequence[Point]) -> None:
        """Take other corners."""
        self._polygon = [(round(x, 3), round(y, 3)) for x, y in polygon]
        self._chosen = 0

    def set_distance(self, metres: float) -> None:
        """Take another farthest distance; 0 is no limit."""
        self._distance = round(metres, 2)

    def fit(self) -> bool:
        """Draw the zone round where the largest face was, with half a face to spare; False: none.

        The largest face is the nearest one: whoever sits in the customer's seat.
        """
        if len(self._largest) < _FEW_LOOKS:
            self.said = "No face was seen for long enough: sit down in the customer's seat."
            return False
        wide = median(sight.right - sight.left for sight in self._largest) / 2.0
        high = median(sight.height for sight in self._largest) / 2.0
        left = _within(min(sight.left for sight in self._largest) - wide)
        right = _within(max(sight.right for sight in self._largest) + wide)
        top = _within(min(sight.top for sight in self._largest) - high)
        bottom = _within(max(sight.bottom for sight in self._largest) + high)
        self.set_polygon(((left, top), (right, top), (right, bottom), (left, bottom)))
        self.said = "The zone now holds every place of that face. Where do you sit as the rep?"
        return True

    def press(self, key: str) -> None:
        """Take one key; what is none of ours changes nothing."""
        if key in ARROWS:
            x, y = self._polygon[self._chosen]
            right, down = ARROWS[key]
            self._polygon[self._chosen] = (_within(x + right), _within(y + down))
        elif act := self._acts.get(key):
            act()

    def lines(self, *, columns: int, rows: int) -> list[str]:
        """Draw everything as lines of text: the canvas with so many characters, then the words."""
        canvas = Canvas(columns=columns, rows=rows)
        canvas.zone(self._polygon, chosen=self._chosen)
        for sight in self._sights:
            canvas.face(sight)
        zone = self.zone
        farthest = f"{zone.distance_max_m:.1f} m" if zone.distance_max_m else "no limit"
        words = [describe(sight, face_at_1m=self._at_1m) for sight in self._sights]
        return [
            *canvas.lines(),
            f"farthest face: {farthest} (smallest: {zone.smallest_face:.2f} of the picture)",
            *(words[:4] or ["no face in the picture"]),
        ]

    def _take_all(self) -> None:
        self.set_polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
        self.said = "The zone is the whole picture: everybody in it is read."

    def _choose_next(self) -> None:
        self._chosen = (self._chosen + 1) % len(self._polygon)

    def _take_away(self) -> None:
        if len(self._polygon) > 3:
            del self._polygon[self._chosen]
            self._chosen %= len(self._polygon)

    def _farther(self) -> None:
        farther = self._distance + 0.1 if self._distance else 1.5 * self._seat
        self.set_distance(min(farther, 10.0))

    def _nearer(self) -> None:
        if self._distance > 0.3:
            self.set_distance(self._distance - 0.1)

    def _insert(self) -> None:
        here, other = self._chosen, (self._chosen + 1) % len(self._polygon)
        (x0, y0), (x1, y1) = self._polygon[here], self._polygon[other]
        self._polygon.insert(here + 1, (round((x0 + x1) / 2, 3), round((y0 + y1) / 2, 3)))
        self._chosen = here + 1

    def _measure(self) -> None:
        if len(self._largest) < _FEW_LOOKS:
            self.said = "No face was seen for long enough: sit down in the customer's seat."
            return
        recent = list(self._largest)[-4 * _FEW_LOOKS :]
        self._at_1m = round(median(sight.height for sight in recent) * self._seat, 3)
        self.said = f"A face at {self._seat:g} m (camera.seat_distance_m) was measured."


def _within(part: float) -> float:
    return round(min(max(part, 0.0), 1.0), 3)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Say whether two edges cross each other's inside; edges that share a corner do not."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
