"""The page's figures, from simulated devices with known rates through the whole history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cuelight.neighbours import AFTER_RATES, RATES, Neighbour
from cuelight.past import give_past
from cuelight.tell.release import AFTER_PRICE
from cuelight.view.board.courses import LEAST_DAYS, days_of, hours_of
from cuelight.view.board.figures import (
    Period,
    by_site,
    figures_of,
    is_begun_before,
    picture_of,
)
from cuelight.view.history import History

NOW = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)
TRUTH = {**RATES, **{AFTER_PRICE + name: rate for name, rate in AFTER_RATES.items()}}
QUIET = [f"quiet-{number}" for number in range(6)]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    store = str(tmp_path_factory.mktemp("store") / "history.db")
    tables = [Neighbour(site, f"t{n}", visits_an_hour=0.3) for site in QUIET for n in range(2)]
    tables += [Neighbour("busy", f"t{number}", visits_an_hour=4.0) for number in range(2)]
    tables += [Neighbour("lonely", "t0", visits_an_hour=4.0)]
    give_past(store, tables, days=70, now=NOW)
    with History.open(store) as one:
        yield one


@pytest.mark.parametrize("days", [70, 28])
def test_intervals_cover_what_is_true_at_quiet_tables_too(history, days):
    period = Period.up_to(NOW, days)
    began = is_begun_before(history, period)
    assert began is (days < 70)
    covered, errors = [], []
    for site in QUIET:
        totals = history.totals(period.start, period.end, sites=[site])
        for name, one in figures_of(totals, carries_in=began).items():
            if one.rate is not None:
                covered.append(one.rate.low <= TRUTH[name] <= one.rate.high)
                errors.append(one.rate.value / TRUTH[name] - 1.0)
    assert len(covered) > 100
    assert sum(covered) >= 0.88 * len(covered)
    assert abs(sum(errors) / len(errors)) < 0.12


def test_a_picture_holds_every_cell_beside_its_own_past(history):
    picture = picture_of(history, Period.up_to(NOW, 28), sites=["busy"])
    assert [one.cell for one in picture.figures] == list(RATES)
    assert [one.cell for one in picture.after_price] == [n for n in RATES if n in AFTER_RATES]
    assert [one.cell for one in picture.before] == [one.cell for one in picture.figures]
    assert picture.withheld == sum(one.rate is None for one in picture.figures)
    higher = {one.cell for one in picture.after_price if one.difference.verdict == "higher"}
    assert {"price_concern", "price_gaze_aversion"} <= higher
    assert not {one.cell for one in picture.after_price if one.difference.verdict == "lower"}
    moved = [one for one in picture.before if one.difference.verdict in ("higher", "lower")]
    assert moved == [], "nothing changed in these simulated weeks"
    unmeasured = [one for one in picture.figures if not one.floor.is_measured]
    assert unmeasured
    assert not any(one.is_above_floor for one in unmeasured)


def test_a_single_tables_site_has_no_figures_anywhere(history):
    period = Period.up_to(NOW, 28)
    assert by_site(history, period, "interest")["lonely"] is None
    assert by_site(history, period, "interest")["busy"].rate is not None
    picture = picture_of(history, period, sites=["lonely"])
    assert picture.totals.closed == ("lonely",)
    assert all(one.rate is None for one in picture.figures)
    everything, others = (
        picture_of(history, period, sites=sites) for sites in (None, [*QUIET, "busy"])
    )
    assert everything.totals.visits == others.totals.visits, "nor by subtraction"


def test_days_look_a_week_back_and_gaps_stay_gaps(history):
    period = Period.up_to(NOW, 28)
    course = days_of(history, period, "interest", zone=UTC, sites=["busy"])
    assert len(course.points) == 29
    assert course.points[-1][0] == "2026-11-20"
    assert all(one.rate is not None for _, one in course.points)
    rare = days_of(history, period, "confused_stillness", zone=UTC, sites=["quiet-0"])
    assert any(one.rate is None for _, one in rare.points)


def test_hours_are_shown_where_releases_are_quick_and_history_is_long(history, tmp_path):
    berlin = ZoneInfo("Europe/Berlin")
    busy = hours_of(history, NOW, "interest", zone=berlin, sites=["busy"])
    assert busy.history_days >= LEAST_DAYS
    assert busy.gather_hours < 6
    assert next(hour for hour, _ in busy.course.points) >= "10:00"
    known = [one.rate for _, one in busy.course.points if one.rate]
    assert len(known) >= 8
    assert sum(rate.low <= RATES["interest"] <= rate.high for rate in known) >= len(known) - 2
    quiet = hours_of(history, NOW, "interest", zone=berlin, sites=["quiet-0"])
    assert (quiet.course.points, quiet.gather_hours > 6) == ((), True)
    store = str(tmp_path / "young.db")
    young = [Neighbour("busy", f"t{number}", visits_an_hour=4.0) for number in range(2)]
    give_past(store, young, days=20, now=NOW)
    with History.open(store) as fresh:
        found = hours_of(fresh, NOW, "interest", zone=berlin, sites=None)
        assert found.course.points == ()
        assert found.history_days < LEAST_DAYS
    with History.open(str(tmp_path / "empty.db")) as empty:
        assert hours_of(empty, NOW, "interest", zone=berlin, sites=None).gather_hours is None


def test_periods_are_whole_hours_and_meet(history):
    period = Period.up_to(NOW, 7)
    assert period.end == NOW.replace(hour=20, minute=0)
    assert (period.before.end, period.days) == (period.start, 7)
    sharp = NOW.replace(minute=0)
    assert Period.up_to(sharp, 7).end == sharp
    assert period.end - period.start == timedelta(days=7)
