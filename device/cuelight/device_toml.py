"""Read device.toml into settings, refusing whatever a person would want to know about."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cuelight.errors import SettingsError
from cuelight.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from dataclasses import Field
    from pathlib import Path

_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"No settings at {path}. Copy device.example.toml there and edit it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Cannot read {path}: {error}. Check the file and its rights."
        ) from None
    return parse_settings(text, path)


def parse_settings(text: str, path: Path) -> Settings:
    """Check the text of a device.toml; `path` is named in complaints. Raises SettingsError."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Edit that line.") from None
    return _Reader(path, text).settings(given)


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
                raise self._error(f"{name} is {table!r}, but is a section: write [{name}]", name)
            record, entries = known[name]
            sections[name] = type(record)(**self._section(name, table, entries))
        settings = Settings(**sections)
        self._check_together(settings)
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
                f"{section}.{key} is {value!r}; {_KINDS[kind]} is wanted", section, key
            )
        bounds, choices = entry.metadata["bounds"], entry.metadata["choices"]
        if bounds and not bounds[0] <= value <= bounds[1]:
            wanted = f"{bounds[0]:g} to {bounds[1]:g}"
            raise self._error(f"{section}.{key} is {value!r}; {wanted} is allowed", section, key)
        if choices and value not in choices:
            wanted = " or ".join(f'"{choice}"' for choice in choices if choice)
            raise self._error(f"{section}.{key} is {value!r}; {wanted} is wanted", section, key)
        return value

    def _check_together(self, settings: Settings) -> None:
        for key in ("name", "device"):
            value = getattr(settings.site, key)
            if not _TOPIC_NAME.fullmatch(value):
                problem = f"site.{key} is {value!r}; 1 to 64 letters, digits, - and _ are wanted"
                raise self._error(problem, "site", key)
        lamp = settings.lamp
        wanted = 3 if lamp.kind == "rgb" else 1
        if len(lamp.pins) != wanted or not all(_is_pin(pin) for pin in lamp.pins):
            problem = (
                f"lamp.pins is {list(lamp.pins)}; a {lamp.kind} lamp wants {wanted} BCM pin(s)"
            )
            raise self._error(f"{problem}, each 2 to 27", "lamp", "pins")
        used = [*lamp.pins, lamp.camera_pin, lamp.price_pin, lamp.pause_pin]
        used += [lamp.motor_pin] if lamp.motor else []
        twice = sorted({pin for pin in used if used.count(pin) > 1})
        if twice:
            raise self._error(f"lamp: pin {twice[0]} is used twice; each pin has one use", "lamp")
        polygon = settings.zone.polygon
        if len(polygon) < 3 or not all(_is_point(point) for point in polygon):
            problem = "zone.polygon wants at least 3 corners [x, y], each from 0 to 1"
            raise self._error(problem, "zone", "polygon")
        if _area(polygon) < 0.01:
            problem = "zone.polygon covers less than a hundredth of the picture; nobody fits in"
            raise self._error(problem, "zone", "polygon")
        camera = settings.camera
        if camera.mains_hz not in {0, 50, 60}:
            problem = f"camera.mains_hz is {camera.mains_hz}; 50, 60 or 0 is wanted"
            raise self._error(problem, "camera", "mains_hz")
        for key in ("width", "height"):
            if getattr(camera, key) % 2:
                problem = f"camera.{key} is {getattr(camera, key)}; an even number is wanted"
                raise self._error(problem, "camera", key)

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
            elif re.match(rf"\s*(?:{section}\s*\.\s*)?{re.escape(key or section)}\s*=", line) and (
                inside or not key or line.strip().startswith(section)
            ):
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


def _tuples(value: list[object]) -> tuple[object, ...]:
    return tuple(_tuples(item) if isinstance(item, list) else item for item in value)


def _is_pin(pin: object) -> bool:
    return type(pin) is int and 2 <= pin <= 27


def _is_point(point: object) -> bool:
    return (
        isinstance(point, tuple)
        and len(point) == 2
        and all(type(value) in (int, float) and 0 <= value <= 1 for value in point)
    )


def _area(polygon: Sequence[tuple[float, float]]) -> float:
    """Give a polygon's area by the shoelace formula."""
    following = [*polygon[1:], polygon[0]]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, following, strict=True))
    return abs(twice) / 2.0


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
