"""Both runtimes on the real models, and files that are no models."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cuelight.errors import ModelError
from cuelight.sense.clip import open_clip
from cuelight.sense.detect import DETECTOR_FILE, DETECTOR_SHA256, Detector
from cuelight.sense.records import UNITS
from cuelight.sense.runtime import RUNTIMES, open_model

ROOT = Path(__file__).resolve().parents[1]
DETECTOR = ROOT / "models" / "fetched" / DETECTOR_FILE
INSTALLED = ["litert", "tflite-runtime"] if sys.version_info < (3, 12) else ["litert"]

# What MediaPipe's far larger Face Landmarker sees in the actress clip's first frame (pixels).
ACTRESS_POINTS = {"eye_r": (374, 180), "eye_l": (469, 174), "nose": (415, 236), "mouth": (430, 276)}

# A few steps of each output's int8 scale: the runtimes round differently.
TOLERANCE = {
    "units": 0.04,
    "emotions": 0.04,
    "head": 1.0,
    "gaze": 0.7,
    "landmarks": 0.011,
    "quality": 0.02,
}

NO_FACE = [4, 5, 6, 7]  # the goldens' gradient, noise, black and white


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What each installed runtime makes of the same pictures, each in a process of its own."""
    picture = tmp_path_factory.mktemp("golden") / "frame.npy"
    with open_clip(ROOT / "clips" / "actress.mp4") as clip:
        np.save(picture, next(iter(clip)).image)
    results = {}
    for runtime in INSTALLED:
        done = subprocess.run(
            [sys.executable, ROOT / "tests" / "runtime_probe.py", runtime, picture],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""  # the runtimes' native greetings are kept quiet
        results[runtime] = json.loads(done.stdout)
    return results


@pytest.mark.parametrize("runtime", INSTALLED)
def test_each_runtime_finds_the_actress_where_she_is(said, runtime):
    result = said[runtime]
    assert result["runtime"] == [runtime, runtime]
    (box,) = result["boxes"]
    assert box[:4] == pytest.approx([321, 112, 559, 350], abs=1.5)
    assert box[4] > 0.9
    seen = np.array(result["points"][0][:4])
    assert np.abs(seen - np.array(list(ACTRESS_POINTS.values()))).max() < 16


@pytest.mark.parametrize("runtime", INSTALLED)
def test_each_runtime_gives_the_expression_models_goldens(said, runtime):
    with np.load(ROOT / "models" / "goldens.npz") as goldens:
        for name, tolerance in TOLERANCE.items():
            wanted = goldens[name]
            if name == "quality":
                wanted = wanted.prod(axis=1, keepdims=True)
            given = np.array(said[runtime]["outputs"][name])
            assert given.shape == wanted.shape
            off = np.abs(given - wanted).max(axis=1)
            assert np.delete(off, NO_FACE).max() <= tolerance, name
            assert off[NO_FACE].max() <= 3 * tolerance, name  # far from all it was trained on
            # goldens that hardly differ from each other would prove nothing
            assert name == "quality" or np.ptp(wanted, axis=0).max() > 4 * tolerance, name


@pytest.mark.parametrize("runtime", INSTALLED)
def test_each_runtime_tells_movements_apart_on_rendered_faces(said, runtime):
    """Persons never trained on, each against its own rest: the movement shown, and no other."""
    with np.load(ROOT / "models" / "goldens.npz") as goldens:
        shows = goldens["shows"].tolist()
    units = np.array(said[runtime]["outputs"]["units"])
    starts = [row for row, move in enumerate(shows) if move == ""]
    assert len(starts) == 3
    for start in starts:

        def rise(move, *names, first=start):
            row = first + shows[first:].index(move)
            each = units[row] - units[first]
            return float(np.mean([each[UNITS.index(name)] for name in names]))

        for left, right, move in (("AU12L", "AU12R", "smile_l"), ("AU12R", "AU12L", "smile_r")):
            assert rise(move, left) > rise(move, right) + 0.1
        assert rise("smile", "AU12L", "AU12R") > 0.15
        # The nose still answers to a raised lip, but less than to its own wrinkle.
        assert rise("sneer", "AU09") > 0.2
        assert rise("sneer", "AU09") > rise("lip_up", "AU09") + 0.05
        assert max(rise(move, "AU09") for move in ("brows_down", "smile")) < 0.15
        assert rise("brows_up", "AU01", "AU02L", "AU02R") > 0.15
        assert rise("brows_down", "AU04L", "AU04R") > 0.15
        assert rise("blink", "AU45L", "AU45R") > 0.4


def test_auto_prefers_litert():
    model = open_model(DETECTOR, sha256=DETECTOR_SHA256)
    assert model.runtime_name == "litert"
    assert next(iter(RUNTIMES)) == "litert"


def test_tensors_carry_the_models_own_shapes_and_scales():
    model = open_model(DETECTOR, sha256=DETECTOR_SHA256)
    (entry,) = model.inputs
    assert (entry.shape, entry.dtype, entry.scale) == ((1, 128, 128, 3), np.float32, 1.0)
    assert [tensor.shape for tensor in model.outputs] == [(1, 896, 16), (1, 896, 1)]


def test_dequantised_is_value_minus_zero_point_times_scale():
    path = ROOT / "models" / "expression.tflite"
    model = open_model(path, sha256=digest(path))
    model.input[:] = 7
    model.invoke()
    for position, tensor in enumerate(model.outputs):
        assert tensor.dtype == np.int8
        stored = model.output(position).astype(np.float64)
        wanted = (stored - tensor.zero_point) * tensor.scale
        assert model.dequantised(position) == pytest.approx(wanted, abs=1e-4)
        assert model.dequantised(position).dtype == np.float32


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", [0, 5, 200, 100_000])
def test_a_truncated_model_is_refused_by_its_hash(tmp_path, size):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(DETECTOR.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"broken\.tflite is not the file that was tested"):
        open_model(broken, sha256=DETECTOR_SHA256)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1c\x00\x00\x00TFL3" + bytes(40)])
def test_a_file_that_is_no_model_is_refused_in_a_sentence(tmp_path, content):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.tflite is no model that litert can run: .+\."):
        open_model(broken, sha256=digest(broken), runtime="litert")


def test_a_missing_model_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match=r"Cannot read the model .*gone\.tflite.*scripts/fetch"):
        open_model(tmp_path / "gone.tflite", sha256=DETECTOR_SHA256)


def test_another_detector_is_refused(tmp_path):
    (tmp_path / "fetched").mkdir()
    (tmp_path / "fetched" / DETECTOR_FILE).write_bytes(
        (ROOT / "models" / "expression.tflite").read_bytes()
    )
    with pytest.raises(ModelError, match="SHA-256"):
        Detector(tmp_path)


def test_without_any_runtime_the_error_names_both(tmp_path):
    """A bare Python that sees only numpy and this package."""
    library = Path(np.__file__).parents[1]
    for folder in library.glob("numpy*"):
        (tmp_path / folder.name).symlink_to(folder)
    code = (
        "from pathlib import Path; from cuelight.errors import ModelError\n"
        "from cuelight.sense.detect import Detector\n"
        "try: Detector(Path('models'))\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'device'}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (
        "model.runtime is auto, but no such runtime is installed. "
        "Install ai-edge-litert or tflite-runtime, or edit model.runtime."
    )
