"""Read device.toml into settings, refusing whatever a person would want to know about."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cuelight.agreement import complaints
from cuelight.errors import SettingsError
from cuelight.settings import Settings
from cuelight.settings_file import SettingsFile, toml_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from dataclasses import Field
    from pathlib import Path


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
    return parse_tables(SettingsFile(path, text).tables(), text, path)


def parse_tables(tables: Mapping[str, object], text: str, path: Path) -> Settings:
    """Check sections that were parsed already; `text` gives complaints their line numbers."""
    file = SettingsFile(path, text)
    records = {name: record for name, record, _ in _sections()}
    settings = Settings(**file.filled(records, tables))
    for problem, section, key in complaints(settings):
        raise file.error(problem, section, key)
    return settings


def example() -> str:
    """Write device.example.toml: every option with its meaning, unit, bounds and default."""
    lines = ["# cuelight: device.toml with every option at its default.", ""]
    for section, record, entries in _sections():
        lines += [f"# {_summary(record)}", f"[{section}]"]
        for entry in entries:
            value = toml_value(getattr(record, entry.name))
            lines += [f"# {describe(entry)}", f"{entry.name} = {value}"]
        lines.append("")
    return "\n".join(lines)


def settings_table() -> str:
    """Write the README's settings table in Markdown, a row for every option."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for section, record, entries in _sections():
        for entry in entries:
            value = toml_value(getattr(record, entry.name))
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


def _sections() -> list[tuple[str, Any, tuple[Field[Any], ...]]]:
    settings = Settings()
    names = [entry.name for entry in fields(settings)]
    records = [getattr(settings, name) for name in names]
    return [(name, record, fields(record)) for name, record in zip(names, records, strict=True)]


def _summary(record: object) -> str:
    return (type(record).__doc__ or "").splitlines()[0]
