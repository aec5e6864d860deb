"""The mirror's two questions: what it measures, and a look into it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi.responses import JSONResponse, Response

from cuelight.errors import CuelightError
from cuelight.practice.mirror.refusal import Refusal
from cuelight.practice.mirror.stream import FigureStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from cuelight.practice.mirror.mirror import Mirror

_NEVER_KEPT: Final = {"Cache-Control": "no-store"}


def add_mirror(web: FastAPI, mirror: Mirror | Refusal, *, stopping: Callable[[], bool]) -> None:
    """Answer `/mirror/guide` and `/mirror/look`, or refuse both on a unit.

    Both are POST, so that no link and no picture's address of another page opens a camera.
    """

    @web.post("/mirror/guide")
    async def guide() -> Response:
        if isinstance(mirror, Refusal):
            return JSONResponse({"refused": mirror.words}, headers=_NEVER_KEPT)
        try:
            found = await asyncio.to_thread(mirror.guide)
        except CuelightError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(found, headers=_NEVER_KEPT)

    @web.post("/mirror/look")
    async def look() -> Response:
        if isinstance(mirror, Refusal):
            return JSONResponse({"error": mirror.words}, 403)
        return FigureStream(mirror, stopping=stopping)
