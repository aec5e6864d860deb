"""Put trials, answers and figures into the plain data that the page shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from cuelight.practice.guide import BY_NAME, MOVES, move_of
from cuelight.practice.plot import brevity_plot, hits_plot, sensitivity_plot
from cuelight.practice.progress import due, kept, sitting_of, sittings_of
from cuelight.practice.score import NOTHING, Matrix
from cuelight.practice.staircase import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.practice.guide import Family
    from cuelight.practice.logbook import Answer
    from cuelight.practice.progress import Sitting
    from cuelight.practice.session import Session, Told, Trial

Data = dict[str, Any]

_MATRIX_ANSWERS: Final = 210
"""The latest answers that the table of mix-ups counts: about ten lessons."""


def trial_page(trial: Trial) -> Data:
    """Give what the page needs to show a flash; what it will be is not said in words."""
    return {
        "number": trial.number,
        "of": trial.of,
        "player": trial.player,
        "file": trial.strip.file,
        "ms": trial.level.ms,
        "apex": trial.level.steps,
        "wait_ms": trial.wait_ms,
    }


def result_page(told: Told) -> Data:
    """Give the answer with what a learner is told of it."""
    assert told.answer is not None
    answer = told.answer
    sign = BY_NAME[answer.shown]
    return {
        "right": answer.is_right,
        "said": "no movement" if answer.said == NOTHING else BY_NAME[answer.said].title,
        "move_right": told.is_move_right,
        "move": next(one.words for one in MOVES if one.name == move_of(answer.shown)),
        "sign": asdict(sign),
        "file": told.trial.strip.file,
        "apex": STEPS,
        "marks": [asdict(mark) for mark in told.trial.strip.marks],
        "measured_ms": answer.measured_ms,
    }


def sum_page(session: Session, player: str) -> Data:
    """Give one player's figures of a session that is over."""
    answers = session.answers(player)
    return {"player": player} | _figures(
        sitting_of(answers, session.plan.family), answers, session.plan.family
    )


def _figures(sitting: Sitting, answers: Sequence[Answer], family: Family) -> Data:
    matrix = Matrix(family, [(one.shown, one.said) for one in answers])
    return {
        "kind": sitting.kind,
        "answers": sitting.answers,
        "hit_rate": sitting.hit_rate,
        "sensitivity": sitting.sensitivity,
        "move_rate": sitting.move_rate,
        "threshold_ms": sitting.threshold_ms,
        "matrix": _matrix(matrix),
        "mixed_up": [asdict(one) for one in matrix.mixed_up()],
    }


def _matrix(matrix: Matrix) -> Data:
    rows = []
    for name in matrix.names:
        score = matrix.of(name)
        rows.append(
            {
                "name": name,
                "title": BY_NAME[name].title,
                "counts": matrix.row(name),
                "sensitivity": score.sensitivity if score.shown and score.others else None,
            }
        )
    return {"titles": [*(BY_NAME[name].title for name in matrix.names), "Nothing"], "rows": rows}


def way_page(answers: Sequence[Answer], player: str, family: Family, *, now: float) -> Data | None:
    """Give one player's way in one family; None where there is none yet."""
    sittings = sittings_of(answers, player, family)
    if not sittings:
        return None
    mine = [one for one in answers if one.player == player and one.family == family]
    pair = kept(sittings)
    whole = [one for one in sittings if one.is_whole]
    return {
        "family": family,
        "sittings": [asdict(one) for one in sittings],
        "due": due(sittings, now=now),
        "kept": None if pair is None else [one.hit_rate for one in pair],
        "plots": _plots(whole) if whole else None,
        **_figures(sittings[-1], mine[-_MATRIX_ANSWERS:], family),
    }


def _plots(sittings: Sequence[Sitting]) -> Data:
    has_brevity = any(one.threshold_ms is not None for one in sittings)
    return {
        "hits": hits_plot(sittings),
        "sensitivity": sensitivity_plot(sittings),
        "brevity": brevity_plot(sittings) if has_brevity else "",
    }
