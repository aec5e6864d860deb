"""Turn a checkpoint into the full-integer int8 file that the device runs.

Fifth step of the recipe: `<run>.pt` and its relative head -> `float-<run>.tflite` in the cache ->
`expression.tflite`. litert-torch lowers the graph; ai-edge-quantizer makes weights (by channel) and
activations int8, calibrated on training crops varied as in training.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import calibrator, quantizer, recipe_manager
from ai_edge_quantizer import recipe as ways
from ai_edge_quantizer.utils.qsv_utils import min_max_update
from augment import Place, Strength, relit, take
from channels import EMOTIONS, OUTPUTS, UNITS, WIDTHS
from net import Deployed, ExpressionNet
from quantised import Quantised, open_interpreter
from shards import Drawer, open_shards, row_weights

HERE = Path(__file__).parent


def load_net(checkpoint: Path) -> ExpressionNet:
    """Load a checkpoint's slow average, ready to be run."""
    net = ExpressionNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=False)["slow"])
    return net.eval()


def calibration_crops(cache: Path, recipe: dict[str, Any]) -> torch.Tensor:
    """Draw crops (N,112,112,1), 0..1, from the training shards, placed and lit as in training."""
    table = recipe["train"]
    shards = open_shards(cache)
    shares = [float(table["shares"][shard.name]) for shard in shards]
    weights = [row_weights(shard, table["emphasis"], EMOTIONS) for shard in shards]
    drawer = Drawer(shards, shares, weights)
    dice = torch.Generator().manual_seed(recipe["seed"])
    count = recipe["convert"]["calibration_crops"]
    crops, _ = drawer.draw(count, np.random.default_rng(recipe["seed"]))
    strength = Strength(**recipe["augment"])
    seen = take(crops, Place.draw(count, strength, dice))
    half = count // 2
    seen[half:] = relit(seen[half:], strength, dice, torch.arange(count - half))
    seen = seen.clamp(0, 1)
    # Black and white in one crop pin the input's range, so that its scale is 1/255 exactly.
    seen[0, 0, :56], seen[0, 0, 56:] = 0, 1
    return seen.permute(0, 2, 3, 1).contiguous()


def load_relative(path: Path) -> tuple[torch.nn.Linear, np.ndarray[Any, np.dtype[np.float32]]]:
    """Load the head of relative units, and what one of each output is worth (24,)."""
    with np.load(path) as held:
        weight, bias = (torch.from_numpy(held[name]) for name in ("weight", "bias"))
        scale = held["scale"]
    head = torch.nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(bias)
    return head, scale


def emotion_shift(recipe: dict[str, Any]) -> torch.Tensor:
    """Give what is added to the emotion logits: part of the log share that FER+ faces have."""
    table = recipe["convert"]
    share = torch.tensor([float(table["share"][name]) for name in EMOTIONS])
    return (share / share.sum()).log() * float(table["prior_part"])


def to_float(whole: Deployed, path: Path) -> None:
    """Write the float file."""
    sample = (torch.rand(1, 112, 112, 1),)
    litert_torch.convert(whole.eval(), sample).export(str(path))


def to_int8(source: Path, crops: torch.Tensor, path: Path) -> None:
    """Quantise the float file to int8 in and out and write it."""
    signature, spec = next(iter(open_interpreter(source).get_signature_list().items()))
    name = spec["inputs"][0]
    samples = [{name: crop[None].numpy().astype(np.float32)} for crop in crops]
    # The quantizer's own calibration averages each sample's range, which cuts off a head turned
    # far: three numbers hardly ever span their range in one sample. So ranges only widen here.
    rules = recipe_manager.RecipeManager()
    rules.load_quantization_recipe(ways.static_wi8_ai8())
    watch = calibrator.Calibrator(str(source), qsv_update_func=min_max_update)
    watch.calibrate({signature: samples}, rules)
    work = quantizer.Quantizer(str(source), ways.static_wi8_ai8())
    work.quantize(watch.get_model_qsvs()).export_model(str(path), overwrite=True)


def check(path: Path) -> None:
    """Refuse a file whose outputs are not the contract's seven, int8, in order."""
    model = Quantised(path)
    widths = tuple(part.shape[-1] for part in model(np.zeros((112, 112), np.uint8)))
    wanted = dict(zip(OUTPUTS, (*WIDTHS, len(UNITS)), strict=True))
    if widths != tuple(wanted.values()):
        message = f"{path}: outputs are {widths} wide; wanted {wanted}"
        raise ValueError(message)


def main() -> None:
    """Convert one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--run", default="fourth", help="which of the recipe's runs to convert")
    parser.add_argument("--out", type=Path, default=HERE.parent / "expression.tflite")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    torch.manual_seed(recipe["seed"])
    crops = calibration_crops(given.cache, recipe)
    # Named for the run, so that one run's trial leaves another's file alone.
    source = given.cache / f"float-{given.run}.tflite"
    net = load_net(given.cache / f"{given.run}.pt")
    relative, _ = load_relative(given.cache / f"{given.run}-relative.npz")
    to_float(Deployed(net, relative, emotion_shift(recipe)), source)
    to_int8(source, crops, given.out)
    check(given.out)
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
