from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.cli import main
from cuelight.examine.kept import examine_store, judged_hints
from cuelight.field_precision import TAPS_NEEDED, field_precision, in_words
from cuelight.read.judged import JudgedBudget
from cuelight.tell.ledger import LedgerFile


@given(st.integers(0, 49), st.integers(0, 49))
def test_it_is_unknown_until_fifty_were_judged(useful, not_useful):
    found = field_precision(useful, not_useful)
    assert (found is None) == (useful + not_useful < TAPS_NEEDED)
    assert ("unknown" in in_words(found)) == (found is None)


def test_a_known_interval():
    # 30 of 50: Wilson's interval without correction is 0.4618 to 0.7239 (R: binom::binom.wilson)
    found = field_precision(30, 20)
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (0.6, 0.462, 0.724)
    assert in_words(found).startswith("60 % (46 to 72 %) of 50 hints")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_share_lies_in_its_interval_and_more_taps_narrow_it(useful, not_useful):
    found = field_precision(useful, not_useful)
    if found is None:
        return
    assert 0.0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1.0
    wide = [field_precision(useful * n, not_useful * n) for n in (1, 4, 16)]
    assert all(a.high - a.low > b.high - b.low for a, b in pairwise(wide))


def tapped(folder, useful, not_useful):
    """Keep a box's sums of taps where the service keeps them."""
    budget = JudgedBudget({})
    budget.useful, budget.not_useful = useful, not_useful
    LedgerFile(folder / "alerts.json").write(budget.snapshot())


@pytest.mark.parametrize(
    ("useful", "not_useful", "words"),
    [(0, 0, "unknown: fewer than 50"), (29, 20, "unknown"), (30, 20, "60 % (46 to 72 %) of 50")],
)
def test_the_box_says_it_to_whoever_asks_on_it(tmp_path, capsys, useful, not_useful, words):
    store = tmp_path / "store"
    tapped(store, useful, not_useful)
    assert judged_hints(store) == (useful, not_useful)
    assert examine_store(store).verdict == "good"
    config = tmp_path / "device.toml"
    config.write_text(f'[store]\nfolder = "{store}"\n')
    assert main(["privacy", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [one for one in lines if one.startswith("field precision")]
    assert words in line
    assert main(["privacy", "--config", str(config), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["field_precision"] == "unknown") == (useful + not_useful < 50)
    # what is published says the same before and after, and stays true
    assert answer["statement"]["field_precision"] == "unknown"
    assert f"from {TAPS_NEEDED} judged hints on" in answer["statement"]["field_precision_why"]


@pytest.mark.parametrize("taps", ['{"useful": "anna"}', "3", '{"useful": 1, "by": "anna"}'])
def test_more_than_sums_of_taps_is_found_by_the_proof(tmp_path, taps):
    tapped(tmp_path, 3, 4)
    path = tmp_path / "alerts.json"
    kept = json.loads(path.read_text())
    kept["kept"]["taps"] = json.loads(taps)
    path.write_text(json.dumps(kept))
    assert judged_hints(tmp_path) == (0, 0)
    found = examine_store(tmp_path)
    assert found.verdict == "failed"
    assert "no alert budget" in found.text
