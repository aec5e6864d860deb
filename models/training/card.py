"""Write the model's card, `expression.toml`, from the recipe and what `report.py` measured.

The step after `report.py`. The device reads names, crop and thresholds from it; quantisation scales
it reads from the tensors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from channels import EMOTIONS, GAZE, HEAD, POINTS, QUALITY, STABLE, UNITS

if TYPE_CHECKING:
    from crop import Floats

HERE = Path(__file__).parent
KINDS = {
    "units": ("intensity", UNITS),
    "emotions": ("probability", EMOTIONS),
    "head": ("degrees", HEAD),
    "gaze": ("degrees", GAZE),
    "landmarks": ("crop units", tuple(POINTS)),
    "quality": ("probability", QUALITY),
    "relative": ("what one face gained, 1 a full movement", UNITS),
}
DETECTOR = {
    "right_eye": ("eye_r_outer", "eye_r_inner"),
    "left_eye": ("eye_l_outer", "eye_l_inner"),
    "nose_tip": ("nose_tip",),
    "mouth_centre": ("mouth_r", "mouth_l"),
}

PROVEN_ON = {"warped": "warped faces", "swept": "renders"}


def evidence(unit: str, found: dict[str, Any], table: dict[str, Any]) -> tuple[bool, str]:
    """Decide whether a unit is shown to work, by the recipe's rule; give the reason in words."""
    proofs, along = found["proofs"][unit], found["compared"].get(unit)
    said = [
        f"{move} of {table['told_strength']:g} told on {100 * proof['share']:.0f} % of "
        f"{PROVEN_ON[proof['on']]}"
        for move, proof in proofs.items()
    ]
    live = bool(proofs) and all(proof["share"] >= table["told_share"] for proof in proofs.values())
    if along is not None:
        live = live and (
            along["clips"] < table["clips_least"] or along["median"] >= table["clips_r"]
        )
        said.append(f"along clips r {along['median']:.2f} ({along['clips']})")
    return live, "; ".join(said) or "not measured"


def thresholds(unit: str, found: dict[str, Any], table: dict[str, Any]) -> tuple[float, float]:
    """Give onset and offset thresholds above a visitor's own neutral."""
    wanted = table["enter_noise"] * found["noise"][unit]
    enter = float(np.clip(wanted, table["enter_least"], table["enter_most"]))
    return enter, enter * table["leave_share"]


