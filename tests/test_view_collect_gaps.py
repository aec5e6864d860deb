"""Whom to ask for what is missing, how often, and when to give it up; time is an argument."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import pytest

from cuelight.tell.join import join
from cuelight.tell.window import to_json
from cuelight.view.database import open_database
from cuelight.view.gaps import ASKS_MAX, PAUSE_MAX_SECONDS, Gaps
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import Availability, read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules
from windows import real_windows, recent, sums

UTC = recent().timestamp() + 86400 * 20
TABLE = ("berlin", "table-1")


@pytest.fixture
def base(tmp_path):
    opened = open_database(str(tmp_path / "h.db"), schema=TABLES)
    yield opened
    opened.close()


def take(base, windows, *more):
    news = [
        read_news(
            "cuelight/berlin/table-1/counts",
            to_json(one).encode(),
            retained=False,
            now=int(UTC),
            rules=Rules(),
        )
        for one in windows
    ]
    return Intake(base).take([*news, *more], now=int(UTC))


def gaps_of(base, **options):
    return Gaps(base, grace_seconds=5.0, pause_seconds=60.0, **options)


def asked_over(gaps, seconds, *, step=1.0):
    """Return when the device was asked, and from which number, over so many seconds."""
    found = []
    for number in range(int(seconds / step)):
        now = number * step
        found += [(now, seq) for _, seq in gaps.due(now, utc=UTC + now)]
    return found


def test_nothing_is_asked_while_all_is_there(base):
    take(base, real_windows(5))
    assert asked_over(gaps_of(base), 300) == []


def test_a_gap_is_asked_for_after_a_while_then_ever_more_seldom_then_given_up(base):
    windows = real_windows(6)
    take(base, windows[:2] + windows[4:])
    asked = asked_over(gaps_of(base, share=True), 6 * PAUSE_MAX_SECONDS, step=5.0)
    assert len(asked) == ASKS_MAX - 1
    assert {seq for _, seq in asked} == {3}
    times = [now for now, _ in asked]
    assert times[0] == 5.0
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 60.0
    assert max(pauses) <= PAUSE_MAX_SECONDS
    (device,) = History(base).fleet()
    assert (device.missing, device.lost) == (0, 2)
    take(base, windows[2:3])
    assert History(base).totals(recent(), recent().replace(year=recent().year + 1)).closed


def test_what_fills_in_the_meantime_is_not_asked_for(base):
    windows = real_windows(6)
    gaps = gaps_of(base)
    take(base, windows[:2] + windows[3:])
    assert gaps.due(0.0, utc=UTC) == []
    take(base, windows[2:3])
    assert asked_over(gaps, 200) == []


def test_a_whole_answer_ends_it_and_half_an_answer_does_not(base):
    windows = real_windows(9)
    take(base, windows[:2] + windows[8:])
    gaps = gaps_of(base)
    gaps.due(0.0, utc=UTC)
    assert gaps.due(5.0, utc=UTC + 5) == [(TABLE, 3)]
    gaps.heard_again(take(base, windows[4:6]).repeated)
    assert History(base).fleet()[0].missing == 4
    gaps.heard_again(take(base, windows[6:9]).repeated)  # the top came again: that was all
    (device,) = History(base).fleet()
    assert (device.missing, device.lost) == (0, 2)


def test_a_device_that_is_away_is_asked_when_it_is_back(base):
    windows = real_windows(4)
    take(base, windows[:1] + windows[3:], Availability(*TABLE, "offline"))
    gaps = gaps_of(base)
    assert asked_over(gaps, 500) == []
    take(base, [], Availability(*TABLE, "online"))
    gaps.due(600.0, utc=UTC + 600)
    assert gaps.due(606.0, utc=UTC + 606) == [(TABLE, 2)]


def test_a_device_of_which_nothing_is_known_is_asked_for_everything_once(base):
    take(base, [], Availability(*TABLE, "online"))
    assert [seq for _, seq in asked_over(gaps_of(base), 7200, step=5.0)] == [1]


def test_of_two_collectors_on_one_history_one_asks(base):
    windows = real_windows(4)
    take(base, windows[:1] + windows[3:])
    pair = (gaps_of(base, share=True), gaps_of(base, share=True))
    asked = []
    for second in range(60):
        for gaps in pair:
            asked += gaps.due(1000.0 * pair.index(gaps) + second, utc=UTC + second)
    assert asked == [(TABLE, 2)]


def test_a_window_that_was_joined_stands_for_all_its_numbers(base):
    first, second, third, fourth, fifth, sixth = real_windows(6)
    joined = join(join(second, third, new_id=str(uuid4())), fourth, new_id=str(uuid4()))
    assert joined.covers == (2, 4)
    take(base, [first, sixth])
    assert History(base).fleet()[0].missing == 4
    take(base, [joined])
    assert History(base).fleet()[0].missing == 1
    gaps = gaps_of(base)
    gaps.due(0.0, utc=UTC)
    assert gaps.due(5.0, utc=UTC + 5) == [(TABLE, 5)], "not what is in the joined one"
    take(base, [fifth])
    assert History(base).fleet()[0].missing == 0
    take(base, [joined, sixth])
    assert asked_over(gaps_of(base), 300) == []
    totals = base.query("SELECT cell, sum(n), sum(visits) FROM sums WHERE kind < 2 GROUP BY cell")
    want = sums([first, second, third, fourth, fifth, sixth])
    found = {cell: (n, visits) for cell, n, visits in totals if cell in want}
    assert found == {cell: (n, visits) for cell, (n, visits, _) in want.items()}
