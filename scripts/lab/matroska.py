"""Make a Matroska file the same bytes every time: its random numbers become fixed ones.

FFmpeg's muxer draws the segment's and the tracks' identifiers at random, and the checksums of the
parts that hold them follow (Matroska, RFC 9559; EBML, RFC 8794).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEGMENT, INFO, TRACKS, TRACK, TAGS, TAG, TARGETS = (
    0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1254C367, 0x7373, 0x63C0,
)  # fmt: skip
PARENTS = {SEGMENT, INFO, TRACKS, TRACK, TAGS, TAG, TARGETS}
RANDOM = {0x73A4, 0x73C5, 0x63C5}
"""SegmentUUID, TrackUID, TagTrackUID."""
CHECKSUM = 0xBF


def fix_identifiers(path: Path) -> None:
    """Set a Matroska file's identifiers to 1 in place, and mend the checksums."""
    data = bytearray(path.read_bytes())
    _fix(data, 0, len(data))
    path.write_bytes(data)


def _fix(data: bytearray, start: int, end: int) -> None:
    checksum = None
    for kind, begin, stop in _elements(data, start, end):
        if kind == CHECKSUM:
            checksum = (begin, stop)
        elif kind in RANDOM:
            data[begin:stop] = (1).to_bytes(stop - begin, "big")
        elif kind in PARENTS:
            _fix(data, begin, stop)
    if checksum is not None:
        begin, stop = checksum
        data[begin:stop] = zlib.crc32(data[stop:end]).to_bytes(4, "little")


def _elements(data: bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give the elements between two places: what each is, where its content begins and ends."""
    place = start
    while place < end:
        width = 9 - data[place].bit_length()
        kind = int.from_bytes(data[place : place + width], "big")
        place += width
        width = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + width], "big") & ((1 << 7 * width) - 1)
        place += width
        # A size of all ones is unknown: such an element goes on to the end.
        stop = end if size == (1 << 7 * width) - 1 else place + size
        yield kind, place, stop
        place = stop
