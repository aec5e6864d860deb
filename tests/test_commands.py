"""The other commands, as a person would call them: output, errors and exit codes."""

from __future__ import annotations

import json
import shutil
import sys

import cv2
import pytest

from cuelight.cli import main
from cuelight.places import models_folder, sample_clip

# tflite-runtime has no wheel past Python 3.11
RUNTIMES = ["litert", "tflite-runtime"] if sys.version_info < (3, 12) else ["litert"]
READY = '[privacy]\nmode = "notice"\ncontact = "privacy@example.com"\n'


@pytest.fixture
def device_toml(tmp_path):
    def write(text=READY):
        path = tmp_path / "device.toml"
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def still(tmp_path):
    """Write one frame of the smiling clip as a picture."""
    clip = cv2.VideoCapture(str(sample_clip("smile.mp4")))
    clip.set(cv2.CAP_PROP_POS_FRAMES, 45)
    good, picture = clip.read()
    assert good
    path = tmp_path / "smile.png"
    cv2.imwrite(str(path), picture)
    return path


def test_a_still_face_is_read(still, capsys):
    assert main(["read", str(still), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    face = json.loads(line)
    assert face["type"] == "face"
    assert face["image"] == str(still)
    left, top, right, bottom = face["box"]
    assert 0 <= left < right <= 640
    assert 0 <= top < bottom <= 360
    assert max(face["emotions"], key=face["emotions"].get) == "happiness"


def test_a_picture_without_a_face_and_a_broken_one_do_not_stop_the_rest(still, tmp_path, capsys):
    blank, broken = tmp_path / "blank.png", tmp_path / "broken.png"
    cv2.imwrite(str(blank), cv2.imread(str(still))[:8, :8])
    broken.write_bytes(b"no picture")
    assert main(["read", str(blank), str(broken), str(still)]) == 2
    out, err = capsys.readouterr()
    assert "happiness" in out
    assert "blank.png: no face found" in err
    assert "broken.png" in err
    assert "Traceback" not in err


def test_check_says_what_is_in_order(device_toml, capsys):
    assert main(["check", "--config", device_toml()]) == 0
    out = capsys.readouterr().out
    for part in ("settings:", "model:", "cues:", "privacy:"):
        assert part in out
    assert "frame rate: 30 a second tell movements from 100 ms on; brief cues are told" in out


def test_check_says_how_cues_are_told(device_toml, capsys, tmp_path):
    assert main(["check", "--config", device_toml()]) == 0
    assert "12 of them told by what they look like" in capsys.readouterr().out
    folder = tmp_path / "bare"
    shutil.copytree(
        models_folder(), folder, ignore=shutil.ignore_patterns("training", "looks.toml")
    )
    bare = device_toml(f"{READY}[model]\nfolder = {json.dumps(str(folder))}\n")
    assert main(["check", "--config", bare]) == 0
    assert "without looks.toml beside it all are told by stated limits" in capsys.readouterr().out


def test_check_says_when_the_frame_rate_is_too_low_for_brief_cues(device_toml, capsys):
    assert main(["check", "--config", device_toml(READY + "[camera]\nfps = 10\n")]) == 0
    out = capsys.readouterr().out
    assert "from 300 ms on: too few for brief cues" in out
    assert "raise camera.fps" in out
    bold = "[camera]\nfps = 10\n[read]\nmicro_claim_ms = 300\n"
    assert main(["check", "--config", device_toml(READY + bold)]) == 0
    assert "brief cues are told" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["privacy.mode is not set", "camera stays closed"]),
        ('[privacy]\nmode = "notice"\n', ["privacy.contact is not set"]),
        ("[camera]\nfsp = 3\n", ["camera.fsp", "did you mean camera.fps", "line 2"]),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["run", "--dry-run"]])
def test_wrong_settings_end_with_2_and_the_reason(device_toml, capsys, command, text, words):
    assert main([*command, "--config", device_toml(text)]) == 2
    error = capsys.readouterr().err
    for word in words:
        assert word in error


def test_another_model_than_the_card_says_is_refused(device_toml, tmp_path, capsys):
    folder = tmp_path / "models"
    shutil.copytree(models_folder(), folder, ignore=shutil.ignore_patterns("training"))
    model = folder / "expression.tflite"
    changed = bytearray(model.read_bytes())
    changed[-1] ^= 1
    model.write_bytes(changed)
    config = device_toml(f'{READY}[model]\nfolder = "{folder}"\n')
    assert main(["check", "--config", config]) == 2
    error = capsys.readouterr().err
    assert "expression.tflite" in error
    assert "SHA-256" in error or "sha256" in error


def test_a_rhythm_is_played_and_the_lamp_put_out(device_toml, capsys):
    config = device_toml('[lamp]\npin_factory = "mock"\n')
    assert main(["test-signal", "reassure", "--config", config]) == 0
    assert "reassure" in capsys.readouterr().out
    assert main(["test-signal", "off", "--config", config]) == 0
    assert "off" in capsys.readouterr().out


def test_without_gpio_a_rhythm_ends_with_1_and_advice(device_toml, capsys):
    assert main(["test-signal", "go", "--config", device_toml()]) == 1
    error = capsys.readouterr().err
    assert "GPIO" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_bench_times_every_stage(runtime, capsys):
    clip = str(sample_clip("smile.mp4"))
    assert main(["bench", clip, "--json", "--loops", "1", "--runtime", runtime]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result["stages_ms"]) == {"decode", "find", "express", "read", "all but decode"}
    for row in result["stages_ms"].values():
        assert 0 <= row["p50"] <= row["p95"] <= row["p99"]
    assert result["frames"] == result["faces"] == 72
    assert result["peak_memory_mb"] > 0


def test_an_unknown_command_is_wrong_input(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "dance" in capsys.readouterr().err
