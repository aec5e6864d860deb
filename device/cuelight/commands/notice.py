"""Write the notice for the customers, to be printed on A5 and put on the table."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cuelight.device_toml import load_settings
from cuelight.errors import InputError, SettingsError, StoreError
from cuelight.notice import draw_notice
from cuelight.practice.sheet import is_in_pdf
from cuelight.privacy import require_notice

if TYPE_CHECKING:
    import argparse

    from cuelight.practice.sheet import Sheet

_log = logging.getLogger(__name__)

_KINDS: Final = (".svg", ".pdf", ".png")

_URL_MAX: Final = 200
"""Longer ones make a code too fine to be read from a table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cuelight-notice.pdf"),
        metavar="FILE",
        help="an .svg, .pdf or .png file (default: cuelight-notice.pdf)",
    )


def main(args: argparse.Namespace) -> int:
    """Write it."""
    kind = args.out.suffix.lower()
    if kind not in _KINDS:
        raise InputError(f"--out is {args.out}; a name ending in .svg, .pdf or .png is wanted.")
    settings = load_settings(args.config)
    require_notice(settings.privacy, args.config)
    sheet = draw_notice(settings, code=_code(settings.privacy.notice_url, args.config))
    content = _written(sheet, kind)
    try:
        args.out.write_bytes(content)
    except OSError as error:
        raise StoreError(f"cannot write {args.out}: {error}. Name another with --out.") from error
    print(f"{args.out}: print it on A5 and stand it where a customer sees it before the camera")
    return 0


def _written(sheet: Sheet, kind: str) -> bytes:
    if kind == ".png":
        from cuelight.practice.raster import paint  # noqa: PLC0415 - an extra: PDF needs none

        return paint(sheet)
    strange = sorted({letter for letter in sheet.letters if not is_in_pdf(letter)})
    if kind == ".pdf" and strange:
        _log.warning(
            "a PDF's own fonts lack %s, so it has question marks there; write a .png or .svg.",
            " ".join(strange),
        )
    return sheet.pdf() if kind == ".pdf" else sheet.svg().encode()


def _code(url: str, config: Path) -> list[list[int]]:
    """Give the QR code's modules, row by row; none without an address."""
    if not url:
        _log.warning(
            "privacy.notice_url is not set in %s, so the notice has no QR code to your site's "
            "full notice.",
            config,
        )
        return []
    if not _is_web_address(url):
        raise SettingsError(
            f"privacy.notice_url is {url!r}; a web address of at most {_URL_MAX} letters is "
            f"wanted, as https://example.com/notice. Edit {config}."
        )
    import segno  # noqa: PLC0415 - an extra: without an address nobody needs it

    return [[int(dark) for dark in row] for row in segno.make_qr(url, error="m").matrix]


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"https", "http"}
            and bool(parts.hostname)
            and url.isascii()
            and url.isprintable()
            and " " not in url
            and len(url) <= _URL_MAX
        )
    except ValueError:
        return False
