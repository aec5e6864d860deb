"""Train the eye: brief expressions and cues on rendered faces, on the rep's own machine."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.practice.logbook import Logbook, own_path
from cuelight.practice.server import PracticePage
from cuelight.practice.stills import Stills
from cuelight.practice.tutor import Tutor

if TYPE_CHECKING:
    import argparse

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


def main(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    path = args.scores or own_path(os.environ, Path.home())
    stills = Stills.open()
    tutor = Tutor(stills, Logbook(path), now=time.time, seed=lambda: secrets.randbits(32))
    with PracticePage(tutor, stills, port=args.port) as page:
        print(f"practice on {page.address}", flush=True)
        print(f"your scores, for you alone: {path}", flush=True)
        with suppress(KeyboardInterrupt):  # Ctrl-C: that is how it ends
            page.serve()
    return 0
