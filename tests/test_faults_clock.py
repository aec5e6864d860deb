"""The wall clock jumps, goes back or is not there: no visit is lost and no window held up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelight.settings import LampSettings
from cuelight.tell.panel import Panel
from test_teller import START, TALLY, Desk


@pytest.fixture(scope="module")
def panel():
    with Panel(LampSettings(pin_factory="mock"), mock_allowed=True) as opened:
        opened.open()
        yield opened


@pytest.mark.parametrize("put", [timedelta(days=2), timedelta(hours=-5), timedelta(seconds=90)])
def test_a_window_is_as_long_as_the_boot_clock_says_wherever_the_wall_clock_jumps(
    tmp_path, panel, put
):
    with Desk(tmp_path, panel) as desk:
        desk.tell(*[TALLY] * 5)
        desk.pass_time(hours=0.25)
        desk.pass_time(hours=0.25, put=put)
        desk.pass_time(hours=0.5)
        (window,) = desk.windows()
    assert (window.start, window.end) == (START + put, START + put + timedelta(hours=1))


JUMPS = st.one_of(
    st.just(0.0), st.floats(-400.0, 400.0), st.floats(-1.0, 1.0).map(lambda hours: hours / 3600)
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from((0.25, 0.5, 1.0)), JUMPS), max_size=12),
    st.booleans(),
)
def test_whatever_the_clock_does_every_visit_is_counted_once(
    tmp_path_factory, panel, hours, is_set
):
    folder = tmp_path_factory.mktemp("clock")
    visits = 0
    with Desk(folder, panel, is_set=is_set) as desk:
        for number, passed, jump in hours:
            desk.tell(*[TALLY] * number)
            visits += number
            desk.pass_time(hours=passed, put=timedelta(hours=jump))
        assert is_set or desk.windows() == [], "held while nobody knows the time"
        desk.clocks.is_set = True
        desk.pass_time(hours=1.0)
        released = desk.windows()
        open_visits = desk.gatherer._sums["visits"].visits  # noqa: SLF001 - what stays in memory
    assert sum(window.visits or 0 for window in released) + open_visits == visits
    assert all(window.end > window.start for window in released)
