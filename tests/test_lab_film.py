"""The lab's rendered frames; needs moderngl and the rig, whose file CUELIGHT_RIG names."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from lab.director import write_script

RIG = os.environ.get("CUELIGHT_RIG", "")


@pytest.mark.skipif(not RIG, reason="CUELIGHT_RIG names no rig")
def test_frames_depend_on_seed_and_time_alone() -> None:
    """Twice the same, at twice the rate the same, and by another film the same."""
    pytest.importorskip("moderngl")
    from lab.film import Film

    script = write_script(1_000_001, "cues", 20)
    with Film(Path(RIG), (320, 180)) as film:
        slow = list(islice(film.frames(script, 30), 3))
        fast = list(islice(film.frames(script, 60), 5))
        list(islice(film.frames(write_script(3, "neutral", 20), 30), 1))
        again = list(islice(film.frames(script, 30), 3))
    np.testing.assert_array_equal(slow, again)
    np.testing.assert_array_equal(slow, fast[::2])
    assert slow[0].shape == (180, 320)
    assert not np.array_equal(slow[0], slow[1])
