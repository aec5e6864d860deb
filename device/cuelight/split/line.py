"""The line beside the queue: lamp, presses, pause, health and what the budgets must remember.

One message is one packet, a list in JSON: a word and what belongs to it. Whatever is not exactly
one of the messages below, written exactly as it would be written here, is refused. What goes up
(from sensing) is small, without free text but for a fault's one line, and comes seldom (`trickle`).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from cuelight.records import Status
from cuelight.split.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

UP_MAX: Final = 16_384
"""Bytes of the longest message from sensing: the words of a model, before any picture."""

FAULT_MAX: Final = 400
"""Characters of a fault, in one line."""

_LEAVES_MAX: Final = 700
_DEPTH_MAX: Final = 4
_WORD: Final = re.compile(r"[A-Za-z0-9_ .+-]{0,40}")
_LINE: Final = re.compile(r"[ -~\u00a1-\uffff]*")
_STATES: Final = ("online", "paused", "covered", "stopped")


@dataclass(frozen=True, slots=True)
class Hello:
    """Sensing is put together, and locked in as `apart` says; nothing was seen yet."""

    model_sha256: str
    models: Mapping[str, str]
    cells: tuple[str, ...]
    apart: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Failed:
    """Sensing cannot be put together; nothing was seen. `kind` names one of the errors."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """`light` or `dark`, for the camera lamp: answered by its number."""

    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Something small for the disk: `alerts` or `seats`; kept before what comes next."""

    what: str
    kept: Any


@dataclass(frozen=True, slots=True)
class Beat:
    """The loop got on, or (`last`) has ended."""

    last: bool = False


Up = Hello | Failed | Ask | Keep | Beat | Status


def write_up(message: Up) -> bytes:
    """Write what goes to the telling half."""
    match message:
        case Hello():
            told: list[Any] = ["hello", message.model_sha256, dict(message.models)]
            told += [list(message.cells), dict(message.apart)]
        case Failed():
            told = ["failed", message.kind, one_line(message.text)]
        case Ask():
            told = ["ask", message.what, message.number]
        case Keep():
            told = ["keep", message.what, message.kept]
        case Beat():
            told = ["beat", message.last]
        case Status():
            told = ["status", *asdict(message).values()]
            told[2] = one_line(message.fault)
    return _dumped(told)


def read_up(packet: bytes) -> Up:
    """Read what came from sensing; WireError for anything that `write_up` would not write."""
    if len(packet) > UP_MAX:
        raise WireError(f"a message of {len(packet)} bytes; at most {UP_MAX} are wanted")
    try:
        told = json.loads(packet)
    except (ValueError, RecursionError) as error:
        raise WireError("a message that is no JSON") from error
    message = _message(told)
    if message is None or write_up(message) != packet:
        raise WireError("a message of no known kind, or not as it would be written")
    return message


def _message(told: object) -> Up | None:  # noqa: PLR0911 - one for each kind
    match told:
        case ["hello", str(sha256), dict(models), list(cells), dict(apart)] if (
            is_small([sha256[:40], sha256[40:], cells, list(apart.values())])
            and all(isinstance(one, str) and len(one) <= 64 for one in models.values())
            and is_small([list(models), list(apart)])
        ):
            return Hello(sha256, models, tuple(cells), apart)
        case ["failed", str(kind), str(text)]:
            return Failed(kind, text)
        case ["ask", "light" | "dark" as what, int(number)] if 0 <= number < 2**31:
            return Ask(what, number)
        case ["keep", "alerts" | "seats" as what, kept] if is_small(kept):
            return Keep(what, kept)
        case ["beat", bool(last)]:
            return Beat(last)
        case ["status", *values] if len(values) == len(fields(Status)):
            return _status(values)
        case _:
            return None


def _status(values: list[Any]) -> Status | None:
    state, fault, *figures = values
    if state not in _STATES or not isinstance(fault, str):
        return None
    if not all(isinstance(one, bool) or _is_figure(one) for one in figures):
        return None
    return Status(state, fault, *figures)


def _is_figure(value: object) -> bool:
    """Say whether it is a number as health tells it: whole, or close to it, and not large."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return 0 <= value < 2**40 and round(value, 3) == value


def is_small(kept: object) -> bool:
    """Say whether something is a few words and numbers, no deeper and no more than budgets need."""
    return _leaves(kept, 0) <= _LEAVES_MAX


def _leaves(kept: object, depth: int) -> int:
    if isinstance(kept, list | dict) and depth < _DEPTH_MAX:
        inner: list[object] = [*kept, *kept.values()] if isinstance(kept, dict) else kept
        return 1 + sum(_leaves(one, depth + 1) for one in inner)
    match kept:
        case None | bool():
            good = True
        case str():
            good = _WORD.fullmatch(kept) is not None
        case int() | float():
            good = math.isfinite(kept) and abs(kept) < 2**53
        case _:
            good = False
    return 1 if good else _LEAVES_MAX + 1


def one_line(text: str) -> str:
    """Make a fault one short line of printable characters."""
    flat = " ".join(text.split())[:FAULT_MAX]
    return "".join(letter if _LINE.fullmatch(letter) else "?" for letter in flat)


@dataclass(frozen=True, slots=True)
class SetUp:
    """The settings that sensing needs, and how much it may log."""

    settings: dict[str, Any]
    log_level: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Sensing may begin, with what the disk kept."""

    paused: Any
    alerts: list[Any] | None
    seats: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an `Ask`: done, or (`fault`) why not."""

    number: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button, or what counts as one."""

    name: str
    timestamp: float


@dataclass(frozen=True, slots=True)
class LampOut:
    """The camera lamp went out by itself."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Close the camera and end."""


Down = SetUp | Begin | Answer | Press | LampOut | Stop
_DOWN: Final = {
    "set_up": SetUp,
    "begin": Begin,
    "answer": Answer,
    "press": Press,
    "lamp_out": LampOut,
    "stop": Stop,
}


def write_down(message: Down) -> bytes:
    """Write what goes to the sensing half."""
    word = next(word for word, kind in _DOWN.items() if isinstance(message, kind))
    return _dumped([word, asdict(message)])


def read_down(packet: bytes) -> Down:
    """Read what the telling half said."""
    word, told = json.loads(packet)
    message: Down = _DOWN[word](**told)
    return message


def _dumped(told: list[Any]) -> bytes:
    return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()
