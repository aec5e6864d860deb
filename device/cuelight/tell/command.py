"""Read a command from the broker, trusting nothing about it."""

from __future__ import annotations

import json
from typing import Final

from cuelight.errors import InputError

PAYLOAD_BYTES: Final = 512
"""No command needs more; a longer payload is not even parsed."""

_SEQ_MAX: Final = 2**53
"""Largest whole number that every JSON reader keeps exact."""


def resend_from(payload: bytes, *, retained: bool) -> int:
    """Return the sequence number of a `{"resend_from": 17}` command.

    Raises InputError, with a line fit for a log, for everything else: too long, not JSON, another
    command, not a whole number from 0 to 2^53, or retained (a command that the broker kept from
    before would run again at every reconnect).
    """
    if retained:
        raise InputError("command ignored: it is retained; publish commands without retain")
    if len(payload) > PAYLOAD_BYTES:
        raise InputError(f"command ignored: more than {PAYLOAD_BYTES} bytes; none needs so many")
    try:
        command = json.loads(payload)
    except (ValueError, RecursionError):
        raise InputError('command ignored: not JSON; wanted {"resend_from": 17}') from None
    match command:
        case {"resend_from": bool()}:
            pass
        case {"resend_from": int(seq), **rest} if not rest and 0 <= seq <= _SEQ_MAX:
            return seq
        case _:
            pass
    raise InputError('command ignored: not known here; wanted {"resend_from": 17}')
