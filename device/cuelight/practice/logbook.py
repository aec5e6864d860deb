"""Keep a rep's answers in a file of their own, which nobody else may open."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_type_hints

from cuelight.errors import InputError, StoreError
from cuelight.practice.guide import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["first test", "lesson", "chosen", "retention test"]
KINDS: Final[tuple[Kind, ...]] = ("first test", "lesson", "chosen", "retention test")

_OURS_ALONE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Answer:
    """One flash and what was said of it.

    `at` is when, seconds since 1970; `session` is when its session began, likewise. `level` is the
    rung of the ladder, -1 where time and strength were chosen. `said` may be "nothing".
    """

    at: float
    session: float
    player: str
    kind: str
    family: str
    shown: str
    said: str
    move: str
    level: int
    ms: int
    steps: int
    measured_ms: float

    @property
    def is_right(self) -> bool:
        """Whether the sign was named."""
        return self.said == self.shown


_TYPES: Final[Mapping[str, type]] = get_type_hints(Answer)


class Logbook:
    """The file, one line of JSON an answer, made on the first one with nobody else's rights.

    Raises InputError when others may read it, StoreError when it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._check()

    def _check(self) -> None:
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._trouble("read", error) from error
        if mode & 0o077:
            raise InputError(
                f"others may read {self.path}, where your scores are. Make it yours alone: "
                f"chmod 600 {self.path}"
            )

    def add(self, answer: Answer) -> None:
        """Write one answer down."""
        line = json.dumps(asdict(answer), separators=(",", ":")) + "\n"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            number = os.open(self.path, flags, _OURS_ALONE)
            with os.fdopen(number, "r+b", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                if end:  # a line that a power cut left unfinished must not swallow this one
                    file.seek(end - 1)
                    line = line if file.read(1) == b"\n" else "\n" + line
                file.write(line.encode())
        except OSError as error:
            raise self._trouble("write", error) from error

    def read(self) -> list[Answer]:
        """Give all answers, oldest first; lines that are none (a power cut) are passed over."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._trouble("read", error) from error
        found = (_answer(line) for line in lines)
        return sorted((one for one in found if one), key=lambda one: one.at)

    def erase(self) -> None:
        """Delete the file."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._trouble("delete", error) from error

    def _trouble(self, deed: str, error: OSError) -> StoreError:
        return StoreError(
            f"cannot {deed} your scores in {self.path}: {error}. Name another file with --scores."
        )


def _answer(line: str) -> Answer | None:
    try:
        page = json.loads(line)
        values = {one.name: page[one.name] for one in fields(Answer)}
    except (ValueError, KeyError, TypeError):
        return None
    for name, value in values.items():
        wanted = _TYPES[name]
        if wanted is float and type(value) is int:
            values[name] = float(value)
        elif type(value) is not wanted:
            return None
    answer = Answer(**values)
    known = FAMILIES["expressions"] if answer.family == "expressions" else FAMILIES["cues"]
    return answer if answer.shown in known and answer.kind in KINDS else None


def own_path(environment: Mapping[str, str], home: Path) -> Path:
    """Give where a person's scores lie: in their own data folder."""
    base = environment.get("XDG_DATA_HOME", "")
    folder = Path(base) if base.startswith("/") else home / ".local" / "share"
    return folder / "cuelight" / "practice.jsonl"
