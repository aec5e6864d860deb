"""Read device.toml into settings, refusing whatever a person would want to know about."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuelight.agreement import complaints
from cuelight.errors import SettingsError
from cuelight.settings import Settings

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


def load_settings(path: Path) -> Settings:
    """Read and check a device.toml.

    Raises SettingsError with file, line, key, given and wanted when anything is off: a file that is
    missing or no TOML, an unknown section or key (the nearest is named), a wrong type, a value out
    of bounds, or values that contradict each other.
    """
    return parse_settings(settings_text(path), path)


def settings_text(path: Path) -> str:
    """Read a device.toml without looking into it. Raises SettingsError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"No settings at {path}. Copy device.example.toml there and edit it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Cannot read {path}: {error}. Check the file and its rights."
        ) from None


def parse_settings(text: str, path: Path) -> Settings:
    """Check the text of a device.toml; `path` is named in complaints. Raises SettingsError."""
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
        raise SettingsError(f"{path} is not valid TOML: {error}. Edit that line.") from None
    return parse_tables(given, text, path)


def parse_tables(tables: Mapping[str, object], text: str, path: Path) -> Settings:
    """Check sections that were parsed already; `text` gives complaints their line numbers."""
    return _Reader(path, text).settings(tables)


def example() -> str:
    """Write device.example.toml: every option with its meaning, unit, bounds and default."""
    lines = ["# cuelight: device.toml with every option at its default.", ""]
    for section, record, entries in _sections():
        lines += [f"# {_summary(record)}", f"[{section}]"]
        for entry in entries:
            value = _toml(getattr(record, entry.name))
            lines += [f"# {describe(entry)}", f"{entry.name} = {value}"]
        lines.append("")
    return "\n".join(lines)


def settings_table() -> str:
    """Write the README's settings table in Markdown, a row for every option."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for section, record, entries in _sections():
        for entry in entries:
            value = _toml(getattr(record, entry.name))
            lines.append(f"| `{section}.{entry.name}` | `{value}` | {describe(entry)} |")
    return "\n".join(lines) + "\n"


def describe(entry: Field[Any]) -> str:
    """Say in one line what an option does, its unit and what it accepts."""
    meta = entry.metadata
    text = str(meta["text"])
    if any(meta["choices"]):
        text += " One of: " + ", ".join(f'"{choice}"' for choice in meta["choices"]) + "."
    unit = f" {meta['unit']}" if meta["unit"] else ""
    if meta["bounds"]:
        low, high = meta["bounds"]
        text += f" {low:g} to {high:g}{unit}."
    elif unit:
        text += f" In{unit}."
    return text


class _Reader:
    """Check one file's content; every complaint names the line that it is about."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def settings(self, given: Mapping[str, object]) -> Settings:
        known = {section: (record, entries) for section, record, entries in _sections()}
        sections = {}
        for name, table in given.items():
            if name not in known:
                hint = _nearest(name, known, "[{}]")
                raise self._error(f"[{name}] is no section{hint}", name)
            if not isinstance(table, dict):
                problem = f"{name} is {_short(table)}, but is a section: write [{name}]"
                raise self._error(problem, name)
            record, entries = known[name]
            sections[name] = type(record)(**self._section(name, table, entries))
        settings = Settings(**sections)
        for problem, section, key in complaints(settings):
            raise self._error(problem, section, key)
        return settings

    def _section(
        self, section: str, table: Mapping[str, object], entries: Iterable[Field[Any]]
    ) -> dict[str, object]:
        known = {entry.name: entry for entry in entries}
        values = {}
        for key, value in table.items():
            if key not in known:
                hint = _nearest(key, known, section + ".{}")
                raise self._error(f"{section}.{key} is no setting{hint}", section, key)
            values[key] = self._value(section, key, value, known[key])
        return values

    def _value(self, section: str, key: str, value: object, entry: Field[Any]) -> object:
        kind = type(_default(entry))
        if kind is float and type(value) is int:
            value = float(value)
        if kind is tuple and isinstance(value, list):
            value = _tuples(value)
        if type(value) is not kind:
            raise self._error(
                f"{section}.{key} is {_short(value)}; {_KINDS[kind]} is wanted", section, key
            )
        if kind is str and (problem := _text_problem(str(value))):
            raise self._error(f"{section}.{key} is {_short(value)}; {problem}", section, key)
        bounds, choices = entry.metadata["bounds"], entry.metadata["choices"]
        if bounds and not bounds[0] <= value <= bounds[1]:
            wanted = f"{bounds[0]:g} to {bounds[1]:g}"
            raise self._error(
                f"{section}.{key} is {_short(value)}; {wanted} is allowed", section, key
            )
        if choices and value not in choices:
            wanted = " or ".join(f'"{choice}"' for choice in choices if choice)
            raise self._error(
                f"{section}.{key} is {_short(value)}; {wanted} is wanted", section, key
            )
        return value

    def _error(self, problem: str, section: str, key: str = "") -> SettingsError:
        line = self._line(section, key)
        where = f"{self._path}, line {line}" if line else f"{self._path}"
        return SettingsError(f"{problem}. Edit {where}.")

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


def _sections() -> list[tuple[str, Any, tuple[Field[Any], ...]]]:
    settings = Settings()
    names = [entry.name for entry in fields(settings)]
    records = [getattr(settings, name) for name in names]
    return [(name, record, fields(record)) for name, record in zip(names, records, strict=True)]


def _summary(record: object) -> str:
    return (type(record).__doc__ or "").splitlines()[0]


def _default(entry: Field[Any]) -> object:
    return entry.default


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


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case _:
            return str(value)
