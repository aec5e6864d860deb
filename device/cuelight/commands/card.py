"""Write the pocket card, to be printed at 100 %, cut out and folded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError, StoreError
from cuelight.practice.card import draw_card
from cuelight.tell.signal import RHYTHMS

if TYPE_CHECKING:
    import argparse

_KINDS: Final = (".svg", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cuelight-card.pdf"),
        metavar="FILE",
        help="an .svg or .pdf file (default: cuelight-card.pdf)",
    )


def main(args: argparse.Namespace) -> int:
    """Write it."""
    kind = args.out.suffix.lower()
    if kind not in _KINDS:
        raise InputError(f"--out is {args.out}; a name ending in .svg or .pdf is wanted.")
    sheet = draw_card({name: rhythm.steps for name, rhythm in RHYTHMS.items()})
    content = sheet.pdf() if kind == ".pdf" else sheet.svg().encode()
    try:
        args.out.write_bytes(content)
    except OSError as error:
        raise StoreError(f"cannot write {args.out}: {error}. Name another with --out.") from error
    print(f"{args.out}: print at 100 %, cut out, fold in the middle")
    return 0
