"""One tap is a price, two say "not useful", three "useful": and only after a signal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.taps import BURST_SECONDS, Meant, Taps
from cuelight.tell.buttons import Press


def meant(times, *, awaits=lambda _t: True, step=0.033, others=()):
    """Press at these times and poll every `step` seconds until all is said."""
    taps, found, now = Taps(awaits), [], 0.0
    presses = sorted([Press("price", t) for t in times] + list(others), key=lambda p: p.timestamp)
    while presses or now < max([0.0, *times]) + 2 * BURST_SECONDS:
        now += step
        fresh = [press for press in presses if press.timestamp <= now]
        presses = presses[len(fresh) :]
        found += [(one.name, one.timestamp, now) for one in taps.update(fresh, now)]
    return found


def names(found):
    return [name for name, _, _ in found if name != "tap"]


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([10.0], ["price"]),
        ([10.0, 10.3], ["not_useful"]),
        ([10.0, 10.3, 10.6], ["useful"]),
        ([10.0, 10.2, 10.4, 10.6], []),
        ([10.0, 10.6], ["price", "price"]),
        ([10.0, 10.3, 11.0], ["not_useful", "price"]),
    ],
)
def test_what_taps_mean_after_a_signal(times, wanted):
    found = meant(times)
    assert names(found) == wanted
    assert [t for name, t, _ in found if name == "tap"] == times, "each shakes the box"


def test_without_a_signal_every_tap_is_a_price_at_once():
    found = meant([10.0, 10.3, 10.6], awaits=lambda _t: False)
    assert [(name, t) for name, t, _ in found] == [("price", t) for t in (10.0, 10.3, 10.6)]
    assert all(now - t <= 0.04 for _, t, now in found)


def test_a_price_after_a_signal_is_told_with_the_time_of_its_touch():
    ((_, t, now),) = [row for row in meant([10.0]) if row[0] == "price"]
    assert t == 10.0
    assert now - t <= BURST_SECONDS + 0.04


def test_a_loop_that_was_held_up_still_tells_two_bursts_apart():
    taps = Taps(lambda _t: True)
    presses = [Press("price", t) for t in (10.0, 10.2, 15.0)]
    assert taps.update(presses, 15.1) == [
        Meant("tap", 10.0),
        Meant("tap", 10.2),
        Meant("not_useful", 10.0),
        Meant("tap", 15.0),
    ]
    assert taps.update([], 16.0) == [Meant("price", 15.0)]


def test_other_presses_go_through_as_they_came():
    pause = Press("pause", 10.1)
    found = meant([10.0, 10.2], others=[pause])
    assert ("pause", 10.1) in [(name, t) for name, t, _ in found]
    assert "not_useful" in names(found)


@given(
    st.lists(st.floats(0.02, 3.0), max_size=12),
    st.floats(0.0, 30.0),
    st.floats(0.01, 0.4),
)
def test_every_tap_means_one_thing_and_no_price_is_invented(waits, until, step):
    times, now = [], 0.0
    for wait in waits:
        now += wait
        times.append(now)
    found = meant(times, awaits=lambda t: t <= until, step=step)
    prices = [t for name, t, _ in found if name == "price"]
    assert set(prices) <= set(times)
    assert len(prices) == len(set(prices))
    judged = [t for name, t, _ in found if name in ("useful", "not_useful")]
    assert not set(judged) & set(prices)
    assert all(t <= until for t in judged)
    lone = [
        t
        for i, t in enumerate(times)
        if (i == 0 or t - times[i - 1] > BURST_SECONDS)
        and (i + 1 == len(times) or times[i + 1] - t > BURST_SECONDS)
    ]
    assert set(lone) <= set(prices), "a single tap is always a price"
