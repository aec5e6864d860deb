"""The privacy budget's account: exact, on disk before noise is drawn, never given back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.settings import PrivacySettings
from cuelight.tell.spending import (
    BUDGET_DAYS,
    MILLION,
    NoiseRule,
    SpendingFile,
    Spent,
    may_spend,
    noise_rule,
    read_spending,
    spent_by,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = NoiseRule(total=4 * MILLION, days=7, cells=4)


def account(folder, *, rule=RULE, today=START, was_used=False):
    return SpendingFile(folder / "epsilon.json", rule=rule, today=today, was_used=was_used)


@given(st.sampled_from((1, 2, 4, 7, 14, 28)), st.integers(100_000, 50_000_000))
def test_on_schedule_the_budget_lasts_for_ever_and_is_never_exceeded(days, total):
    rule, entries = NoiseRule(total, days, 4), []
    for day in range(0, 200, days):
        assert may_spend(entries, day=day, cost=rule.cost, total=total)
        assert not may_spend([*entries, Spent(day, 1)], day=day, cost=rule.cost, total=total)
        entries.append(Spent(day, rule.cost))
        assert spent_by(entries, day) <= total
    assert (
        total - rule.cost < spent_by(entries, 199 // days * days) + rule.cost <= total + rule.cost
    )


charges = st.lists(
    st.tuples(
        st.integers(-90, 90),  # days that the wall clock is put by, or time that passes
        st.sampled_from((1, 2, 4, 7, 14, 28)),
        st.integers(100_000, 8_000_000),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=40)  # every charge is synced to the disk
@given(charges)
def test_whatever_clock_and_settings_do_no_28_days_of_the_record_cost_more_than_then_allowed(
    tmp_path_factory, script
):
    folder, now, record = tmp_path_factory.mktemp("store"), START, []
    for days, length, total in script:
        now += days * DAY
        rule = NoiseRule(total, length, 4)
        book = account(folder, rule=rule, today=now)  # a restart each time
        day = rule.period(now)
        before = [one for one in record if one.day > day - BUDGET_DAYS]
        if book.charge(day):
            assert sum(one.cost for one in before) + rule.cost <= total
            assert day not in {one.day for one in before}, "once a period"
            record.append(Spent(day, rule.cost))
        assert book.spent(now) * MILLION == pytest.approx(
            sum(one.cost for one in record if one.day > day - BUDGET_DAYS)
        )


def test_a_clock_that_was_far_ahead_leaves_the_budget_spent_and_not_fresh(tmp_path):
    book = account(tmp_path)
    for week in range(4):
        assert book.charge(RULE.period(START + 365 * DAY) + 7 * week)
    assert not account(tmp_path).charge(RULE.period(START))
    assert account(tmp_path).spent(START) == 4.0


def test_a_restart_neither_gives_back_nor_charges_twice(tmp_path):
    period = RULE.period(START)
    assert account(tmp_path).charge(period)
    again = account(tmp_path)
    assert again.spent(START) == 1.0
    assert not again.charge(period), "charged before, whatever became of it"
    assert again.charge(period + 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "[[1, 2]]",
        '{"spent": [[1]]}',
        '{"spent": [[1, -5]]}',
        '{"spent": [[1, true]]}',
        '{"spent": [[1.5, 2]]}',
        '{"spent": [], "more": 1}',
        "[" * 100_000,
    ],
)
def test_a_file_that_makes_no_sense_counts_as_all_spent(tmp_path, text):
    (tmp_path / "epsilon.json").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        read_spending(text)
    book = account(tmp_path)
    assert book.spent(START) == 4.0
    for week in range(4):
        assert not book.charge(RULE.period(START) + 7 * week)
    assert book.charge(RULE.period(START) + 28), "after 28 days it is fresh again"


def test_a_file_that_is_gone_counts_as_spent_where_noise_was_used_before(tmp_path):
    assert account(tmp_path, was_used=True).spent(START) == 4.0
    (tmp_path / "epsilon.json").unlink()
    assert account(tmp_path, was_used=False).spent(START) == 0.0


def test_the_file_is_no_secret_of_others(tmp_path):
    account(tmp_path).charge(RULE.period(START))
    path = tmp_path / "epsilon.json"
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text()) == {"spent": [[RULE.period(START), MILLION]]}


CHARGES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cuelight.tell.spending import MILLION, NoiseRule, SpendingFile
rule = NoiseRule(50 * MILLION, 1, 4)
now = datetime(2026, 3, 2, tzinfo=UTC)
book = SpendingFile(Path(sys.argv[1]) / "epsilon.json", rule=rule, today=now, was_used=False)
for day in range(rule.period(now), rule.period(now) + 28):
    if book.charge(day):
        print(day, flush=True)  # from here on noise may be drawn
"""


def test_killed_at_any_moment_it_has_kept_every_charge_that_it_answered(tmp_path):
    answered = set()
    for lines in (1, 3, 6, 9):
        with subprocess.Popen(
            [sys.executable, "-c", CHARGES, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            for _ in range(lines):
                if line := process.stdout.readline():
                    answered.add(int(line))
            process.send_signal(signal.SIGKILL)
            answered |= {int(line) for line in process.stdout.read().split()}
        kept = read_spending((tmp_path / "epsilon.json").read_text())
        assert answered <= {entry.day for entry in kept}
        assert len(kept) == len({entry.day for entry in kept})
    assert len(answered) >= 19


def test_settings_make_the_rule():
    assert noise_rule(PrivacySettings()) is None
    rule = noise_rule(PrivacySettings(epsilon=2.0, noise_days=14, noise_cells=3))
    assert (rule.total, rule.cost, rule.sensitivity) == (2 * MILLION, MILLION, 5)
    assert NoiseRule(MILLION, 28, 1).cost == MILLION
    assert NoiseRule(MILLION, 1, 1).cost == 35_714, "rounded down, so 28 of them stay within it"
