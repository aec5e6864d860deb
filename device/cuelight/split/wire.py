"""The narrow queue from sensing to telling: Readings, Signals and VisitTallies, and nothing else.

One record is one packet. Names cross as numbers of words that both halves agreed on before the
camera was first opened; shares are counted in ten-thousandths and times in microseconds; and a
packet is taken only if it is, byte by byte, what would have been written for what was read from it.
So there is no room in it for anything else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cuelight.records import Cue, Reading, Signal, VisitTally
from cuelight.split.words import SIGNALS, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

Record = Reading | Signal | VisitTally

EVIDENCE_MAX: Final = 8
"""Cues of a reading that cross, the latest ones; telling counts visits and needs none of them."""

_READING, _SIGNAL, _TALLY = 1, 2, 3
_HEAD: Final = struct.Struct(">BBHQB")  # kind, name, confidence, time, cues
_CUE: Final = struct.Struct(">BIQQQHHB")  # name, track, three times, strength, confidence, flags
_SHORT: Final = struct.Struct(">BBBQ")  # kind, signal, reading, time
_SUM: Final = struct.Struct(">BBB")  # kind, price, cells

PACKET_MAX: Final = max(_HEAD.size + EVIDENCE_MAX * _CUE.size, _SUM.size + 256)
"""Bytes of the longest packet; a face's crop has 12544."""

_PARTS: Final = 10_000
_MICROSECONDS: Final = 1_000_000
_LATEST: Final = 10**15
"""Microseconds, 31 years: no clock of a box is further."""


class WireError(ValueError):
    """A packet, or a record, that has no business on the queue."""


@dataclass(frozen=True)
class Wire:
    """Writes and reads packets with the words of one model."""

    words: Words

    def encode(self, record: Record) -> bytes:
        """Write a record; WireError for what cannot be told in these words and bounds."""
        match record:
            case Reading():
                evidence = sorted(record.evidence, key=lambda cue: cue.offset)[-EVIDENCE_MAX:]
                head = _HEAD.pack(
                    _READING,
                    self._number(record.name),
                    _parts(record.confidence),
                    _time(record.timestamp),
                    len(evidence),
                )
                return head + b"".join(self._cue(cue) for cue in evidence)
            case Signal():
                if record.name not in SIGNALS:
                    raise WireError(f"there is no signal {record.name!r}")
                reading, when = self._number(record.reading), _time(record.timestamp)
                return _SHORT.pack(_SIGNAL, SIGNALS.index(record.name), reading, when)
            case VisitTally():
                unknown = record.cells - set(self.words.cells)
                if unknown:
                    raise WireError(f"there is no cell {min(unknown)!r}")
                cells = bytes(sorted(map(self.words.cells.index, record.cells)))
                return _SUM.pack(_TALLY, bool(record.price), len(cells)) + cells
            case _:
                raise WireError(f"a {type(record).__name__} does not cross")

    def decode(self, packet: bytes) -> Record:
        """Read a packet; WireError for anything but what `encode` writes."""
        try:
            record = self._read(packet)
            again = self.encode(record)
        except (struct.error, IndexError) as error:
            raise WireError(f"a packet of {len(packet)} bytes is no record") from error
        if again != packet:
            raise WireError(f"a packet of {len(packet)} bytes is not as it would be written")
        return record

    def _read(self, packet: bytes) -> Record:
        if len(packet) > PACKET_MAX:
            raise WireError(f"a packet of {len(packet)} bytes; at most {PACKET_MAX} are wanted")
        match packet[:1]:
            case b"\x01":
                _, name, confidence, when, count = _HEAD.unpack_from(packet)
                cues = tuple(self._cues(packet, count))
                name = self.words.names[name]
                return Reading(name, confidence / _PARTS, when / _MICROSECONDS, cues)
            case b"\x02":
                _, signal, reading, when = _SHORT.unpack(packet)
                return Signal(SIGNALS[signal], self.words.names[reading], when / _MICROSECONDS)
            case b"\x03":
                _, price, count = _SUM.unpack_from(packet)
                cells = packet[_SUM.size : _SUM.size + count]
                return VisitTally(frozenset(self.words.cells[n] for n in cells), price=bool(price))
            case _:
                raise WireError("a packet of no known kind")

    def _cues(self, packet: bytes, count: int) -> Iterable[Cue]:
        for number in range(min(count, EVIDENCE_MAX)):
            place = _HEAD.size + number * _CUE.size
            name, track, onset, apex, offset, strength, sure, flags = _CUE.unpack_from(
                packet, place
            )
            yield Cue(
                self.words.names[name],
                track,
                onset / _MICROSECONDS,
                apex / _MICROSECONDS,
                offset / _MICROSECONDS,
                strength / _PARTS,
                sure / _PARTS,
                provisional=bool(flags & 1),
                price=bool(flags & 2),
            )

    def _cue(self, cue: Cue) -> bytes:
        if not 0 <= cue.track < 2**32 or not cue.onset <= cue.apex <= cue.offset:
            raise WireError(f"a cue of track {cue.track} at {cue.onset}, {cue.apex}, {cue.offset}")
        return _CUE.pack(
            self._number(cue.name),
            cue.track,
            *map(_time, (cue.onset, cue.apex, cue.offset)),
            _parts(cue.strength),
            _parts(cue.confidence),
            cue.provisional | cue.price << 1,
        )

    def _number(self, name: str) -> int:
        try:
            return self._numbers[name]
        except KeyError:
            raise WireError(f"there is no cue or reading {name!r}") from None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.words.names)}


def _parts(share: float) -> int:
    if not -1e-9 <= share <= 1.0 + 1e-6:  # also refuses nan
        raise WireError(f"a share of {share}; 0 to 1 is wanted")
    return min(max(round(share * _PARTS), 0), _PARTS)


def _time(seconds: float) -> int:
    if not 0.0 <= seconds < _LATEST / _MICROSECONDS:
        raise WireError(f"a time of {seconds} s")
    return round(seconds * _MICROSECONDS)
