"""Train the eye: brief expressions and cues on rendered faces, on the rep's own machine."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.installed import installed_by
from cuelight.practice.logbook import Logbook, own_path
from cuelight.practice.mirror.mirror import Mirror
from cuelight.practice.mirror.refusal import Refusal
from cuelight.practice.mirror.source import WEBCAM, mirror_source
from cuelight.practice.server import PracticePage
from cuelight.practice.stills import Stills
from cuelight.practice.tutor import Tutor

if TYPE_CHECKING:
    import argparse

    from cuelight.practice.mirror.eye import Eye

PORT: Final = 8090


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0: a free one")
    parser.add_argument(
        "--scores",
        type=Path,
        metavar="FILE",
        help="where your answers are kept, for you alone (default: in your own data folder)",
    )
    parser.add_argument(
        "--mirror-source",
        default=WEBCAM,
        metavar="SOURCE",
        help=f"the mirror's webcam by its number, or a clip to try it with (default {WEBCAM}); "
        "nothing is opened before you press its button",
    )


def main(args: argparse.Namespace, *, root: Path = Path("/")) -> int:
    """Serve until SIGTERM or Ctrl-C; `root` is where the marks of an installed unit are sought."""
    path = args.scores or own_path(os.environ, Path.home())
    stills = Stills.open()
    tutor = Tutor(stills, Logbook(path), now=time.time, seed=lambda: secrets.randbits(32))
    mirror = _mirror(args.mirror_source, stills, mark=installed_by(root))
    with mirror, PracticePage(tutor, stills, mirror=mirror, port=args.port) as page:
        # in one piece, line end and all: programs read it beside the log
        print(f"practice on {page.address}\n", end="", flush=True)
        print(f"your scores, for you alone: {path}", flush=True)
        with suppress(KeyboardInterrupt):  # Ctrl-C: that is how it ends
            page.serve()
    return 0


def _mirror(source: str, stills: Stills, *, mark: str) -> Mirror | Refusal:
    if mark:
        return Refusal(mark)
    open_camera = mirror_source(source)
    return Mirror(stills, open_eye=_open_eye, open_camera=open_camera)


def _open_eye() -> Eye:
    # loaded when the mirror's page is first opened: a lesson starts without them
    from cuelight.compose import build_model  # noqa: PLC0415
    from cuelight.practice.mirror.eye import Eye  # noqa: PLC0415
    from cuelight.settings import Settings, ZoneSettings  # noqa: PLC0415

    with suppress(ImportError):  # no such limits on this system
        import resource  # noqa: PLC0415

        # what a crash leaves behind could hold a picture
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    finder, model = build_model(Settings(zone=ZoneSettings(faces_max=2)))
    return Eye(finder, model)
