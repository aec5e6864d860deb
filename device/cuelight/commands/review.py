"""Write a week of a site's sums as a one-page PNG or PDF, for a team talk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError
from cuelight.view.board.customers import Choice, look_up
from cuelight.view.board.hours import OpeningHours
from cuelight.view.board.source import Source
from cuelight.view.collector_settings import CollectorSettings
from cuelight.view.history import History
from cuelight.view.review import write_review

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_KINDS: Final = (".png", ".pdf")
_WEEK_DAYS: Final = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--store",
        metavar="FILE|postgresql://...",
        default=CollectorSettings().store,
        help="the history that `cuelight collect` writes (default: the same)",
    )
    parser.add_argument("--site", help="whose week; may be left out where there is one site only")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cuelight-review.pdf"),
        metavar="FILE",
        help="a .png or .pdf file (default: cuelight-review.pdf)",
    )
    parser.add_argument(
        "--as-of", metavar="TIME", help="the seven days up to then, such as 2026-11-20T15:20Z"
    )


def main(args: argparse.Namespace) -> int:
    """Look the week up and write it."""
    if args.out.suffix.lower() not in _KINDS:
        raise InputError(f"--out is {args.out}; a name ending in .png or .pdf is wanted.")
    now = _moment(args.as_of)
    zone = datetime.now().astimezone().tzinfo or UTC
    with History.open(args.store) as history:
        site = _site(args.site, history.sites())
        source = Source(history, OpeningHours.parse("always", zone), now=lambda: now)
        shown = look_up(source, Choice(site=site, days=_WEEK_DAYS))
    if shown.picture.totals.closed:
        raise InputError(
            f"site {site!r} has one table only, so its figures would be that table's; a page is "
            "made once there is a second, or the table is declared shared between reps."
        )
    write_review(args.out, shown)
    print(shown.summary)
    print(f"{args.out}: one page, for the team of {site}")
    return 0


def _site(given: str | None, known: Sequence[str]) -> str:
    if given is None and len(known) == 1:
        return known[0]
    names = ", ".join(known) or "none yet; start `cuelight collect` first"
    if given is None:
        raise InputError(f"--site is wanted; the store knows {names}.")
    if given not in known:
        raise InputError(f"--site is {given!r}, which the store does not know; it knows {names}.")
    return given


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        then = None
    if then is None or then.tzinfo is None:
        raise InputError(
            f"--as-of is {text!r}; a time with its zone is wanted, such as 2026-11-20T15:20Z."
        )
    return then
