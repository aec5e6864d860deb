"""The demo's broker: a shutdown that fails or hangs is one line, not a traceback."""

from __future__ import annotations

import asyncio
import logging

import pytest

from cuelight.embedded_broker import EmbeddedBroker


async def hang():
    await asyncio.Event().wait()


async def fail():
    raise RuntimeError("no such transition")


@pytest.mark.parametrize(
    ("shutdown", "words"), [(hang, "it took too long"), (fail, "no such transition")]
)
def test_a_shutdown_that_goes_wrong_is_said_and_survived(shutdown, words, caplog):
    broker = EmbeddedBroker()
    amqtt = broker._broker  # noqa: SLF001 - there is no other way to a broker that hangs
    real, amqtt.shutdown = amqtt.shutdown, shutdown
    broker._call(real())  # noqa: SLF001 - its port is given back all the same
    broker.limit_seconds = 0.1  # it had its ten seconds to start
    caplog.set_level(logging.WARNING)
    broker.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"the embedded broker did not shut down: {words}"
    ]
