"""Spoil texts and files in the ways that people, editors and cards do, for the fuzz tests."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

HARD_WORDS = (
    *(
        "[",
        "]",
        "{",
        "}",
        "=",
        '"',
        "'",
        "\\",
        "\n",
        "\0",
        "\ufeff",
        "\U0001f600",
        "#",
        ".",
        "(",
        "*",
    ),
    *("nan", "inf", "-inf", "1e999", "-0.0", "9" * 30, "9" * 5000, "[" * 3000, "{a=" * 2000),
    *("true", "1979-05-27", "0x1F", '"""', "\r", "\t", "../../etc/passwd", "~nobody-here/x"),
)


@st.composite
def spoiled_texts(draw: st.DrawFn, text: str) -> str:
    """Give the text with a few places cut out, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(
            st.one_of(
                st.just(""),
                st.just(2 * text[start:end]),
                st.sampled_from(HARD_WORDS),
                st.text(max_size=6),
            )
        )
        text = text[:start] + middle + text[end:]
    return text


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.sampled_from([10**30, -(10**400), 2**31, 2**63]),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["", "\0", "a\0b", "a/b", "(", "x" * 9000, "~nobody-here/x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def spoiled_tables(draw: st.DrawFn, table: dict[str, Any]) -> str:
    """Give a table as TOML text with one to three values of the wrong kind, gone, or new."""
    table = copy.deepcopy(table)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(table))
        inside, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.integers(0, 3)):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, dict):
                inside[draw(st.one_of(st.text(max_size=6), st.sampled_from(HARD_WORDS)))] = draw(
                    VALUES
                )
            case _:
                inside[key] = draw(VALUES)
        if not table:
            break
    return to_toml(table)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(pairs):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def to_toml(table: dict[str, Any]) -> str:
    """Write a table as TOML, sections of scalars and inline tables."""
    plain = [f"{_text(key)} = {_toml(item)}" for key, item in table.items() if not _is_table(item)]
    sections = []
    for key, item in table.items():
        if _is_table(item):
            lines = [f"{_text(name)} = {_toml(value)}" for name, value in item.items()]
            sections.append("\n".join([f"[{_text(key)}]", *lines]))
    return "\n".join([*plain, *sections]) + "\n"


def _is_table(item: object) -> bool:
    return isinstance(item, dict)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for lone surrogates and DEL
    return json.dumps(text.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case float():
            return repr(value)
        case list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case dict():
            inner = ", ".join(f"{_text(key)} = {_toml(item)}" for key, item in value.items())
            return "{" + inner + "}"
        case _:
            return str(value)


def spoil_file(content: bytes, chance: random.Random) -> bytes:
    """Give a file's bytes with a few overwritten (most of them near its ends), cut out or doubled.

    Containers keep their headers at the beginning or at the end.
    """
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        if not data:
            break
        near = min(len(data), 600)
        place = chance.choice(
            [
                chance.randrange(near),
                len(data) - 1 - chance.randrange(near),
                chance.randrange(len(data)),
            ]
        )
        match chance.randrange(6):
            case 0:
                del data[place:]
            case 1:
                del data[place : place + chance.randint(1, 64)]
            case 2:
                data[place:place] = data[place : place + chance.randint(1, 64)]
            case 3:
                data[place : place + 4] = chance.choice(
                    [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"]
                )
            case _:
                data[place] = chance.randrange(256)
    return bytes(data)
