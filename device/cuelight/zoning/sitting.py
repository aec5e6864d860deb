"""Hold one sitting of an installer with the zone: look, show outlines, take keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.sensing import Seen
from cuelight.zoning.draft import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.records import Status
    from cuelight.sense.records import Frame
    from cuelight.sense.sight import Lookout
    from cuelight.sensing import Event
    from cuelight.zoning.draft import Draft
    from cuelight.zoning.terminal import Terminal

LOOK_SECONDS: Final = 0.2
"""Between two looks; five a second follow a person who leans about."""

_DRAW_SECONDS: Final = 0.2
_HERE: Final = frozenset({"read", "border", "overlap"})


class Sitting:
    """Eyes for the loop that only look for faces, and the installer's screen and keys.

    It takes the place of `Sensing` in a loop that hears no price presses: no crop is cut, no
    expression read, no visit counted. What it keeps of a frame are the faces' boxes. `tick` draws
    and takes keys; `is_over` says that the installer is done, the `seconds` are over or the camera
    failed (`fault` says how); `saved` says that the draft is to be written.
    """

    def __init__(
        self, draft: Draft, *, seconds: float | None, now: Callable[[], float] = boot_seconds
    ) -> None:
        self._draft = draft
        self._now = now
        self._lookout: Lookout | None = None
        self._terminal: Terminal | None = None
        self._start = self._drawn = self._looked = now()
        self._state = "opening the camera"
        self._occupied = False
        self.seconds = seconds
        self.fault = ""
        self.saved = self.is_over = False

    def open(self, lookout: Lookout, terminal: Terminal | None) -> None:
        """Take what it looks with, and the terminal if there is one; the time begins here."""
        self._lookout, self._terminal = lookout, terminal
        self._start = self._now()

    def update(self, frame: Frame) -> Seen:
        """Look at a frame, if the last look was long enough ago."""
        if self._lookout is not None and not 0.0 <= frame.timestamp - self._looked < LOOK_SECONDS:
            self._looked = frame.timestamp
            sights = self._lookout.look(frame, self._draft.zone)
            self._draft.see(sights)
            self._occupied = any(sight.verdict in _HERE for sight in sights)
        return Seen(frame.timestamp, (), (), self._occupied)

    def report(self, status: Status) -> None:
        """Take how the camera is doing; a fault ends the sitting, since nobody can mend it here."""
        self._state = status.state
        if status.fault:
            self.fault, self.is_over = status.fault, True

    def tick(self) -> None:
        """Take the keys pressed, and draw if it is time to."""
        now = self._now()
        if self.seconds is not None and now - self._start >= self.seconds:
            self.is_over = True
        if self._terminal is None:
            return
        keys = self._terminal.keys()
        for key in keys:
            self._press(key)
        if keys or now - self._drawn >= _DRAW_SECONDS:
            self._drawn = now
            self._draw(self._terminal)

    def warm_up(self) -> None:
        """Do nothing: the first look may be slow."""

    def flush(self, _timestamp: float) -> tuple[Event, ...]:
        """Give nothing: nothing was read."""
        return ()

    def reset(self) -> None:
        """Do nothing: nobody is followed."""

    def forget(self) -> None:
        """Do nothing: nobody is known."""

    def _press(self, key: str) -> None:
        if key == "q":
            self.is_over = True
        elif key == "s":
            self._draft.said = self._draft.problem
            self.saved = self.is_over = not self._draft.problem
        else:
            self._draft.press(key)

    def _draw(self, terminal: Terminal) -> None:
        columns, rows = terminal.size
        high = max(6, rows - 14)
        wide = max(12, min(columns - 2, round(high * 2.6)))
        camera = "" if self._state == "online" else f"   camera: {self._state}"
        lines = [
            f"cuelight zone: outlines only, nothing is read{camera}",
            *self._draft.lines(columns=wide, rows=high),
            self._draft.said,
            *KEYS,
        ]
        terminal.draw(lines)
