"""Name a group of measurements: which reader, on what sort of pictures, at which rate."""

from __future__ import annotations

from typing import NamedTuple

OURS = "cuelight"
PEER = "face_landmarker"


class Group(NamedTuple):
    """One reader on clips of one source, split and frame rate."""

    system: str
    source: str
    split: str
    fps: float

    def __str__(self) -> str:
        """Write it as a heading."""
        real = "real" if self.source == "film" else "synthetic"
        return f"{self.system}: {self.source} ({real}), {self.split}, {self.fps:g} frames a second"
