"""What a box says, by every way it has, while it reads nothing because it was moved."""

from __future__ import annotations

from typing import Final

MOVED: Final = (
    "Faces sit where they never did, so the box may have been moved, and nothing is read. Look "
    "that it faces the customers' seat and nobody else, then hold the price button for 2 s, or "
    "run: sudo cuelight zone --confirm."
)
"""The fault in log, health and doctor. No count is lost by it; new ones begin once somebody
confirmed."""
