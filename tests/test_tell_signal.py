from __future__ import annotations

import itertools

import pytest

from cuelight.errors import InputError
from cuelight.tell.signal import RHYTHMS, rhythm


def flat(pulses):
    return tuple(itertools.chain.from_iterable(pulses))


def test_the_three_signals_are_those_of_the_design():
    assert set(RHYTHMS) == {"go", "ease", "reassure"}
    assert flat(rhythm("go").pulses) == pytest.approx((0.0, 0.8, 2.3, 3.1))
    once = ((0.0, 0.2), (0.45, 0.65))
    again = tuple((a + 0.65 + 1.5, b + 0.65 + 1.5) for a, b in once)
    assert flat(rhythm("ease").pulses) == pytest.approx(flat(once + again))
    once = ((0.0, 0.12), (0.24, 0.36), (0.48, 0.6))
    again = tuple((a + 0.6 + 1.5, b + 0.6 + 1.5) for a, b in once)
    assert flat(rhythm("reassure").pulses) == pytest.approx(flat(once + again))


def test_go_swells_and_the_others_are_plain_on_and_off():
    levels = [level for _, level in rhythm("go").steps]
    first = levels[: len(levels) // 2]
    assert first == pytest.approx(first[::-1]), "a swell fades as it rose"
    assert first[0] < 0.01
    assert max(first) > 0.99
    assert all(abs(a - b) < 0.09 for a, b in itertools.pairwise(first)), "no visible step"
    for name in ("ease", "reassure"):
        assert {level for _, level in rhythm(name).steps} == {0.0, 1.0}


def test_rhythm_alone_tells_signals_apart():
    # What counts is what a rep sees without colour: number and length of pulses.
    for first, second in itertools.combinations(RHYTHMS.values(), 2):
        assert len(first.pulses) != len(second.pulses)
        lengths = [pulses[0][1] - pulses[0][0] for pulses in (first.pulses, second.pulses)]
        assert max(lengths) / min(lengths) > 1.5
        assert first.colour != second.colour


@pytest.mark.parametrize("name", RHYTHMS)
def test_levels_and_durations_are_sane(name):
    shown = rhythm(name)
    assert all(seconds > 0 and 0 <= level <= 1 for seconds, level in shown.steps)
    assert shown.pulses[-1][1] == pytest.approx(shown.duration_seconds)
    assert max(shown.colour) == 1.0
    assert min(shown.colour) >= 0.0


def test_an_unknown_signal_is_named_with_what_was_wanted():
    with pytest.raises(InputError, match="'stop'; wanted one of go, ease, reassure"):
        rhythm("stop")
