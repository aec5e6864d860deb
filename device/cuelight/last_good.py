"""Keep the settings that a start went well with, for the day when somebody breaks the file."""

from __future__ import annotations

import logging
import os
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cuelight.device_toml import parse_settings, parse_tables, settings_text
from cuelight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cuelight.settings import Settings

_log = logging.getLogger(__name__)

LAST_GOOD: Final = "last-good.toml"
"""Its name in the service's state folder."""

_GUARDED: Final = ("privacy", "release", "zone")
"""What the customer was promised: what the new file says of it counts, or the camera stays shut."""

_HEAD: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?")
_BEGINNING: Final = "# cuelight keeps here the last good settings of "


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings to start with; `fault` says why they are not the file's own, if they are not."""

    settings: Settings
    text: str
    fault: str = ""


class LastGood:
    """One file beside the box's sums; it holds what device.toml held, which is no secret of ours.

    `path` None keeps nothing and falls back on nothing: at a terminal a wrong file is better said.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def choose(self, config: Path) -> Chosen:
        """Read `config`; where it is wrong, fall back on what was kept of it, and say so.

        What the broken file still says of privacy, release and zone is used nonetheless, so that no
        promise is ever looser than it reads. Raises SettingsError, as for the file itself, when
        nothing was kept, or when one of these sections is what cannot be read.
        """
        text = ""
        try:
            text = settings_text(config)
            return Chosen(parse_settings(text, config), text)
        except SettingsError as error:
            kept = self.load(config)
            if kept is None:
                raise
            settings = self._guarded(kept, text, config, error) if text else kept.settings
            fault = f"{error} The last good settings are in use until then."
            _log.error("%s", fault)
            return Chosen(settings, kept.text, fault)

    def keep(self, chosen: Chosen, config: Path) -> None:
        """Keep settings that a start went well with; trouble with the disk is only said."""
        if self._path is None or chosen.fault:
            return
        whole = f"{_BEGINNING}{config}\n{chosen.text}"
        try:
            if self._path.exists() and self._path.read_text(encoding="utf-8") == whole:
                return
            fresh = self._path.with_suffix(".new")
            fresh.touch(mode=0o600)
            with fresh.open("w", encoding="utf-8") as file:
                file.write(whole)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except (OSError, UnicodeDecodeError) as error:
            _log.warning("the settings that work cannot be kept in %s: %s", self._path, error)

    def load(self, config: Path) -> Chosen | None:
        """Give what was kept of `config`, whatever stands there now; None if nothing was."""
        if self._path is None or not self._path.exists():
            return None
        try:
            head, _, text = settings_text(self._path).partition("\n")
            if head != f"{_BEGINNING}{config}":
                return None
            return Chosen(parse_settings(text, self._path), text)
        except SettingsError as error:  # a newer cuelight may know some setting no more
            _log.warning("the last good settings are of no use either: %s", error)
            return None

    def _guarded(self, kept: Chosen, text: str, config: Path, error: SettingsError) -> Settings:
        """Put what the broken file says of the guarded sections into the kept settings."""
        tables, broken = _tables(text)
        before = tomllib.loads(kept.text)
        sections: dict[str, Any] = {}
        for name in _GUARDED:
            gone = broken and name not in tables and name in before
            if name in broken or gone:
                raise error
            table: dict[str, Any] = {name: tables[name]} if name in tables else {}
            sections[name] = getattr(parse_tables(table, text, config), name)
        return replace(kept.settings, **sections)


def _tables(text: str) -> tuple[dict[str, Any], set[str]]:
    """Parse what can be parsed of a device.toml: its sections, and the names of the broken ones."""
    try:
        return tomllib.loads(text), set()
    except tomllib.TOMLDecodeError:
        pass
    tables: dict[str, Any] = {}
    broken = set()
    for name, part in _parts(text):
        try:
            given = tomllib.loads(part)
        except tomllib.TOMLDecodeError:
            broken.add(name)
            continue
        if set(given) & set(tables):  # the same section twice: nobody knows which one counts
            broken |= set(given) & set(tables)
        tables |= given
    return tables, broken


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Cut a device.toml at its section heads; what stands before the first has no name.

    What follows a broken head belongs to the section before, which so counts as broken too.
    """
    name, lines = "", list[str]()
    for line in text.splitlines():
        if head := _HEAD.fullmatch(line):
            yield name, "\n".join(lines)
            name, lines = head[1], []
        lines.append(line)
    yield name, "\n".join(lines)
