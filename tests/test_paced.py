"""A clip that plays like a camera: newest frame, skips counted, time rising over the joins."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cuelight.sense.paced import PacedClip


class Clock:
    def __init__(self):
        self.time = 50.0

    def now(self):
        return self.time

    def wait(self, seconds):
        self.time += seconds


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (64, 48))
    for value in range(10):
        writer.write(np.full((48, 64, 3), 20 * value, np.uint8))
    writer.release()
    return path


def play(clip, *, loops, work_seconds):
    clock = Clock()
    frames = []
    with PacedClip(clip, loops=loops, now=clock.now, wait=clock.wait) as camera:
        try:
            while True:
                frames.append(camera.read())
                clock.wait(work_seconds)
        except EOFError:
            return frames, camera.skipped, clock.time


def test_a_quick_reader_gets_every_frame_at_the_pace_of_life(clip):
    frames, skipped, ended = play(clip, loops=1, work_seconds=0.01)
    assert (len(frames), skipped) == (10, 0)
    assert [frame.timestamp for frame in frames] == pytest.approx([50 + i / 25 for i in range(10)])
    assert ended == pytest.approx(50 + 9 / 25 + 0.01)


def test_a_slow_reader_gets_the_newest_and_the_rest_is_counted(clip):
    frames, skipped, _ = play(clip, loops=1, work_seconds=0.1)
    assert len(frames) + skipped == 10
    assert skipped >= 5
    assert [int(frame.image.mean()) // 20 for frame in frames][:3] == [0, 2, 5]


def test_timestamps_go_on_over_the_joins(clip):
    frames, _, _ = play(clip, loops=3, work_seconds=0.0)
    steps = np.diff([frame.timestamp for frame in frames])
    assert len(frames) == 30
    assert steps == pytest.approx(np.full(29, 1 / 25))
