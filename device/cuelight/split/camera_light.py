"""Keep the camera lamp lit for a camera that another process holds open."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cuelight.errors import LampError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cuelight.telling import Telling

_log = logging.getLogger(__name__)


class CameraLight:
    """The camera lamp as the telling half switches it for the sensing process."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._lit: AbstractContextManager[object] | None = None
        self._said = False

    def go_bright(self) -> str:
        """Light the lamp, before the camera is opened; says what is wrong if it cannot be lit."""
        if self._lit is not None:
            return ""
        lit = self._telling.camera_lit()
        try:
            lit.__enter__()
        except LampError as error:
            return str(error)
        self._lit, self._said = lit, False
        return ""

    def go_dark(self) -> None:
        """Put the lamp out; the camera is closed, or its process is gone."""
        lit, self._lit = self._lit, None
        if lit is None:
            return
        try:
            lit.__exit__(None, None, None)
        except LampError as error:
            _log.error("%s", error)

    def went_out(self) -> bool:
        """Say, once for each lighting, that the lamp reads dark although it was lit."""
        out = self._lit is not None and not self._telling.camera_lamp_is_lit and not self._said
        self._said = self._said or out
        return out
