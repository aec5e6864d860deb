"""Serve the managers' page: NiceGUI behind a log-in, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from typing import TYPE_CHECKING, Final, Self

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from nicegui import app as pages
from nicegui import ui

from cuelight.errors import CuelightError, InputError
from cuelight.view.board.ask import ask
from cuelight.view.board.customers import Choice
from cuelight.view.board.customers_page import CustomersPage
from cuelight.view.board.export import as_csv, as_parquet, rows_of
from cuelight.view.board.figures import Period, picture_of
from cuelight.view.board.fleet_page import fleet_page
from cuelight.view.board.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.view.board.login import Door
    from cuelight.view.board.parquet import Value
    from cuelight.view.board.source import Source

_log = logging.getLogger(__name__)

_TYPES: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class Dashboard:
    """One web server; `address` is known from construction on, `serve` returns once stopped.

    There is one a process, since NiceGUI keeps its pages for the whole process. Raises InputError
    when the host or port cannot be had.
    """

    def __init__(
        self, source: Source, door: Door, *, host: str, port: int, behind_tls: bool = False
    ) -> None:
        self._socket = _listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}/"
        web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        _add_pages(source)
        ui.run_with(
            web,
            title="cuelight",
            dark=None,
            language="en-US",
            tailwind=False,
            reconnect_timeout=30.0,  # a phone that was put away for a moment
            show_welcome_message=False,
            favicon=_ICON,
        )
        gate = Gate(web, door=door, now=time.monotonic, secure=behind_tls)
        self._server = uvicorn.Server(
            uvicorn.Config(gate, log_level="warning", lifespan="on", ws_max_size=2**20)
        )

    def serve(self) -> None:
        """Serve until `stop`, SIGTERM or Ctrl-C."""
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def stop(self) -> None:
        """Ask `serve` to end; safe from any thread."""
        self._server.should_exit = True

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach a host's address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _add_pages(source: Source) -> None:
    @ui.page("/")
    def fleet(request: Request) -> None:
        fleet_page(source, request)

    @ui.page("/customers")
    def customers(request: Request) -> None:
        CustomersPage(source, request)

    @pages.get("/export.csv")
    async def csv(request: Request) -> Response:
        return await _export(source, request, "csv", as_csv)

    @pages.get("/export.parquet")
    async def parquet(request: Request) -> Response:
        return await _export(source, request, "parquet", as_parquet)


async def _export(
    source: Source,
    request: Request,
    kind: str,
    write: Callable[[list[dict[str, Value]]], bytes],
) -> Response:
    choice = Choice.from_query(request.query_params)
    try:
        if choice.site and choice.site not in await ask(source.history.sites):
            raise InputError(f"site {choice.site!r} is not known; take one that the page offers.")
        period = Period.up_to(source.now(), choice.days)
        picture = await ask(picture_of, source.history, period, sites=choice.sites)
        content = await ask(write, rows_of(picture))
    except CuelightError as error:
        return PlainTextResponse(f"{error}\n", status_code=400)
    name = f"cuelight-{choice.site or 'all-sites'}-{choice.days}-days.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=_TYPES[kind], headers=headers)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # whoever comes before the server is up waits
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        raise InputError(
            f"cannot listen on {host} port {port}: {error}. Name another with --host and --port."
        ) from error
    return listener


_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<circle cx="8" cy="8" r="6" fill="#c0702f"/></svg>'
)
