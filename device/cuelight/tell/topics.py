"""Name the MQTT topics of one box (DESIGN section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cuelight.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below `cuelight/<site>/<device>/`, and Home Assistant's for this box.

    Raises SettingsError for a name that would be more than one level of a topic, or a wildcard.
    """

    site: str
    device: str

    def __post_init__(self) -> None:
        for key, name in (("site.name", self.site), ("site.device", self.device)):
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
                raise SettingsError(
                    f"{key} is {name!r}; it is part of an MQTT topic and wants 1 to 64 letters, "
                    "digits, - and _. Edit device.toml."
                )

    @property
    def availability(self) -> str:
        """State of the box, retained; last will `offline`."""
        return self._below("availability")

    @property
    def health(self) -> str:
        """Technical state, retained, every 30 s."""
        return self._below("health")

    @property
    def counts(self) -> str:
        """Released windows, QoS 1."""
        return self._below("counts")

    @property
    def privacy(self) -> str:
        """The privacy statement, retained."""
        return self._below("privacy")

    @property
    def set(self) -> str:
        """Commands to the box."""
        return self._below("set")

    @property
    def echo(self) -> str:
        """What `doctor` sends to itself; the box may write and read it."""
        return self._below("echo")

    @property
    def discovery(self) -> str:
        """What announces this box to Home Assistant, retained; cleared by `cuelight retire`."""
        return f"homeassistant/device/cuelight-{self.site}-{self.device}/config"

    def _below(self, name: str) -> str:
        return f"cuelight/{self.site}/{self.device}/{name}"
