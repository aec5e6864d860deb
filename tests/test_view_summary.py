from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.view.difference import WITHHELD, Difference
from cuelight.view.rates import Rate
from cuelight.view.summary import WeekCell, summarise
from cuelight.view.words import READINGS, age, between, kind_of, label, order_of, percent

END = datetime(2026, 11, 22, 18, tzinfo=UTC)
SAME = Difference(0.01, -0.04, 0.06, "not shown", "chance explains it")
MORE = Difference(0.12, 0.05, 0.19, "higher", "")
LESS = Difference(-0.12, -0.19, -0.05, "lower", "")


def cell(name="interest", *, rate=0.31, above=True, change=SAME):
    found = None if rate is None else Rate(rate, rate * 0.9, min(1.0, rate * 1.1), 60, 200)
    return WeekCell(name, found, above and rate is not None, change)


def told(*cells, visits=212):
    return summarise("at berlin", end=END, visits=visits, cells=cells)


def test_a_week_with_something_to_say():
    assert told(cell(), cell("hesitation", rate=0.1, above=False)) == (
        "In the seven days to 22 November, 212 visits were counted at berlin; they showed interest "
        "in about 31\u00a0% of them (28 to 34\u00a0%), more than false alarms explain; "
        "no difference from the week before is shown."
    )


def test_changes_are_named_largest_first_and_at_most_two():
    text = told(
        cell(change=MORE),
        cell("hesitation", change=LESS),
        cell("discomfort", change=Difference(0.3, 0.2, 0.4, "higher", "")),
    )
    assert "discomfort more often than the week before and interest more often" in text
    assert "hesitation less" not in text


def test_what_false_alarms_may_explain_is_no_finding():
    assert "nothing showed more often than false alarms alone may explain" in told(
        cell(above=False)
    )


def test_what_is_withheld_is_said_and_never_counted():
    text = told(cell(), cell("scepticism", rate=None, change=WITHHELD))
    assert text.endswith("scepticism is withheld, which is not zero.")
    text = told(
        cell("hesitation", rate=None, change=WITHHELD),
        cell("scepticism", rate=None, change=WITHHELD),
    )
    assert text.endswith("at berlin, too few of each kind to say what they showed.")
    assert told(cell(change=WITHHELD)).endswith(
        "the week before is withheld, so nothing is said of a change."
    )


@pytest.mark.parametrize("visits", [None, 0])
def test_a_week_without_released_visits_says_nothing(visits):
    assert told(cell(), visits=visits) == (
        "In the seven days to 22 November, too few visits were released at berlin to say anything."
    )


rates = st.none() | st.floats(0.0, 0.9)
cells = st.lists(
    st.builds(
        lambda name, rate, above, change: cell(name, rate=rate, above=above, change=change),
        st.sampled_from(READINGS),
        rates,
        st.booleans(),
        st.sampled_from([SAME, MORE, LESS]),
    ),
    max_size=5,
    unique_by=lambda one: one.cell,
)


@settings(deadline=None)
@given(cells, st.none() | st.integers(0, 10_000))
def test_it_is_one_sentence_that_claims_nothing_of_what_it_cannot_know(cells, visits):
    text = told(*cells, visits=visits)
    assert text.count(". ") == 0
    assert text.endswith(".")
    for one in cells:
        name = label(one.cell).lower()
        if one.rate is None:
            assert f"{name} in about" not in text
            assert f"{name} more often" not in text
        elif f"{name} in about" in text:
            assert one.is_above_floor
        if f"{name} more often" in text:
            assert one.change.verdict == "higher"


def test_names_are_as_people_say_them_and_in_one_order():
    assert label("after_price.price_concern") == "Price concern"
    assert label("brief_frown") == "Brief frown"
    assert label("never_heard_of") == "Never heard of"
    assert [kind_of(one) for one in ("interest", "nod", "anger", "x")] == [
        "reading",
        "cue",
        "expression",
        "other",
    ]
    names = ["zebra", "anger", "nod", "price_concern", "interest", "apple"]
    assert sorted(names, key=order_of) == [
        "interest",
        "price_concern",
        "nod",
        "anger",
        "apple",
        "zebra",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0"), (0.0001, "under 0.1"), (0.004, "0.4"), (0.04, "4"), (1.0, "100")],
)
def test_percents_are_no_more_exact_than_they_can_be(share, text):
    assert percent(share) == f"{text}\u00a0%"


def test_intervals_and_ages_read_well():
    assert between(Rate(0.3, 0.24, 0.38, 3, 10)) == "24 to 38\u00a0%"
    ages = [5, 65, 3700, 86400, 3 * 86400]
    assert [age(timedelta(seconds=one)) for one in ages] == [
        "5 s",
        "1 min",
        "1 h",
        "24 h",
        "3 days",
    ]
    assert age(timedelta(seconds=-5)) == "0 s"
