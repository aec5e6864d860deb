"""Ask the history on a thread, so that no page waits for another's question."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from nicegui import run

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


async def ask(question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Ask something that may take a while."""
    answer = await run.io_bound(question, *args, **kwargs)
    if answer is None:  # the server is going down
        raise asyncio.CancelledError
    return answer
