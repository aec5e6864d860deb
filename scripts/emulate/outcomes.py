"""The rows of an emulated test: what was done, what was wanted, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcomes:
    """The rows so far; `failed` counts those that are not as wanted."""

    failed: int = 0
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, *, wanted: str, found: str, holds: bool, seconds: float = -1) -> None:
        """Add a row and print it at once."""
        took = f"{seconds:.1f}" if seconds >= 0 else ""
        self.rows.append(("ok" if holds else "NO", what, f"{found} (wanted: {wanted})", took))
        self.failed += not holds
        print(*self.rows[-1], sep=" | ", flush=True)

    def show(self) -> None:
        """Print all rows as a Markdown table."""
        print("\n| | what was done | what the pins showed | s, emulated |\n|---|---|---|---:|")
        for row in self.rows:
            print("|", " | ".join(row), "|")
