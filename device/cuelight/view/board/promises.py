"""Say in words what a device's privacy statement promises, and what of it wants a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def promises(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what a statement says, a few words each; what it does not say is left out."""
    return tuple(_promises(said))


def doubts(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what in a statement wants a look, in sentences; empty where all is well or unsaid."""
    return tuple(_doubts(said))


_WORDS: Final = (
    ("zone_set", True, "zone drawn"),
    ("zone_set", False, "zone is the whole picture"),
    ("lab_mode", False, "no lab mode"),
    ("off_switch", True, "a switch for the customer"),
    ("pause_from_afar", True, "an operator may pause it"),
    ("sensing_apart", True, "sensing apart from the network"),
)
"""What a field says in words where it has just this value."""


def _promises(said: Mapping[str, Any]) -> Iterator[str]:
    if "k" in said and "floor" in said:
        yield f"k {said['k']}, floor {said['floor']}"
    yield from (words for key, value, words in _WORDS if said.get(key) is value)
    yield from _locks(said.get("sandbox"))
    yield from _noise(said)
    if "contact" in said:
        yield f"customers ask {said['contact']}"
    if "field_precision" in said:
        yield f"field precision {said['field_precision']}"
    match said.get("models"):
        case dict(models):
            yield from (f"{name} {str(sha256)[:12]}" for name, sha256 in models.items())


def _locks(sandbox: object) -> Iterator[str]:
    match sandbox:
        case dict(locks) if locks:
            missing = [name.replace("_", " ") for name, is_so in locks.items() if is_so is not True]
            yield f"not locked in: {', '.join(missing)}" if missing else "locked in"


def _noise(said: Mapping[str, Any]) -> Iterator[str]:
    epsilon, spent = _number(said.get("epsilon")), _number(said.get("epsilon_spent"))
    if epsilon:
        yield f"noise: epsilon {epsilon} in 28 days{f', {spent} of it spent' if spent else ''}"
    elif "k" in said and said.get("epsilon") is None:
        yield "no noise"


def _number(value: object) -> str:
    """Write a number; empty for what is none, or larger than any that makes sense."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        return ""
    return f"{value:g}"


def _doubts(said: Mapping[str, Any]) -> Iterator[str]:
    if said.get("lab_mode") is True:
        yield "It says that a lab mode is on: no customer may sit there."
    if said.get("zone_confirmed") is False:
        yield "It was moved, and nobody confirmed its zone yet."
