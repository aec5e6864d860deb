"""Opening hours hold by the clock on the shop's wall, over every change of it."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.opening_hours import DAYS, OpeningHours, named_zone
from cuelight.tell.buttons import Press
from cuelight.tell.closing_time import ClosingTime

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    *("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"),
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Santiago",  # changes at midnight
)
DAY_SECONDS = 86_400
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def system_zone(name):
    """Let the C library tell the time of a zone: it knows nothing of Python's own tables."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def changes(name):
    """Give the moments of 2026 and 2027 at which a zone's clock is put."""
    zone, found = ZoneInfo(name), []
    for hour in range(2 * 365 * 24):
        moment = YEAR + timedelta(hours=hour)
        later = moment + timedelta(hours=1)
        if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(moment)
    return found


CHANGES = [(name, moment) for name in ZONES for moment in changes(name)]

clock = st.integers(0, 24 * 60).map(lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}")
spans = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), clock, clock).filter(
        lambda row: row[0] <= row[1] and row[2] < row[3]
    ),
    min_size=1,
    max_size=4,
)


def test_there_are_changes_to_test():
    assert len(CHANGES) >= 4 * 4


@settings(deadline=None)
@given(st.sampled_from(CHANGES), st.integers(-2 * DAY_SECONDS, 2 * DAY_SECONDS), spans)
def test_they_hold_by_the_wall_clock_around_every_change_of_it(change, seconds, rows):
    name, moment = change
    now = moment + timedelta(seconds=seconds)
    text = ", ".join(f"{DAYS[a]}-{DAYS[b]} {opens}-{closes}" for a, b, opens, closes in rows)
    with system_zone(name):
        wall = time.localtime(now.timestamp())
    shown = f"{wall.tm_hour:02d}:{wall.tm_min:02d}"
    wanted = any(
        first <= wall.tm_wday <= last and opens <= shown < closes
        for first, last, opens, closes in rows
    )
    assert OpeningHours.parse(text, ZoneInfo(name)).are_on(now) is wanted


@pytest.mark.parametrize(
    ("day", "utc_opens", "utc_closes"),
    [
        ("2026-03-28", 8, 18),  # winter
        ("2026-03-29", 7, 17),  # the day that has 23 hours
        ("2026-10-24", 7, 17),
        ("2026-10-25", 8, 18),  # the day that has 25
    ],
)
def test_a_shop_opens_at_nine_before_and_after_a_change(day, utc_opens, utc_closes):
    hours = OpeningHours.parse("mo-su 09:00-19:00", BERLIN)
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for hour, wanted in ((utc_opens, True), (utc_closes, False)):
        moment = midnight + timedelta(hours=hour)
        assert hours.are_on(moment) is wanted
        assert hours.are_on(moment - timedelta(seconds=1)) is not wanted


def test_an_hour_that_is_struck_twice_counts_twice_and_one_left_out_never_comes():
    hours = OpeningHours.parse("su 02:00-03:00", BERLIN)

    def open_minutes(day):
        start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=4)
        return sum(hours.are_on(start + timedelta(minutes=n)) for n in range(32 * 60))

    assert open_minutes("2026-10-25") == 120
    assert open_minutes("2026-03-29") == 0
    assert open_minutes("2026-05-10") == 60


def test_always_is_always():
    hours = OpeningHours.parse("always", BERLIN)
    assert all(hours.are_on(YEAR + timedelta(seconds=s)) for s in (-1e-6, 0.0, 86399.999999, 1.5e7))


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "a\0b"])
def test_a_zone_that_nobody_knows_is_refused(name):
    with pytest.raises(InputError, match="which is no time zone"):
        named_zone(name)


def test_without_a_name_it_is_the_machines_own_zone():
    summer, winter = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    for moment in (summer, winter):
        assert moment.astimezone(named_zone("")).utcoffset() == moment.astimezone().utcoffset()


# what the loop hears of it


class Clocks:
    def __init__(self, utc):
        self.utc, self.now, self.is_set = utc, 500.0, True

    def watch(self, text):
        hours = OpeningHours.parse(text, BERLIN)
        return ClosingTime(hours, utc=lambda: self.utc, clock_is_set=lambda: self.is_set)

    def pass_time(self, seconds):
        self.utc += timedelta(seconds=seconds)
        self.now += seconds


def test_each_change_is_one_press_within_a_second():
    clocks = Clocks(datetime(2026, 3, 28, 7, 59, 58, tzinfo=UTC))
    watch = clocks.watch("sa 09:00-19:00")
    assert watch.closed
    heard = []
    for _ in range(4 * 11 * 3600):
        clocks.pass_time(0.25)
        heard += [(press, clocks.utc) for press in watch.drain(clocks.now)]
    assert [press.name for press, _ in heard] == ["hours_begun", "hours_over"]
    assert [moment.replace(microsecond=0, second=0).hour for _, moment in heard] == [8, 18]
    assert all(moment.minute == 0 and moment.second <= 1 for _, moment in heard)


@pytest.mark.parametrize("text", ["mo-su 00:00-24:00", "sa 09:00-19:00"])
def test_while_the_clock_is_not_set_it_is_closed(text, caplog):
    clocks = Clocks(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    clocks.is_set = False
    watch = clocks.watch(text)
    assert watch.closed
    for _ in range(20):
        clocks.pass_time(1.5)
        assert watch.drain(clocks.now) == []
    assert caplog.text.count("the clock is not set") == 1
    clocks.is_set = True
    clocks.pass_time(1.5)
    assert watch.drain(clocks.now) == [Press("hours_begun", clocks.now)]


def test_always_asks_no_clock():
    clocks = Clocks(datetime(1970, 1, 1, tzinfo=UTC))
    clocks.is_set = False
    watch = clocks.watch("always")
    assert not watch.closed
    assert watch.drain(1.0) == []


def test_a_wall_clock_that_is_put_back_closes_again():
    clocks = Clocks(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    watch = clocks.watch("sa 09:00-19:00")
    assert not watch.closed
    clocks.utc -= timedelta(hours=6)
    clocks.now += 2.0
    assert [press.name for press in watch.drain(clocks.now)] == ["hours_over"]
