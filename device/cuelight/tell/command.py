"""Read a command from the broker, trusting nothing about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cuelight.errors import InputError

PAYLOAD_BYTES: Final = 512
"""No command needs more; a longer payload is not even parsed."""

_SEQ_MAX: Final = 2**53
"""Largest whole number that every JSON reader keeps exact."""

_TIME_LETTERS: Final = 40
"""As long as a time with microseconds and its zone may be, and then some."""

_WANTED: Final = '{"resend_from": 17} or {"pause": true, "at": "2026-11-23T14:00:00Z"}'


@dataclass(frozen=True, slots=True)
class Resend:
    """Send windows again, from this sequence number on."""

    seq: int


@dataclass(frozen=True, slots=True)
class PauseOrder:
    """Pause the box, or end such a pause; `at` (UTC) is when somebody wanted it."""

    pause: bool
    at: datetime


def read_command(payload: bytes, *, retained: bool) -> Resend | PauseOrder:
    """Return what a command on the topic `set` asks for.

    Raises InputError, with a line fit for a log, for everything else: too long, not JSON, another
    command, a number that is none from 0 to 2^53, a time without its zone, or retained (a command
    that the broker kept from before would run again at every reconnect).
    """
    if retained:
        raise InputError("command ignored: it is retained; publish commands without retain")
    if len(payload) > PAYLOAD_BYTES:
        raise InputError(f"command ignored: more than {PAYLOAD_BYTES} bytes; none needs so many")
    try:
        command = json.loads(payload)
    except (ValueError, RecursionError):
        raise InputError(f"command ignored: not JSON; wanted {_WANTED}") from None
    match command:
        case {"resend_from": bool()}:
            pass
        case {"resend_from": int(seq), **rest} if not rest and 0 <= seq <= _SEQ_MAX:
            return Resend(seq)
        case {"pause": bool(pause), "at": str(at), **rest} if not rest:
            return PauseOrder(pause, _time(at))
        case {"pause": bool(), **rest} if not rest:
            raise InputError(f'command ignored: "at", the time of the order, is missing: {_WANTED}')
        case _:
            pass
    raise InputError(f"command ignored: not known here; wanted {_WANTED}")


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text[:_TIME_LETTERS])
        if moment.tzinfo is None:
            raise ValueError  # noqa: TRY301 - one message for whatever is wrong
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            'command ignored: "at" is no time with its zone; wanted as 2026-11-23T14:00:00Z'
        ) from None
