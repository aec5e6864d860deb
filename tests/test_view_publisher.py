"""When a site's sums are published: at once, and once more where several collectors publish."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest

from cuelight.tell.window import to_json
from cuelight.view.database import open_database
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.publisher import EVERY_SECONDS, SETTLE_SECONDS, Publisher
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules
from windows import real_windows

TOPIC = "cuelight/berlin/aggregate/last_28_days"


@pytest.fixture
def base(tmp_path):
    opened = open_database(str(tmp_path / "history.db"), schema=TABLES)
    yield opened
    opened.close()


@pytest.fixture
def windows():
    return [one for name in ("1", "2") for one in real_windows(40, device=name)]


def hear(base, windows):
    now = int(time.time())
    news = [
        read_news(
            f"cuelight/{one.site}/{one.device}/counts",
            to_json(one).encode(),
            retained=False,
            now=now,
            rules=Rules(),
        )
        for one in windows
    ]
    Intake(base).take(news, now=now)


class Clocked:
    """A publisher with a clock to set; what it hands over waits in `sent`."""

    def __init__(self, base, *, shared, pause_seconds=0.0):
        self.now, self.sent = 0.0, []
        self._publisher = Publisher(
            History(base),
            lambda topic, payload: self.sent.append((topic, payload)),
            pause_seconds=pause_seconds,
            discovery=False,
            shared=shared,
            now=lambda: self.now,
        )
        self.at(0.0)
        self.taken()

    def changed(self):
        self._publisher.changed(["berlin"])

    def at(self, now):
        self.now = now
        self._publisher.update(time.time())

    def taken(self):
        """Give what was published since the last time, oldest first: the sums of 28 days."""
        taken, self.sent = self.sent, []
        return [json.loads(text)["cells"] for topic, text in taken if topic == TOPIC]


@pytest.mark.parametrize(
    ("shared", "mended_after"), [(True, SETTLE_SECONDS), (False, EVERY_SECONDS)]
)
def test_an_older_sum_that_comes_late_does_not_stay(base, windows, shared, mended_after):
    one, other = (Clocked(base, shared=shared) for _ in range(2))
    hear(base, windows[:60])
    one.changed()
    one.at(1.0)  # has read the store, and its message is on its way
    hear(base, windows[60:])
    other.changed()
    other.at(1.0)
    (whole,), (older,) = other.taken(), one.taken()
    assert older != whole
    retained = older  # the slower one came last
    seconds = (step / 4.0 for step in range(4 * int(EVERY_SECONDS) + 8))
    for now in seconds:
        for each in (one, other):
            each.at(1.0 + now)
            retained = [retained, *each.taken()][-1]
        if retained == whole:
            break
    assert now == pytest.approx(mended_after, abs=1.5)


def test_what_changed_comes_twice_and_then_no_more(base, windows):
    hear(base, windows)
    one, alone = Clocked(base, shared=True), Clocked(base, shared=False)
    for each in (one, alone):
        each.changed()
    times = {id(one): [], id(alone): []}
    for step in range(400):
        for each in (one, alone):
            each.at(1.0 + step / 4.0)
            times[id(each)] += [each.now] * len(each.taken())
    assert times[id(alone)] == [1.0]
    assert times[id(one)] == [1.0, 1.0 + SETTLE_SECONDS]


def test_a_pause_holds_between_changes(base, windows):
    hear(base, windows)
    one = Clocked(base, shared=False, pause_seconds=10.0)
    times = []
    for step in range(200):
        one.changed()
        one.at(1.0 + step / 4.0)
        times += [one.now] * len(one.taken())
    assert all(after - before == 10.0 for before, after in pairwise(times))
    assert len(times) >= 4
