"""Play a clip at the pace of life, as a camera would give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cuelight.sense.clip import open_clip
from cuelight.sense.records import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path


class PacedClip:
    """A clip that behaves like a camera: `read` waits for the newest frame and skips older ones.

    The clip is played `loops` times over; its timestamps go on over the joins, on the clock that
    `now` reads (seconds). `wait` sleeps for so many seconds. `read` raises EOFError after the last
    frame. `skipped` counts the frames that came and went unread.
    """

    def __init__(
        self,
        path: Path,
        *,
        loops: int,
        now: Callable[[], float],
        wait: Callable[[float], object],
    ) -> None:
        self._now = now
        self._wait = wait
        self._frames = _looped(path, loops)
        self._next: Frame | None = next(self._frames, None)
        self._start = now()
        self.skipped = 0

    def read(self) -> Frame:
        """Return the newest frame that is due, waiting for the first one that is not yet due."""
        frame = self._next
        if frame is None:
            raise EOFError
        self._next = next(self._frames, None)
        while self._next is not None and self._start + self._next.timestamp <= self._now():
            frame, self._next = self._next, next(self._frames, None)
            self.skipped += 1
        due = self._start + frame.timestamp
        early = due - self._now()
        if early > 0:
            self._wait(early)
        return Frame(image=frame.image, timestamp=due)

    def close(self) -> None:
        """Stop playing."""
        self._frames.close()
        self._next = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _looped(path: Path, loops: int) -> Generator[Frame]:
    """Give the clip's frames `loops` times over, timestamps rising throughout."""
    start = 0.0
    for _ in range(loops):
        last = interval = 0.0
        with open_clip(path) as clip:
            for frame in clip:
                interval = frame.timestamp - last or interval
                last = frame.timestamp
                yield Frame(image=frame.image, timestamp=start + frame.timestamp)
        start += last + interval
