"""What the fleet page makes of devices: silence, night, heat, and what is only good to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.view.board.fleet import judge
from cuelight.view.board.hours import OpeningHours
from cuelight.view.board.tables import fleet_table
from cuelight.view.fleet import Device

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)

WELL = Device(
    site="berlin",
    device="table-1",
    availability="online",
    availability_at=NOW - timedelta(days=3),
    health_at=NOW - timedelta(seconds=20),
    temperature=55.0,
    throttled=False,
    waiting=0,
    version="1",
    model_sha256="aa",
    fps_capability=30.0,
    fault="",
    privacy_mode="notice",
    shared=False,
    simulated=False,
    missing=0,
    lost=0,
)


def state_of(*, is_open=True, **changes):
    fleet = judge([replace(WELL, **changes)], now=NOW, is_open=is_open)
    return fleet.states[0]


def test_a_device_that_is_well_needs_nobody():
    state = state_of()
    assert (state.level, state.word, state.notes) == ("fine", "online", ())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"health_at": NOW - timedelta(minutes=4)}, "silent"),
        ({"health_at": None}, "silent"),
        ({"availability": "offline"}, "offline"),
        ({"availability": "stopped", "fault": "no camera"}, "stopped"),
        ({"availability": None}, "never heard"),
    ],
)
def test_absence_is_an_alarm_in_opening_hours_only(changes, word):
    by_day, by_night = state_of(**changes), state_of(is_open=False, **changes)
    assert (by_day.level, by_day.word) == ("alarm", word)
    assert by_night.level == "rest"
    assert by_day.notes, "it says why"


def test_a_pause_is_nobodys_fault_and_a_fault_says_what_it_is():
    assert state_of(availability="paused").level == "rest"
    assert state_of(availability="covered").level == "warning"
    assert "no camera" in state_of(availability="stopped", fault="no camera").notes[0]


@pytest.mark.parametrize(
    "changes",
    [
        *({"throttled": True}, {"temperature": 85.0}, {"privacy_mode": None}, {"waiting": 30}),
        {"backs_off": True, "fps_read": 7.5},
    ],
)
def test_trouble_is_worth_a_look(changes):
    state = state_of(**changes)
    assert state.level == "warning"
    assert state.notes


def test_missing_and_lost_windows_are_news_and_no_fault():
    state = state_of(missing=3, lost=1)
    assert state.level == "fine"
    assert state.notes == (
        "3 windows not here yet; asked for again.",
        "1 window lost for good.",
    )


def test_those_that_need_somebody_come_first_and_a_deaf_collector_is_told_apart():
    silent = replace(WELL, device="zz", health_at=NOW - timedelta(hours=1))
    fleet = judge([WELL, silent], now=NOW, is_open=True)
    assert [state.device.device for state in fleet.states] == ["zz", "table-1"]
    assert not fleet.is_deaf
    assert judge([silent], now=NOW, is_open=True).is_deaf
    assert not judge([], now=NOW, is_open=True).is_deaf


@settings(deadline=None)
@given(
    st.builds(
        lambda **changes: replace(WELL, **changes),
        availability=st.sampled_from([None, "online", "paused", "covered", "stopped", "offline"]),
        health_at=st.none() | st.timedeltas(timedelta(0), timedelta(9)).map(lambda ago: NOW - ago),
        temperature=st.none() | st.floats(-20, 120),
        throttled=st.none() | st.booleans(),
        backs_off=st.none() | st.booleans(),
        fps_read=st.none() | st.floats(0, 120),
        waiting=st.none() | st.integers(0, 5000),
        fault=st.text(max_size=30),
        privacy_mode=st.none() | st.text(max_size=10),
        missing=st.integers(0, 99),
        lost=st.integers(0, 99),
    )
)
def test_at_night_nothing_is_an_alarm_and_every_state_can_be_shown(device):
    night = judge([device], now=NOW, is_open=False)
    assert night.having("alarm") == 0
    day = judge([device], now=NOW, is_open=True)
    assert len(day.states) == 1
    assert day.states[0].word in fleet_table(day, now=NOW)


def test_what_a_device_says_cannot_write_into_the_page():
    evil = "<script>alert(1)</script>"
    state = judge([replace(WELL, availability="stopped", fault=evil)], now=NOW, is_open=True)
    assert evil not in fleet_table(state, now=NOW)
    assert "&lt;script&gt;" in fleet_table(state, now=NOW)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T07:59:00", False),  # Monday in UTC; an hour later in Berlin
        ("2026-11-23T08:00:00", True),
        ("2026-11-23T17:29:00", True),
        ("2026-11-23T17:30:00", False),
        ("2026-11-28T09:00:00", True),  # Saturday
        ("2026-11-28T15:00:00", False),
        ("2026-11-29T11:00:00", False),  # Sunday
        ("2026-07-20T07:00:00", True),  # summer time
    ],
)
def test_opening_hours_are_the_shops_own(moment, is_open):
    hours = OpeningHours.parse("mo-fr 09:00-18:30, sa 10:00-16:00", BERLIN)
    assert hours.are_on(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is is_open


def test_opening_hours_add_up():
    assert OpeningHours.parse("mo-fr 09:00-18:30, sa 10:00-16:00", BERLIN).a_week == 53.5
    assert OpeningHours.parse("always", BERLIN).a_week == pytest.approx(168, abs=0.1)
    assert OpeningHours.parse("su 20:00-24:00", BERLIN).a_week == pytest.approx(4, abs=0.1)
    assert OpeningHours.parse("ALWAYS", BERLIN).are_on(NOW)


@pytest.mark.parametrize(
    "text",
    ["", "weekdays", "mo-fr", "mo 9-18", "fr-mo 09:00-18:00", "mo 18:00-09:00", "mo 25:00-26:00"],
)
def test_hours_that_make_no_sense_are_refused_with_an_example(text):
    with pytest.raises(InputError, match="wanted like 'mo-fr 09:00-18:30"):
        OpeningHours.parse(text, BERLIN)
