"""Check what a settings file in TOML says; every complaint names the line that it is about."""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuelight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from dataclasses import Field

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    tuple: "a list",
}


class SettingsFile:
    """One file's text, or the options of a command line, which have no file (`path` None).

    Records are dataclasses whose settings are declared with `cuelight.settings.option`.
    """

    def __init__(self, path: Path | None, text: str = "") -> None:
        self._path = path
        self._text = text
        self._lines = text.splitlines()

    def tables(self) -> dict[str, Any]:
        """Read the text as TOML. Raises SettingsError."""
        try:
            return tomllib.loads(self._text)
        except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
            raise SettingsError(
                f"{self._path} is not valid TOML: {error}. Edit that line."
            ) from None

    def filled(self, records: Mapping[str, Any], given: Mapping[str, object]) -> dict[str, Any]:
        """Put the sections of `given` over the records of those names; gives all of them.

        Raises SettingsError for an unknown section or key (the nearest is named), a wrong type or a
        value out of bounds.
        """
        found = dict(records)
        for name, table in given.items():
            if name not in records:
                hint = _nearest(name, records, "[{}]")
                raise self.error(f"[{name}] is no section{hint}", name)
            if not isinstance(table, dict):
                problem = f"{name} is {_short(table)}, but is a section: write [{name}]"
                raise self.error(problem, name)
            entries = [entry for entry in fields(records[name]) if entry.metadata]
            found[name] = replace(records[name], **self._section(name, table, entries))
        return found

    def error(self, problem: str, section: str, key: str = "") -> SettingsError:
        """Give a complaint about a section or one of its keys, with its line."""
        if self._path is None:
            return SettingsError(f"{problem}. Give another value.")
        line = self._line(section, key)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        return SettingsError(f"{problem}. Edit {where}.")

    def _section(
        self, section: str, table: Mapping[str, object], entries: Iterable[Field[Any]]
    ) -> dict[str, object]:
        known = {entry.name: entry for entry in entries}
        values = {}
        for key, value in table.items():
            if key not in known:
                hint = _nearest(key, known, section + ".{}")
                raise self.error(f"{section}.{key} is no setting{hint}", section, key)
            values[key] = self._value(section, key, value, known[key])
        return values

    def _value(self, section: str, key: str, value: object, entry: Field[Any]) -> object:
        kind = type(entry.default)
        # TOML's whole numbers know no bounds; one that no float holds is refused as none.
        if kind is float and type(value) is int and abs(value) <= sys.float_info.max:
            value = float(value)
        if kind is tuple and isinstance(value, list):
            value = _tuples(value)
        if type(value) is not kind:
            raise self.error(
                f"{section}.{key} is {_short(value)}; {_KINDS[kind]} is wanted", section, key
            )
        if kind is str and (problem := _text_problem(str(value))):
            raise self.error(f"{section}.{key} is {_short(value)}; {problem}", section, key)
        bounds, choices = entry.metadata["bounds"], entry.metadata["choices"]
        if bounds and not bounds[0] <= value <= bounds[1]:
            wanted = f"{bounds[0]:g} to {bounds[1]:g}"
            raise self.error(
                f"{section}.{key} is {_short(value)}; {wanted} is allowed", section, key
            )
        if choices and value not in choices:
            wanted = " or ".join(f'"{choice}"' for choice in choices if choice)
            raise self.error(
                f"{section}.{key} is {_short(value)}; {wanted} is wanted", section, key
            )
        return value

    def _line(self, section: str, key: str) -> int | None:
        """Find the line (from 1) of a section's key, or of the section's head."""
        inside = False
        head = None
        for number, line in enumerate(self._lines, start=1):
            if found := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
                inside = found[1] == section
                head = number if inside else head
            elif re.match(
                rf"\s*(?:{re.escape(section)}\s*\.\s*)?{re.escape(key or section)}\s*=", line
            ) and (inside or not key or line.strip().startswith(section)):
                return number
        return head


def toml_value(value: object) -> str:
    """Write a setting's value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case _:
            return str(value)


def _nearest(name: str, known: Iterable[str], shape: str) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {shape.format(close[0])}" if close else f"; known: {', '.join(known)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _text_problem(text: str) -> str:
    """Say what is wrong with a text, if anything is: no file name or topic can hold it."""
    if not text.isprintable():
        return "a text without control characters is wanted"
    if text.startswith("~"):
        try:
            Path(text).expanduser()
        except RuntimeError:
            return "there is no such user here, so a whole path is wanted"
    return ""


def _tuples(value: list[object]) -> tuple[object, ...]:
    return tuple(_tuples(item) if isinstance(item, list) else item for item in value)
