"""Draw the customer zone and confirm it; only outlines are shown."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from cuelight.amend import amend
from cuelight.clock import boot_seconds
from cuelight.compose import build_lookout
from cuelight.consent import Consent
from cuelight.device_toml import load_settings
from cuelight.errors import CameraError, InputError, StoreError
from cuelight.loop import Loop
from cuelight.privacy import require_notice
from cuelight.running import find_running
from cuelight.sense.camera import open_camera
from cuelight.sense.clip import open_clip
from cuelight.sense.paced import PacedClip
from cuelight.tell.panel import Panel
from cuelight.tell.zone_flag import confirm_zone
from cuelight.zoning.draft import Draft
from cuelight.zoning.sitting import Sitting
from cuelight.zoning.terminal import Terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cuelight.sensing import Sensing
    from cuelight.settings import Settings

_INSTALLED: Final = Path("/etc/cuelight/device.toml")
_SERVICE_FOLDER: Final = Path("/run/cuelight")

_SERVICE_HOME: Final = Path("/var/lib/cuelight")

_UNATTENDED_SECONDS: Final = 10.0
_WITHOUT_END: Final = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help=f"default: device.toml here, or {_INSTALLED}")
    parser.add_argument(
        "--confirm", action="store_true", help="say that the box stands as it should, and end"
    )
    parser.add_argument("--clip", type=Path, help="look at a clip instead, to try it")
    parser.add_argument(
        "--seconds", type=float, help="look so long (without a terminal: 10 s), then end"
    )
    parser.add_argument(
        "--fit", action="store_true", help="fit the zone to the face seen, unattended"
    )
    parser.add_argument("--polygon", help='corners: "0.1,0.0 0.9,0.0 0.9,1.0 0.1,1.0"')
    parser.add_argument("--distance", type=float, help="farthest face in metres; 0: no limit")
    parser.add_argument("--save", action="store_true", help="write the result, unattended")
    parser.add_argument(
        "--runtime-folder", type=Path, help=f"where the service runs (default: {_SERVICE_FOLDER})"
    )


def main(args: argparse.Namespace) -> int:
    """Show outlines until the installer is content; write what was drawn, keeping all else.

    With a camera its lamp is lit and the service must be stopped. Nothing is read: the expression
    model is not even opened. Without a terminal it looks for a while, prints one drawing and what
    it would write, and writes that with --save.
    """
    found = (path for path in (Path("device.toml"), _INSTALLED) if path.exists())
    config = args.config or next(found, Path("device.toml"))
    settings = load_settings(config)
    if args.confirm:
        return _confirm(settings)
    draft = Draft(settings.zone, seat_distance_m=settings.camera.seat_distance_m)
    if args.polygon is not None:
        draft.set_polygon(_corners(args.polygon))
    if args.distance is not None:
        draft.set_distance(args.distance)
    if args.clip is not None:
        with open_clip(args.clip):
            pass
    else:
        require_notice(settings.privacy, config)
        _require_free_camera(args.runtime_folder or _SERVICE_FOLDER, settings)
    sitting = Sitting(draft, seconds=args.seconds)
    if Terminal.is_there() and not (args.save or args.fit):
        with Terminal() as terminal:
            _look(settings, sitting, args.clip, terminal)
    else:
        sitting.seconds = args.seconds or _UNATTENDED_SECONDS
        _look(settings, sitting, args.clip, None)
        if args.fit and not draft.fit():
            raise InputError(f"--fit: {draft.said}")
        print("\n".join(draft.lines(columns=64, rows=24)))
    if sitting.fault:
        raise CameraError(sitting.fault)
    return _write(config, settings, draft, save=args.save or sitting.saved, clip=args.clip)


def _look(
    settings: Settings, sitting: Sitting, clip: Path | None, terminal: Terminal | None
) -> None:
    """Run the ordinary loop, camera lamp, pause and consent included, with eyes that only look."""
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # its lines would tear the drawing; faults are told
    ended = threading.Event()
    try:
        sitting.open(build_lookout(settings), terminal)
        with ExitStack() as stack:
            asks_first = settings.privacy.asks_first and clip is None
            panel = stack.enter_context(Panel(settings.lamp, consent=asks_first))
            loop = Loop(
                sensing=cast("Sensing", sitting),
                open_camera=lambda: (
                    open_camera(settings.camera)
                    if clip is None
                    else PacedClip(clip, loops=_WITHOUT_END, now=boot_seconds, wait=ended.wait)
                ),
                camera_lamp=panel.camera_lit if clip is None else nullcontext,
                lamp_is_lit=lambda: clip is not None or panel.camera_lamp_is_lit,
                presses=lambda: [
                    press
                    for press in (panel.presses() if clip is None else ())
                    if press.name not in {"price", "zone"}
                ],
                tell=lambda _event: None,
                report=sitting.report,
                progress=sitting.tick,
                now=boot_seconds,
                wait=ended.wait,
                stopping=lambda: sitting.is_over,
                camera_fps=settings.camera.fps,
                consent=Consent(needed=asks_first),
            )
            with suppress(KeyboardInterrupt):
                loop.run()
    finally:
        logging.getLogger().setLevel(level)


def _write(config: Path, settings: Settings, draft: Draft, *, save: bool, clip: Path | None) -> int:
    values = draft.values
    for key, value in values.items():
        print(f"zone.{key} = {value}")
    if problem := draft.problem:
        raise InputError(problem)
    if not save:
        print("nothing was written" if values else "nothing was changed")
        return 0
    if values:
        amend(config, "zone", values)
    print(f"{config}: {'written' if values else 'as it was'}")
    if clip is None:
        with suppress(StoreError):  # a box that never ran has nothing to be confirmed
            _confirm(settings)
        print("the zone counts from the next start: sudo systemctl restart cuelight")
    return 0


def _confirm(settings: Settings) -> int:
    given = settings.store.folder
    folders = [settings.store_folder]
    if given.startswith("~/"):  # the service has a home of its own
        folders.append(_SERVICE_HOME / given[2:])
    folder = next((folder for folder in reversed(folders) if folder.is_dir()), None)
    if folder is None:
        raise StoreError(
            f"no service keeps anything in {' or '.join(map(str, folders))} (store.folder), so "
            "there is nothing to confirm. Start the service, or name its settings with --config."
        )
    try:
        confirm_zone(folder)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be written: {error}. Run this as root: sudo cuelight zone --confirm."
        ) from error
    print("the zone is confirmed: the service takes it up within a second, or at its next start")
    return 0


def _corners(text: str) -> Sequence[tuple[float, float]]:
    try:
        corners = [tuple(float(part) for part in point.split(",")) for point in text.split()]
    except ValueError:
        corners = []
    if len(corners) < 3 or not all(
        len(point) == 2 and all(0.0 <= part <= 1.0 for part in point) for point in corners
    ):
        raise InputError(
            f"--polygon is {text!r}; at least 3 corners x,y are wanted, each 0 to 1, with blanks "
            'between them. Write for example "0.1,0.0 0.9,0.0 0.9,1.0 0.1,1.0".'
        )
    return [(point[0], point[1]) for point in corners]


def _require_free_camera(folder: Path, settings: Settings) -> None:
    with suppress(PermissionError):  # then the camera itself will say whether it is in use
        if find_running([folder, settings.store_folder]) is not None:
            raise CameraError(
                "the service is running and has the camera. Run: sudo systemctl stop cuelight, "
                "then this again, and start it afterwards."
            )
