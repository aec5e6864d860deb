"""Read from when until when an X.509 certificate is valid (RFC 5280, section 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18


def validity(der: bytes) -> tuple[datetime, datetime]:
    """Return the certificate's notBefore and notAfter, in UTC.

    Python shows the dates only of certificates that it believes, and those that have expired are
    what one wants to know of. Raises ValueError for what is no certificate in DER.
    """
    certificate, _ = _open(der, 0)
    body, _ = _open(der, certificate)
    tag, _, after = _header(der, body)
    at = after if tag == _VERSION else body  # version 1 leaves its number out
    for _ in range(3):  # serial number, signature algorithm, issuer
        _, _, at = _header(der, at)
    start, end = _open(der, at)
    first, at = _time(der, start)
    last, at = _time(der, at)
    if at != end or last < first:
        raise ValueError("its validity makes no sense")
    return first, last


def _open(der: bytes, at: int) -> tuple[int, int]:
    """Return where the inside of the sequence at `at` begins and ends."""
    tag, inside, after = _header(der, at)
    if tag != _SEQUENCE:
        raise ValueError(f"no certificate: tag {tag:#x} where a sequence was wanted")
    return inside, after


def _header(der: bytes, at: int) -> tuple[int, int, int]:
    """Return an element's tag, where its content begins, and where it ends."""
    if at + 2 > len(der):
        raise ValueError("the certificate is cut off")
    tag, length, inside = der[at], der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("no certificate: a length of another form")
        length = int.from_bytes(der[inside : inside + count], "big")
        inside += count
    after = inside + length
    if after > len(der):
        raise ValueError("the certificate is cut off")
    return tag, inside, after


def _time(der: bytes, at: int) -> tuple[datetime, int]:
    tag, inside, after = _header(der, at)
    text = der[inside:after].decode("ascii", errors="replace")
    if tag == _UTC_TIME:  # two digits of the year: 50 to 99 are 1950 to 1999
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    elif tag != _GENERALIZED_TIME:
        raise ValueError(f"no certificate: tag {tag:#x} where a time was wanted")
    if len(text) != len("YYYYMMDDHHMMSSZ"):
        raise ValueError(f"no certificate: {text[:20]!r} where a time was wanted")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC), after
