"""One look into the mirror: a thread that has the camera from its opening to its closing."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.errors import CuelightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.practice.mirror.eye import Eye, Glance
    from cuelight.sense.camera import Camera

_log = logging.getLogger(__name__)

_WAIT_SECONDS: Final = 12.0
"""A webcam's driver that hangs is given up after 3 s without a frame and 5 s of closing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many seconds of frames the camera closes by itself: in all, and with no face."""

    whole_seconds: float = 300.0
    alone_seconds: float = 30.0


class Look:
    """Opens the camera at once, tells every frame's glance, and closes the camera at the end.

    `tell` is called from the look's own thread: with glances, then once with the words that say why
    the look is over. When that comes, the camera is closed, or the words say that it is not.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        eye: Eye,
        *,
        limits: Limits,
        tell: Callable[[Glance | str], object],
    ) -> None:
        self._open_camera = open_camera
        self._eye = eye
        self._limits = limits
        self._tell = tell
        self._stopping = threading.Event()
        # a daemon: a driver that hangs in its own code must not keep the program from ending
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; the camera closes after the frame that is under way."""
        self._stopping.set()

    def wait(self, seconds: float = _WAIT_SECONDS) -> bool:
        """Wait until it is over; False when the camera did not close in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            words = self._watch()
        except EOFError:
            words = "The clip is over."
        except CuelightError as error:  # what is wrong with the camera, in words for the page
            words = str(error)
        except Exception:  # noqa: BLE001 - whatever it is, the page must not go on waiting
            _log.exception("the mirror failed")
            words = "The mirror failed; its terminal says why."
        finally:
            self._eye.reset()
        self._tell(words)

    def _watch(self) -> str:
        """Look until something ends it, and say what; the camera is closed by then."""
        camera = self._open_camera()
        try:
            began = last_seen = None
            while not self._stopping.is_set():
                frame = camera.read()
                now = frame.timestamp
                began = now if began is None else began
                glance = self._eye.look(frame)
                del frame  # the picture is gone before anything is told
                last_seen = now if glance.faces or last_seen is None else last_seen
                if now - began >= self._limits.whole_seconds:
                    minutes = self._limits.whole_seconds / 60.0
                    return f"It closes by itself after {minutes:g} minutes. Press again to go on."
                if now - last_seen >= self._limits.alone_seconds:
                    return f"No face was seen for {self._limits.alone_seconds:g} seconds."
                self._tell(glance)
        finally:
            camera.close()
        return "It was closed, or opened on another page."
