"""Write one flat table as an Apache Parquet file, in plain Python.

The format is that of parquet-format 2.x: one row group, one uncompressed PLAIN page a column, every
column optional, the footer in Thrift's compact protocol. What the page exports is a few hundred
rows; a library for it takes 140 MB. Tests read it back with pyarrow.
"""

from __future__ import annotations

import struct
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["bool", "int64", "float64", "string"]
Value = str | int | float | bool | None

_MAGIC: Final = b"PAR1"
_PHYSICAL: Final[Mapping[Kind, int]] = {"bool": 0, "int64": 2, "float64": 5, "string": 6}
_PLAIN, _RLE, _OPTIONAL, _UTF8 = 0, 3, 1, 0

# Thrift's compact protocol: the types of fields
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12

Field = tuple[int, int, bytes]
"""A field's number, its type, and its value as bytes."""


def parquet_file(columns: Mapping[str, Kind], rows: Sequence[Mapping[str, Value]]) -> bytes:
    """Write the rows; None becomes null. Raises TypeError or struct.error for a wrong value."""
    file = bytearray(_MAGIC)
    chunks = []
    for name, kind in columns.items():
        page = _page([row[name] for row in rows], kind)
        chunks.append(_chunk(name, kind, offset=len(file), size=len(page), values=len(rows)))
        file += page
    group = _struct(
        (1, _LIST, _list(_STRUCT, chunks)),
        (2, _I64, _number(len(file) - len(_MAGIC))),
        (3, _I64, _number(len(rows))),
    )
    root = _struct((4, _BINARY, _text("schema")), (5, _I32, _number(len(columns))))
    footer = _struct(
        (1, _I32, _number(1)),
        (2, _LIST, _list(_STRUCT, [root, *(_element(*column) for column in columns.items())])),
        (3, _I64, _number(len(rows))),
        (4, _LIST, _list(_STRUCT, [group])),
        (6, _BINARY, _text("cuelight")),
    )
    return bytes(file) + footer + struct.pack("<I", len(footer)) + _MAGIC


def _page(values: Sequence[Value], kind: Kind) -> bytes:
    """Write a column's only page: header, which values are there, and those values."""
    levels = b"".join(
        _varint(len(list(run)) << 1) + bytes([there])
        for there, run in groupby(value is not None for value in values)
    )
    known = [value for value in values if value is not None]
    data = struct.pack("<I", len(levels)) + levels + _plain(known, kind)
    of_data = _struct(
        (1, _I32, _number(len(values))),
        (2, _I32, _number(_PLAIN)),
        (3, _I32, _number(_RLE)),
        (4, _I32, _number(_RLE)),
    )
    size = _number(len(data))
    head = ((1, _I32, _number(0)), (2, _I32, size), (3, _I32, size), (5, _STRUCT, of_data))
    return _struct(*head) + data


def _plain(values: Sequence[Value], kind: Kind) -> bytes:
    if kind == "bool":
        bits = bytearray(-(-len(values) // 8))
        for place, value in enumerate(values):
            bits[place // 8] |= bool(value) << place % 8
        return bytes(bits)
    if kind == "string":
        texts = [str(value).encode() for value in values]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack(f"<{len(values)}{'q' if kind == 'int64' else 'd'}", *values)


def _chunk(name: str, kind: Kind, *, offset: int, size: int, values: int) -> bytes:
    meta = _struct(
        (1, _I32, _number(_PHYSICAL[kind])),
        (2, _LIST, _list(_I32, [_number(_PLAIN), _number(_RLE)])),
        (3, _LIST, _list(_BINARY, [_text(name)])),
        (4, _I32, _number(0)),
        (5, _I64, _number(values)),
        (6, _I64, _number(size)),
        (7, _I64, _number(size)),
        (9, _I64, _number(offset)),
    )
    return _struct((2, _I64, _number(offset)), (3, _STRUCT, meta))


def _element(name: str, kind: Kind) -> bytes:
    fields: list[Field] = [
        (1, _I32, _number(_PHYSICAL[kind])),
        (3, _I32, _number(_OPTIONAL)),
        (4, _BINARY, _text(name)),
    ]
    if kind == "string":
        fields.append((6, _I32, _number(_UTF8)))
    return _struct(*fields)


def _struct(*fields: Field) -> bytes:
    written, last = bytearray(), 0
    for number, kind, value in fields:
        written += bytes([(number - last) << 4 | kind]) + value
        last = number
    return bytes(written) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    short = len(items) < 15
    head = bytes([(len(items) if short else 15) << 4 | kind])
    return head + (b"" if short else _varint(len(items))) + b"".join(items)


def _text(text: str) -> bytes:
    raw = text.encode()
    return _varint(len(raw)) + raw


def _number(value: int) -> bytes:
    return _varint(value << 1)  # zigzag of what is never below zero


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
