"""Change single values of a device.toml and leave every other line, and every comment, alone."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cuelight.device_toml import parse_settings, settings_text
from cuelight.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value = bool | int | float | str | list[list[float]]

_HEAD: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?")


def amend(path: Path, section: str, values: Mapping[str, Value]) -> None:
    """Set `values` in `section` of the file, all of them or none, whatever happens meanwhile.

    Only their own lines change; a comment behind a value stays. What comes out is parsed and held
    against what was wanted before the file is replaced, with the rights that it had. Raises
    SettingsError where the file is wrong, or written in a way that this cannot change, and
    StoreError where it cannot be replaced.
    """
    text = settings_text(path)
    parse_settings(text, path)
    end = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
    fresh = amended(text, section, values)
    if fresh is None:
        lines = "; ".join(f"{key} = {_toml(value)}" for key, value in values.items())
        raise SettingsError(
            f"{path} writes [{section}] in a way that cannot be changed by itself. Set there by "
            f"hand, under [{section}]: {lines}."
        )
    parse_settings(fresh, path)
    _replace(path, fresh.replace("\n", end))


def amended(text: str, section: str, values: Mapping[str, Value]) -> str | None:
    """Return the text with these values; None where it is not just they that would differ."""
    wanted = tomllib.loads(text)
    table = wanted.setdefault(section, {})
    if not isinstance(table, dict):
        return None
    table.update(values)
    lines = text.splitlines(keepends=True)
    for key, value in values.items():
        lines = _with(lines, section, key, _toml(value))
    fresh = "".join(lines)
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(fresh) == wanted:
            return fresh
    return None


def _with(lines: list[str], section: str, key: str, value: str) -> list[str]:
    heads = [(number, found[1]) for number, line in enumerate(lines) if (found := _head(line))]
    start = next((number for number, name in heads if name == section), None)
    if start is None:
        end = [] if not lines or lines[-1].endswith("\n") else ["\n"]
        return [*lines, *end, "\n" if lines else "", f"[{section}]\n", f"{key} = {value}\n"]
    stop = next((number for number, _ in heads if number > start), len(lines))
    pattern = re.compile(rf"(\s*{re.escape(key)}\s*=\s*)")
    for number in range(start + 1, stop):
        if found := pattern.match(lines[number]):
            last = _last_line(lines, number, stop, key)
            rest = _behind("".join(lines[number : last + 1])[found.end() :])
            return [*lines[:number], f"{found[1]}{value}{rest}\n", *lines[last + 1 :]]
    return [*lines[: start + 1], f"{key} = {value}\n", *lines[start + 1 :]]


def _head(line: str) -> re.Match[str] | None:
    return _HEAD.fullmatch(line.rstrip("\n\r"))


def _last_line(lines: list[str], first: int, stop: int, key: str) -> int:
    """Find where a value that begins in line `first` ends: a list may take several lines."""
    for last in range(first, stop):
        with suppress(tomllib.TOMLDecodeError):
            if key in tomllib.loads("".join(lines[first : last + 1])):
                return last
    return first


def _behind(rest: str) -> str:
    """Return the comment that follows a value, with the blanks before it; "" if there is none."""
    given = rest.rstrip("\r\n")
    for found in re.finditer(r"\s*#", given):
        with suppress(tomllib.TOMLDecodeError):
            before: Any = tomllib.loads(f"value = {given[: found.start()]}")
            if "value" in before and "\n" not in given[found.start() :]:
                return given[found.start() :]
    return ""


def _toml(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list():
            return "[" + ", ".join(f"[{', '.join(map(_number, point))}]" for point in value) + "]"
        case _:
            return _number(value)


def _number(value: float) -> str:
    return repr(value)


def _replace(path: Path, text: str) -> None:
    target = path.resolve()  # a link stays one
    fresh = target.with_name(f".{target.name}.new")
    try:
        known = target.stat()
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w", encoding="utf-8", newline="") as writing:
            os.fchmod(file, known.st_mode & 0o7777)
            if (known.st_uid, known.st_gid) != (os.getuid(), os.getgid()):
                os.fchown(file, known.st_uid, known.st_gid)
            writing.write(text)
            writing.flush()
            os.fsync(file)
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StoreError(
            f"{path} cannot be written: {error}. Run this as root, or as the file's owner."
        ) from error
