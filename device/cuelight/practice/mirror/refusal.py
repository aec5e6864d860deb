"""Why the mirror is refused on an installed unit, in the words that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Refusal:
    """The mirror of an installed unit: none. `mark` is what makes this machine a unit."""

    mark: str

    @property
    def words(self) -> str:
        """Say what was found, why that rules the mirror out, and what to do instead."""
        return (
            f"This machine is set up as a cuelight unit ({self.mark} is there). A unit's camera is "
            "for the customer's side of the table, under its lamp and its notice, and the people "
            "who work there must never be in its view. So there is no mirror here, and no camera "
            "was opened. Practise on a computer of your own: install cuelight there and start "
            "`cuelight practice`."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""
