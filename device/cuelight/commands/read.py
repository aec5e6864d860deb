"""Read the faces in still pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.compose import build_model
from cuelight.errors import InputError
from cuelight.jsonlines import face_line
from cuelight.sense.picture import read_image
from cuelight.sense.records import EMOTIONS, UNITS, Frame
from cuelight.settings import Settings, ZoneSettings

if TYPE_CHECKING:
    import argparse

    from cuelight.sense.records import Expression

_LOOKS = 3  # each look moves the crop to the landmarks that the one before found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="still pictures")
    parser.add_argument("--json", action="store_true", help="print JSON lines, one a face")


def main(args: argparse.Namespace) -> int:
    """Print one line a face; exit code 2 when a picture is broken or shows no face."""
    wrong = 0
    for path in args.images:
        try:
            expressions = read_faces(path)
        except InputError as error:
            print(f"cuelight read: {error}", file=sys.stderr)
            wrong = 2
            continue
        for expression in expressions:
            print(face_line(path, expression) if args.json else face_text(path, expression))
    return wrong


def read_faces(path: Path) -> list[Expression]:
    """Read every face of one picture. Raises InputError when it is broken or shows no face."""
    zone = ZoneSettings(face_min=0.05, faces_max=8)
    finder, model = build_model(Settings(zone=zone))
    image = read_image(path)
    expressions: list[Expression] = []
    for look in range(_LOOKS):
        frame = Frame(image, timestamp=look / 30.0)
        expressions = []
        for face in finder.update(frame):
            expression = model.read(face, frame)
            finder.follow(face.track, expression)
            expressions.append(expression)
    if not expressions:
        wanted = "a face seen from the front, at least a twentieth of the picture's height"
        raise InputError(f"{path}: no face found; {wanted}, is wanted.")
    return expressions


def face_text(path: Path, expression: Expression) -> str:
    """Write one face for people: the likeliest expressions and the strongest action units."""
    emotions = sorted(zip(expression.emotions.tolist(), EMOTIONS, strict=True), reverse=True)[:3]
    units = sorted(zip(expression.action_units.tolist(), UNITS, strict=True), reverse=True)[:6]
    feels = ", ".join(f"{name} {value:.2f}" for value, name in emotions)
    shows = ", ".join(f"{name} {value:.2f}" for value, name in units)
    return f"{path}: face {expression.track}: {feels}; {shows}"
