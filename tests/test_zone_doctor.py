"""What doctor says of the zone, and what proves that the store holds no single party."""

from __future__ import annotations

import json

import pytest

from cuelight.examine.kept import examine_store
from cuelight.examine.zone import examine_zone
from cuelight.moved import MOVED
from cuelight.seats import fingerprint
from cuelight.settings import Settings, StoreSettings, ZoneSettings
from cuelight.tell.spool import Spool
from cuelight.tell.teller import SEATS
from doctor import READY, report, write_settings

DRAWN = ZoneSettings(polygon=((0.1, 0.0), (0.9, 0.0), (0.9, 1.0)), distance_max_m=1.5)


@pytest.fixture
def settings(tmp_path):
    return Settings(zone=DRAWN, store=StoreSettings(folder=str(tmp_path)))


def keep(folder, kept):
    with Spool(folder / "windows.sqlite") as spool:
        spool.save(SEATS, kept)


def seats(settings, **changes):
    places = {"3 3 8": 9}
    kept = {"zone": fingerprint(settings), "moved": False, "parties": 8, "places": places}
    return {**kept, **changes}


def test_a_drawn_zone_is_good_and_says_how_far_it_reaches(settings, tmp_path):
    finding = examine_zone(settings, tmp_path / "windows.sqlite")
    assert finding.verdict == "good"
    assert "3 corners, up to 1.5 m" in finding.text
    assert finding.figures == {"corners": 3, "confirmed": True}


def test_the_whole_picture_is_a_warning_with_the_command(tmp_path):
    finding = examine_zone(Settings(), tmp_path / "windows.sqlite")
    assert finding.verdict == "warning"
    assert "cuelight zone" in finding.fix


def test_a_moved_box_fails_until_the_zone_is_another_one(settings, tmp_path):
    keep(tmp_path, seats(settings, moved=True))
    finding = examine_zone(settings, tmp_path / "windows.sqlite")
    assert (finding.verdict, finding.figures["confirmed"]) == ("failed", False)
    assert f"{finding.text}. {finding.fix}" == MOVED
    redrawn = Settings(zone=ZoneSettings(distance_max_m=1.4), store=settings.store)
    assert examine_zone(redrawn, tmp_path / "windows.sqlite").figures["confirmed"]


def test_a_store_that_cannot_be_read_is_said(settings, tmp_path):
    (tmp_path / "windows.sqlite").write_text("no database" * 1000)
    finding = examine_zone(settings, tmp_path / "windows.sqlite")
    assert finding.verdict == "warning"
    assert finding.figures["confirmed"] is None


def test_the_report_has_a_line_for_it(tmp_path, capsys):
    _, found = report(capsys, write_settings(tmp_path, READY + "[zone]\ndistance_max_m = 1.5\n"))
    assert found["findings"]["zone"]["figures"] == {"corners": 4, "confirmed": True}


def test_sums_of_three_parties_and_more_are_known(settings, tmp_path):
    keep(tmp_path, seats(settings))
    (tmp_path / "zone.confirmed").touch()
    assert examine_store(tmp_path).verdict == "good", examine_store(tmp_path).text


@pytest.mark.parametrize(
    "changes",
    [
        {"places": {"3 3 8": 1}},
        {"places": {"3 3 8": 1, "4 3 8": 1}},
        {"places": {"here": 9}},
        {"parties": 4711},
        {"at": "2026-11-23T09:00:00Z"},
        {"places": [[3, 3, 8, 1732352400.0]]},
    ],
)
def test_anything_that_tells_of_one_party_is_found(settings, tmp_path, changes):
    keep(tmp_path, seats(settings, **changes))
    finding = examine_store(tmp_path)
    assert finding.verdict == "failed"
    assert json.dumps(finding.to_json())
