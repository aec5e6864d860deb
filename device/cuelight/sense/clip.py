"""Play a video file or a folder of images as the same frames that a camera gives."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from cuelight.errors import InputError
from cuelight.sense.picture import PICTURE_ENDINGS, opencv, read_image
from cuelight.sense.records import Frame

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from cuelight.sense.records import Luma

_log = logging.getLogger(__name__)

FOLDER_FPS: Final = 30.0
"""Frames a second of a folder of images, which carries no times of its own."""

# A container's frame count is an estimate (edit lists hide frames): a few less are no damage.
_MISSING_SHARE, _MISSING_FRAMES = 0.05, 5


def open_clip(path: Path, *, step: int = 1) -> Clip:
    """Open a video file or a folder of images; `step` = 2 gives every second frame.

    Raises InputError when there is nothing at `path`, or no picture can be read from it.
    """
    if step < 1:
        raise InputError(f"step is {step}; 1 (every frame) or more is wanted.")
    if not path.exists():
        raise InputError(f"No clip at {path}. Check the name; scripts/fetch fetches the samples.")
    source: _Source = _Folder(path) if path.is_dir() else _Video(path)
    return Clip(source, step=step)


class Clip:
    """Frames with timestamps in seconds from the clip's start; every iteration starts there.

    Times are the container's presentation times, so a variable frame rate stays true. `fps` is the
    rate that is given (after `step`), `size` is (width, height) in pixels, upright. A clip that
    breaks off gives the frames before that, then a warning in the log.
    """

    def __init__(self, source: _Source, *, step: int) -> None:
        self._source = source
        self._step = step
        self._playing: Generator[Frame] | None = None
        self.path = source.path
        self.fps = source.fps / step
        self.size = source.size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        self.close()
        self._playing = self._play()
        return self._playing

    def close(self) -> None:
        """Stop playing and let the file go."""
        if self._playing is not None:
            self._playing.close()
            self._playing = None

    def _play(self) -> Generator[Frame]:
        start: float | None = None
        last = 0.0
        number = 0
        for number, (image, given) in enumerate(self._source.pictures(self._step), start=1):
            start = given if start is None else start
            timestamp = given - start
            if number > 1 and timestamp <= last:
                # a container that repeats or turns back its times: one frame after the last
                timestamp = last + 1.0 / self._source.fps
            last = timestamp
            if image is not None:
                yield Frame(image, timestamp)
        expected = self._source.expected
        if expected - number > max(_MISSING_FRAMES, _MISSING_SHARE * expected):
            _log.warning(
                "%s breaks off after %d of about %d frames; what follows is missing. "
                "Copy or record it again if the rest matters.",
                self.path,
                number,
                expected,
            )


class _Source(Protocol):
    """What a clip is read from."""

    path: Path
    fps: float
    size: tuple[int, int]
    expected: int

    def pictures(self, step: int) -> Iterator[tuple[Luma | None, float]]:
        """Give every picture's time in seconds, and every `step`-th picture itself."""


class _Video:
    """A video file through OpenCV's FFmpeg, upright as its rotation says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cv2 = opencv()
        self.fps = FOLDER_FPS
        if path.stat().st_size == 0:
            raise InputError(f"The clip {path} is empty. Copy or record it again.")
        capture = self._capture()
        self.expected = max(0, int(capture.get(self._cv2.CAP_PROP_FRAME_COUNT)))
        fps = float(capture.get(self._cv2.CAP_PROP_FPS))
        self.fps = fps if 1.0 <= fps <= 1000.0 else FOLDER_FPS
        capture.release()
        first = next(self.pictures(1), None)
        if first is None or first[0] is None:
            raise self._unreadable()
        height, width = first[0].shape
        self.size = (width, height)

    def pictures(self, step: int) -> Iterator[tuple[Luma | None, float]]:
        capture = self._capture()
        try:
            number = 0
            while capture.grab():
                # the time belongs to the picture that was grabbed last
                timestamp = capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000.0
                image = None
                if number % step == 0:
                    good, image = capture.retrieve()
                    if not good:
                        return
                    image = self._luma(image)
                # some files carry no times at all: their nominal rate has to do
                untimed = number > 0 and timestamp == 0.0
                yield image, (number / self.fps if untimed else timestamp)
                number += 1
        finally:
            capture.release()

    def _capture(self) -> Any:  # noqa: ANN401 - OpenCV has no types
        capture = self._cv2.VideoCapture(str(self.path), self._cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._unreadable()
        capture.set(self._cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        return capture

    def _luma(self, image: Any) -> Luma:  # noqa: ANN401 - OpenCV has no types
        # BGR to GRAY is full-range ITU-R BT.601 luma, as the camera's Y plane is
        grey: Luma = (
            image if image.ndim == 2 else self._cv2.cvtColor(image, self._cv2.COLOR_BGR2GRAY)
        )
        return grey

    def _unreadable(self) -> InputError:
        return InputError(
            f"{self.path} is no video that can be read: broken, cut short or of an unknown kind. "
            "Copy or record it again, or convert it to MP4 (H.264)."
        )


class _Folder:
    """A folder of images in the order of the numbers in their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fps = FOLDER_FPS
        self._files = sorted(
            (file for file in path.iterdir() if file.suffix.lower() in PICTURE_ENDINGS),
            key=lambda file: _natural(file.name),
        )
        self.expected = len(self._files)
        if not self._files:
            endings = ", ".join(PICTURE_ENDINGS)
            raise InputError(f"No pictures in the folder {path}. Put some there ({endings}).")
        height, width = read_image(self._files[0]).shape
        self.size = (width, height)

    def pictures(self, step: int) -> Iterator[tuple[Luma | None, float]]:
        for number, file in enumerate(self._files):
            image = None
            if number % step == 0:
                try:
                    image = read_image(file)
                except InputError as error:
                    if number == 0:
                        raise
                    _log.warning("%s The clip ends before it.", error)
                    return
                height, width = image.shape
                if (width, height) != self.size:
                    raise InputError(
                        f"{file} has {width} x {height} pixels, the pictures before it "
                        f"{self.size[0]} x {self.size[1]}. Keep one size in a folder."
                    )
            yield image, number / self.fps


def _natural(name: str) -> list[tuple[int, str]]:
    """Order frame_2 before frame_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