def _names(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _noise(found: dict[str, Any], name: str, axes: tuple[str, ...]) -> str:
    values = (f"{found['noise'][f'{name}_{axis}']:.3f}" for axis in axes)
    return f"noise = [{', '.join(values)}]"


def write_card(found: dict[str, Any], recipe: dict[str, Any], template: Floats, model: Path) -> str:
    """Give the card as TOML."""
    table = recipe["card"]
    lines = [
        "# The expression model's card, written by models/training/card.py out of its recipe.",
        "",
        "[model]",
        'name = "cuelight-expression"',
        f'version = "{table["version"]}"',
        f'file = "{model.name}"',
        f'sha256 = "{hashlib.sha256(model.read_bytes()).hexdigest()}"',
        f"bytes = {model.stat().st_size}",
        f"parameters = {found['parameters']}",
        'terms = "WEIGHTS-TERMS.md"',
        'licence = "research use: see WEIGHTS-TERMS.md"',
        f'purpose = "{table["purpose"]}"',
        f'not_for = "{table["not_for"]}"',
        "limits = [",
        *(f'  "{limit}",' for limit in table["limits"]),
        "]",
        "",
        "[input]",
        "height = 112",
        "width = 112",
        "channels = 1",
        'dtype = "int8"',
        'range = "grey / 255, then through the tensor\'s own scale: that is grey - 128"',
        "",
        "[quantisation]",
        "# Full integer, static; the device reads every scale and zero point from the tensors.",
        'weights = "int8, per channel"',
        'activations = "int8, ranges the widest over the calibration crops"',
        f"calibration_crops = {recipe['convert']['calibration_crops']}",
        "",
    ]
    for index, (name, (kind, names)) in enumerate(KINDS.items()):
        lines += [f"[outputs.{name}]", f"index = {index}", f'kind = "{kind}"']
        lines.append(f"names = {_names(names)}")
        if name == "relative":
            scales = ", ".join(f"{scale:.4f}" for scale in found["relative_scale"])
            lines += ["# What one of each output is worth.", f"scales = [{scales}]"]
        lines.append("")
    lines += [
        "[crop]",
        "# Crop units: 0..1 over the crop, pixel = unit x 112. The person's right is image left.",
        "# Fit turn, one scale and shift (no reflection) from the stable points to the template.",
        f"stable = {_names(STABLE)}",
        "template = [",
        *(
            f"  [{x:.4f}, {y:.4f}],  # {name}"
            for name, (x, y) in zip(POINTS, template, strict=True)
        ),
        "]",
        "",
        "[crop.detector]",
        "# Which points' means a detector's keypoints stand for, to start a track.",
        *(f"{name} = {_names(points)}" for name, points in DETECTOR.items()),
        "",
        "[head]",
        _noise(found, "head", HEAD),
        "# yaw + the person turns to their left (image right); pitch + up;",
        "# roll + the top of the head to image right; all in degrees.",
        "",
        "[gaze]",
        _noise(found, "gaze", GAZE),
        "# Relative to the head: yaw + towards the person's left (image right); pitch + up.",
        "",
        "# In relative units, but for AU25, AU26 and AU45, which are compared by their intensity.",
        "# enter, leave: above the visitor's own neutral. noise: deviation on a still face.",
        "# prior: median intensity of faces voted neutral. slope: relative units for each of",
        "# intensity, 0 for those without. live = false: not shown to work, not to be used.",
    ]
    for unit in UNITS:
        live, why = evidence(unit, found, table)
        enter, leave = thresholds(unit, found, table)
        lines += [
            f"[units.{unit}]",
            f"live = {str(live).lower()}  # {why}",
            f"enter = {enter:.3f}",
            f"leave = {leave:.3f}",
            f"noise = {found['noise'][unit]:.4f}",
            f"prior = {found['prior'][unit]:.4f}",
            f"slope = {found['slope'][unit]:.3f}",
            "",
        ]
    lines += _data(recipe) + _results(found)
    return "\n".join(lines) + "\n"


def _data(recipe: dict[str, Any]) -> list[str]:
    lines = []
    for entry in recipe["data"]:
        lines += ["[[data]]", *(f'{key} = "{value}"' for key, value in entry.items()), ""]
    return lines


def _results(found: dict[str, Any]) -> list[str]:
    scores = found["expressions"]["majority"]
    plain, back = scores["int8"], scores["int8, adjusted back"]
    lines = [
        "[results]",
        'command = "python models/training/report.py --cache CACHE --clips CLIPS"',
        'where = "x86; faces and clips never trained on; see REPORT.md"',
        f"ferplus_valid_accuracy = {plain['accuracy'][0]:.4f}",
        f"ferplus_valid_macro_auc = {plain['auc'][0]:.4f}",
        f"ferplus_valid_mean_recall = {plain['mean_recall'][0]:.4f}",
        f"ferplus_valid_mean_recall_adjusted = {back['mean_recall'][0]:.4f}",
        f"nose_wrinkle_on_warped_faces_auc = {found['nose']['warped']['auc'][0]:.3f}",
        f"milliseconds_x86 = {found['timing']['milliseconds']['expression'][0]:.3f}",
    ]
    each = ", ".join(
        f'"{name}" = {score["median"]:.2f}' for name, score in found["channels"].items()
    )
    return [*lines, f"clips_r = {{ {each} }}"]


def main() -> None:
    """Write the card beside the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder with results.json")
    parser.add_argument("--results", type=Path, help="instead of results.json in the cache")
    parser.add_argument("--model", type=Path, default=HERE.parent / "expression.tflite")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    given = parser.parse_args()
    found = json.loads((given.results or given.cache / "results.json").read_text())
    recipe = tomllib.loads(given.recipe.read_text())
    if found["sha256"] != hashlib.sha256(given.model.read_bytes()).hexdigest():
        message = f"results.json is of another file than {given.model}; run report.py first"
        raise ValueError(message)
    text = write_card(found, recipe, np.load(given.cache / "template.npy"), given.model)
    tomllib.loads(text)
    given.model.with_suffix(".toml").write_text(text)


if __name__ == "__main__":
    main()
