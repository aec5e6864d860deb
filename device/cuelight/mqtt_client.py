"""A paho client that holds no socket once its network thread has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paho.mqtt.client import Client

if TYPE_CHECKING:
    from paho.mqtt.enums import MQTTErrorCode


class MqttClient(Client):
    """As paho's own, but what wakes its thread is closed with the thread, not by the collector."""

    def loop_stop(self) -> MQTTErrorCode:
        """Wait for the network thread to end, then close the pair of sockets that woke it."""
        stopped = super().loop_stop()
        self._reset_sockets(sockpair_only=True)
        return stopped
