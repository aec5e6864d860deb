"""An MQTT broker inside this process, for the demo: loopback only, MQTT 3.1.1, nothing kept."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from amqtt.broker import Broker

from cuelight.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Coroutine

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_CANCEL_SECONDS: Final = 1.0


class EmbeddedBroker:
    """amqtt's broker on a free loopback port, run by a thread of its own until closed.

    `limit_seconds` is how long starting and shutting down may take, each. Raises BrokerError when
    it does not start.
    """

    limit_seconds = 10.0

    def __init__(self) -> None:
        # amqtt tells every connection at INFO; the demo's screen belongs to the demo
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self.port = _free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="embedded-broker", daemon=True
        )
        self._thread.start()
        try:
            self._broker = self._call(self._start())
        except Exception as error:
            self._stop_loop()
            raise BrokerError(f"The embedded broker did not start: {error}.") from error

    def close(self) -> None:
        """Shut the broker down and end its thread; one that hangs is left behind."""
        try:
            self._call(self._broker.shutdown())
        except Exception as error:  # noqa: BLE001 - whatever amqtt raises, the demo is over
            _log.warning(
                "the embedded broker did not shut down: %s", str(error) or "it took too long"
            )
        self._stop_loop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _start(self) -> Broker:
        listener = {"type": "tcp", "bind": f"127.0.0.1:{self.port}", "max_connections": 20}
        plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        broker = Broker({"listeners": {"default": listener}, "plugins": plugins})
        await broker.start()
        return broker

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(self.limit_seconds)

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(self.limit_seconds)
        if self._thread.is_alive():
            return  # a loop that hangs cannot be closed; its thread dies with the process
        if tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=_CANCEL_SECONDS))
        self._loop.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
