"""Two faces before the real detector: what reaches the expression model, counted and looked at."""

from __future__ import annotations

import pytest

from cuelight.sense.records import Box
from cuelight.sense.sight import Lookout, judge
from cuelight.sense.zone import Zone, overlap
from cuelight.settings import ZoneSettings
from two_faces import FPS, SHAPE, Person, Watched, at, scene, walk

LEFT = ((0.0, 0.0), (0.55, 0.0), (0.55, 1.0), (0.0, 1.0))
ZONE = ZoneSettings(polygon=LEFT)
SECONDS = 5.0


@pytest.mark.parametrize("customer", ["brows", "real"])
@pytest.mark.parametrize("rep", ["smiles", "real"])
def test_a_rep_outside_the_zone_never_reaches_the_model(customer, rep):
    """Not one call for the rep; and what the customer gives is the same to the last bit."""
    sits = Person(customer, at(170))
    both = Watched(ZONE).play(scene(sits, Person(rep, at(500)), seconds=SECONDS))
    alone = Watched(ZONE).play(scene(sits, seconds=SECONDS))
    assert len(both.reads) >= 0.95 * SECONDS * FPS, "the customer is read"
    assert len(both.reads) == len({read.timestamp for read in both.reads}), "nobody else is"
    assert {read.track for read in both.reads} == {1}
    assert all(read.box.right < 0.55 * SHAPE[1] for read in both.reads)
    assert both.reads == alone.reads
    assert all(box.right < 0.55 * SHAPE[1] for _, boxes in both.boxes for box in boxes)


def test_a_rep_alone_outside_the_zone_is_nobody():
    seen = Watched(ZONE).play(scene(Person("smiles", at(500)), seconds=SECONDS))
    assert seen.reads == []
    assert not any(seen.occupied)
    assert all(boxes == [] for _, boxes in seen.boxes)


def test_the_same_rep_is_read_when_the_zone_is_the_whole_picture():
    """So the tests above do not pass because nothing would be found there."""
    seen = Watched(ZoneSettings()).play(
        scene(Person("brows", at(170)), Person("smiles", at(500)), seconds=2.0)
    )
    assert {read.track for read in seen.reads} == {1, 2}


def test_a_rep_on_the_border_all_the_time_is_not_read_and_the_customer_is():
    people = Person("brows", at(150)), Person("smiles", at(352))
    seen = Watched(ZONE).play(scene(*people, seconds=SECONDS))
    assert len(seen.reads) >= 0.9 * SECONDS * FPS
    assert all(read.box.right < 0.55 * SHAPE[1] - 1 for read in seen.reads)
    assert len({read.timestamp for read in seen.reads}) == len(seen.reads)
    assert any(len(boxes) == 2 for _, boxes in seen.boxes), "it is known to be there"


@pytest.mark.parametrize(("start", "end"), [(540, 150), (150, 540)])
def test_who_walks_across_the_border_is_read_only_wholly_inside(start, end):
    seen = Watched(ZONE).play(scene(Person("smiles", walk(start, end, seconds=6.0)), seconds=8.0))
    zone = Zone(LEFT, SHAPE)
    assert len(seen.reads) > 2 * FPS
    assert all(zone.holds(read.box) for read in seen.reads)
    if end > start:
        assert not seen.occupied[-1]


def test_a_rep_who_leans_across_the_border_is_not_read_while_doing_so():
    def leans(t):
        return (500 - 150 * min(t, 1.0) if t < 4 else 350 + 150 * min(t - 4, 1.0), 240)

    people = Person("brows", at(120)), Person("smiles", leans)
    seen = Watched(ZONE).play(scene(*people, seconds=7.0))
    assert all(read.box.right < 0.55 * SHAPE[1] for read in seen.reads)
    assert {read.track for read in seen.reads} == {1}
    assert len(seen.reads) >= 0.95 * 7.0 * FPS


def test_two_whose_boxes_overlap_are_not_read_until_they_are_apart():
    near, far = 232.0, 520.0

    def comes(t):
        if t < 5.0:
            return (max(near, far - 150.0 * t), 240)
        return (min(far, near + 150.0 * (t - 5.0)), 240)

    seen = Watched(ZoneSettings()).play(
        scene(Person("brows", at(120)), Person("smiles", comes), seconds=9.0)
    )
    both = [(t, boxes) for t, boxes in seen.boxes if len(boxes) == 2]
    crossed = {t for t, boxes in both if overlap(*boxes) > 0.0}
    assert len(crossed) > FPS, "they are close for longer than a second"
    read_at = {read.timestamp for read in seen.reads}
    assert not crossed & read_at
    apart = {t for t, boxes in both if overlap(*boxes) == 0.0}
    assert len(apart & read_at) > FPS
    late = [read for read in seen.reads if read.timestamp > 8.0]
    assert {read.timestamp for read in late} & {t for t, _ in both if t > 8.0}


def test_a_face_beyond_the_distance_is_dropped_at_detection():
    """At 0.18 of the height one metre away, 75 of 480 pixels are 1.15 m."""
    people = Person("brows", at(170), height=140), Person("smiles", at(480), height=75)
    near = Watched(ZoneSettings(distance_max_m=1.0)).play(scene(*people, seconds=3.0))
    assert {read.track for read in near.reads} == {1}
    assert all(read.box.right < 320 for read in near.reads)
    assert all(len(boxes) <= 1 for _, boxes in near.boxes)
    far = Watched(ZoneSettings(distance_max_m=1.4)).play(scene(*people, seconds=3.0))
    assert {read.track for read in far.reads} == {1, 2}
    assert any(read.box.left > 320 for read in far.reads)


def test_the_installers_outlines_say_of_each_face_what_the_finder_does():
    zone = ZoneSettings(polygon=LEFT, distance_max_m=2.0)
    people = (
        Person("brows", at(100, 150), height=110),
        Person("smiles", at(352, 150), height=100),
        Person("real", at(520, 330), height=110),
    )
    (frame,) = scene(*people, seconds=1 / FPS)
    watched = Watched(zone)
    sights = Lookout(watched.finder._detector, card=watched.model.card).look(  # noqa: SLF001
        frame, zone
    )
    verdicts = {round(sight.left * 10): sight.verdict for sight in sights}
    assert sorted(verdicts.values()) == ["border", "outside", "read"]
    watched.play(iter([frame]))
    assert len(watched.reads) == 1
    assert len(watched.boxes[0][1]) == 2


def test_verdicts_by_the_rules_of_the_finder():
    zone = ZoneSettings(polygon=LEFT, face_min=0.12)
    boxes = [
        Box(20, 100, 120, 200),
        Box(200, 100, 300, 200),
        Box(280, 150, 380, 250),  # crosses the border and the one before
        Box(450, 100, 550, 200),
        Box(40, 300, 80, 340),
    ]
    assert judge(boxes, zone, SHAPE) == ["read", "overlap", "border", "outside", "far"]
