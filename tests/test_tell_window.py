from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.records import Cell, CountWindow
from cuelight.tell.window import from_json, to_json

moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - ditto
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)
counts = st.integers(0, 10**6)
windows = st.builds(
    CountWindow,
    id=st.uuids().map(str),
    site=st.text(min_size=1, max_size=9),
    device=st.text(min_size=1, max_size=9),
    seq=counts,
    start=moments,
    end=moments,
    visits=st.none() | counts,
    visits_with_price=st.none() | counts,
    cells=st.dictionaries(
        st.text(max_size=9), st.builds(Cell, n=counts, visits=counts, start=moments), max_size=3
    ),
    withheld=counts,
    k=counts,
    floor=counts,
    epsilon=st.none() | st.floats(0, 10),
    schema=st.just(1),
)


@given(windows)
def test_every_window_survives_the_wire(window):
    assert from_json(to_json(window)) == window


def test_the_keys_are_those_of_the_contract():
    start = datetime(2026, 3, 1, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    window = CountWindow(
        id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        site="berlin",
        device="table-1",
        seq=4,
        start=start,
        end=start + timedelta(hours=1),
        visits=7,
        visits_with_price=None,
        cells={"after_price.interest": Cell(3, 6, start)},
        withheld=2,
        k=5,
        floor=3,
    )
    assert json.loads(to_json(window)) == {
        "schema": 1,
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "site": "berlin",
        "device": "table-1",
        "seq": 4,
        "from": "2026-03-01T09:00:00Z",
        "to": "2026-03-01T10:00:00Z",
        "visits": 7,
        "visits_with_price": None,
        "cells": {"after_price.interest": {"n": 3, "visits": 6, "from": "2026-03-01T09:00:00Z"}},
        "withheld": 2,
        "privacy": {"k": 5, "floor": 3, "epsilon": None},
    }


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", '{"schema": 1}', "[" * 5000, '"x"', "null"])
def test_anything_else_is_an_input_error(text):
    with pytest.raises(InputError):
        from_json(text)


@given(windows, st.data())
def test_a_damaged_window_is_an_input_error(window, data):
    fields = json.loads(to_json(window))
    key = data.draw(st.sampled_from(sorted(fields)))
    if data.draw(st.booleans()):
        del fields[key]
    else:
        fields[key] = [True]
    with pytest.raises(InputError):
        from_json(json.dumps(fields))


def test_a_time_without_a_zone_is_refused():
    text = '{"schema":1,"id":"a","site":"b","device":"c","seq":1,"from":"2026-03-01T09:00:00"}'
    with pytest.raises(InputError, match="no time zone"):
        from_json(text)
