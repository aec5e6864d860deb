"""What an examination found: a verdict, one line of text, and the fix where one is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

Verdict = Literal["good", "note", "warning", "failed"]
"""`note` is information: nothing to mend, or nothing that could be tried here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How it stands with one part; `figures` (plain JSON) are for fleets.

    A warning and a failure name their fix; ValueError without one.
    """

    name: str
    verdict: Verdict
    text: str
    fix: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict in {"warning", "failed"} and not self.fix:
            raise ValueError(f"{self.name}: {self.text}: a {self.verdict} finding needs its fix")

    @classmethod
    def of_error(cls, name: str, error: Exception, *, verdict: Verdict = "failed") -> Self:
        """Make a finding of one of our errors, whose last sentence says what to do next."""
        text = " ".join(str(error).split())
        said, found, fix = text.rstrip(".").rpartition(". ")
        if not found:
            return cls(name, verdict, text, "Run again with `cuelight -v doctor` to see more.")
        return cls(name, verdict, said, f"{fix}.")

    def line(self) -> str:
        """Write the one line of a terminal."""
        fix = f" Fix: {self.fix}" if self.fix else ""
        stop = "" if self.text.endswith((".", "?", "!")) or not fix else "."
        return f"{_WORDS[self.verdict]:7} {self.name.replace('_', ' '):12} {self.text}{stop}{fix}"

    def to_json(self) -> dict[str, object]:
        """Give it as plain JSON."""
        return {
            "verdict": self.verdict,
            "text": self.text,
            "fix": self.fix,
            "figures": dict(self.figures),
        }


_WORDS = {"good": "ok", "note": "note", "warning": "warning", "failed": "FAILED"}
