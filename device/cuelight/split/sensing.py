"""The sensing process: camera, model, reader and loop, without a network or a file to write.

It is started by the telling half (`split.box`) as `python -m cuelight.split.sensing LINE QUEUE
PARENT`, two packet sockets and the number of its parent.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing, model_hashes
from cuelight.device_toml import parse_tables
from cuelight.errors import CameraError, CuelightError
from cuelight.sense.camera import load_vendor, open_camera
from cuelight.sensing_half import SensingHalf
from cuelight.split.counterpart import Counterpart
from cuelight.split.line import Begin, Failed, Hello, SetUp
from cuelight.split.locked import die_with, lock_in
from cuelight.split.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.loop import FrameSource
    from cuelight.sensing import Sensing
    from cuelight.settings import Settings

_log = logging.getLogger(__name__)


def main(
    arguments: Sequence[str],
    *,
    camera_of: Callable[[Settings], Callable[[], FrameSource]] | None = None,
    wrap: Callable[[Sensing], Sensing] = lambda sensing: sensing,
) -> int:
    """Sense until told to stop; exit code 0 only then, or at a clip's end.

    `camera_of` gives what opens another camera than the settings', `wrap` what stands before the
    real sensing; benches and tests use them.
    """
    line, queue, parent = map(int, arguments)
    die_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):  # they reach all of a unit; the line says when
        signal.signal(number, signal.SIG_IGN)
    telling = Counterpart(line, queue)
    set_up = telling.wait_for(SetUp)
    logging.basicConfig(
        stream=sys.stderr,
        level=set_up.log_level,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        settings = parse_tables(set_up.settings, "", Path("device.toml"))
        sensing = build_sensing(settings)
        source = (camera_of or _camera)(settings)
        apart = lock_in((1, 2, line, queue))
    except CuelightError as error:
        telling.send(Failed(type(error).__name__, str(error)))
        return 1
    words = Words(tuple(sorted(sensing.countable)))
    telling.agree(words)
    models = model_hashes(settings, sensing)
    telling.send(Hello(sensing.model_sha256, models, words.cells, apart))
    telling.wait_for(Begin)
    half = SensingHalf(
        settings,
        sensing=wrap(sensing),
        telling=telling,
        open_camera=source,
        now=boot_seconds,
        wait=telling.wait,
        stopping=lambda: telling.is_stopping,
    )
    half.run()
    return 0


def _camera(settings: Settings) -> Callable[[], FrameSource]:
    try:  # before the lock, and ahead of its use, which can take seconds on a cold SD card
        load_vendor(settings.camera)
    except CameraError as error:  # said again, and to the broker too, when the camera is opened
        _log.debug("%s", error)
    return lambda: open_camera(settings.camera)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
