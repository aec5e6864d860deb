"""Exports: what a spreadsheet and pyarrow read back is what was written."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import BufferReader, parquet

from browser import NEIGHBOURS, fill
from cuelight.view.board.export import COLUMNS, as_csv, as_parquet, rows_of
from cuelight.view.board.figures import Period, picture_of
from cuelight.view.board.parquet import parquet_file
from cuelight.view.history import History

KINDS = {"a": "bool", "b": "int64", "c": "float64", "d": "string"}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.none() | st.booleans(),
            "b": st.none() | st.integers(-(2**63), 2**63 - 1),
            "c": st.none() | st.floats(allow_nan=False),
            "d": st.none() | st.text(max_size=30),
        }
    ),
    max_size=40,
)


@settings(deadline=None)
@given(ROWS)
def test_pyarrow_reads_back_what_was_written(rows):
    table = parquet.read_table(BufferReader(parquet_file(KINDS, rows)))
    assert table.schema.names == list(KINDS)
    assert [str(kind) for kind in table.schema.types] == ["bool", "int64", "double", "string"]
    assert table.to_pylist() == rows


def test_many_rows_and_many_columns_are_read_back():
    columns = {f"column {number}": "int64" for number in range(40)}
    rows = [
        {name: None if (place + row) % 3 else place * row for place, name in enumerate(columns)}
        for row in range(5000)
    ]
    assert parquet.read_table(BufferReader(parquet_file(columns, rows))).to_pylist() == rows


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    store = tmp_path_factory.mktemp("store") / "history.db"
    now = datetime(2026, 11, 20, 17, 20, tzinfo=UTC)
    fill(store, NEIGHBOURS[6:], days=40, now=now)
    with History.open(str(store)) as history:
        return rows_of(picture_of(history, Period.up_to(now, 2)))


def test_both_files_hold_the_same_cells(rows):
    read = list(csv.DictReader(io.StringIO(as_csv(rows).decode())))
    table = parquet.read_table(BufferReader(as_parquet(rows)))
    assert table.schema.names == list(COLUMNS)
    assert len(read) == table.num_rows == len(rows) > 40
    for one, other, row in zip(read, table.to_pylist(), rows, strict=True):
        assert other == row
        for name, value in row.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert one[name] == ("" if value is None else text)


def test_what_is_withheld_is_empty_and_the_rest_adds_up(rows):
    withheld = [row for row in rows if row["withheld"]]
    assert 0 < len(withheld) < len(rows)
    for row in rows:
        numbers = [row[name] for name in ("n", "visits", "rate", "rate_low", "rate_high")]
        if row["withheld"]:
            assert numbers == [None] * 5
        else:
            n, visits, rate, low, high = numbers
            assert 0 < n < visits
            assert low < rate < high
            assert 5 * row["releases"] <= visits
        assert 0 <= row["floor"] <= row["floor_high"] <= 1


def test_nothing_of_a_device_or_a_rep_is_in_it(rows):
    text = as_csv(rows).decode()
    assert "table-" not in text
    assert {row["sites"] for row in rows} == {"porto"}
