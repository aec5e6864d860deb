"""Why the camera stays closed: a hand, a switch, the broker, or the hours."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

from cuelight.records import PauseState

CHANGES: Final = {
    "pause_ordered": {"ordered": True},
    "resume_ordered": {"ordered": False},
    "switch_off": {"off": True},
    "switch_on": {"off": False},
    "hours_over": {"closed": True},
    "hours_begun": {"closed": False},
}
"""What each press but the button's own does. None takes back what another one began."""

_NAMES: Final = frozenset(entry.name for entry in fields(PauseState))


def after(state: PauseState, press: str) -> PauseState:
    """Give the state after a press of that name; any other name changes nothing.

    The local hand wins. `pause`, the button held, pauses; where the button or the broker has
    paused, it ends both. The broker's resume ends nothing but the broker's pause. The switch and
    the hours are ended by themselves alone.
    """
    if press == "pause":
        if state.pressed or state.ordered:
            return replace(state, pressed=False, ordered=False)
        return replace(state, pressed=True)
    return replace(state, **CHANGES.get(press, {}))


def is_paused(state: PauseState) -> bool:
    """Say whether any reason holds, so that the camera must be closed."""
    return state.pressed or state.ordered or state.off or state.closed


def is_by_hand(state: PauseState) -> bool:
    """Say whether somebody keeps the camera closed that the hours would let open."""
    return (state.pressed or state.ordered or state.off) and not state.closed


def reasons(state: PauseState) -> str:
    """Say in words why the camera is closed; empty where it may be open."""
    found = [
        words
        for held, words in (
            (state.pressed, "by its button"),
            (state.ordered, "by the broker"),
            (state.off, "by its switch"),
            (state.closed, "outside opening hours"),
        )
        if held
    ]
    return ", ".join(found)


def held_over(state: PauseState) -> dict[str, bool]:
    """Give what a restart must not end; switch and hours are looked at before the camera opens."""
    return {"pressed": state.pressed, "ordered": state.ordered}


def read_pause(kept: object) -> PauseState:
    """Read what was kept of a pause, or told of it by the other half: `asdict` of a state.

    Version 0.1 kept true or false, for its button alone. What makes no sense is a pause by the
    button, which a hand can end.
    """
    match kept:
        case None | False:
            return PauseState()
        case dict() if kept and set(kept) <= _NAMES and all(type(v) is bool for v in kept.values()):
            return PauseState(**kept)
        case _:
            return PauseState(pressed=True)
