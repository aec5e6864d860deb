"""The doctor as an installer calls it: a line for each part, the fix on the same line."""

from __future__ import annotations

import pytest

from cuelight.cli import main
from cuelight.doctor import NAMES, examine
from cuelight.examine.finding import Finding
from cuelight.settings import MqttSettings, Settings, StoreSettings
from doctor import report, write_settings


@pytest.fixture
def device_toml(tmp_path):
    return lambda *args, **options: write_settings(tmp_path, *args, **options)


def test_each_part_has_its_line_and_each_failure_its_fix(device_toml, capsys):
    assert main(["doctor", "--config", device_toml()]) == 1
    out, err = capsys.readouterr()
    *lines, last = out.splitlines()
    assert [line[8:20].strip().replace(" ", "_") for line in lines] == list(NAMES)
    verdicts = [line[:8].strip() for line in lines]
    assert set(verdicts) <= {"ok", "note", "warning", "FAILED"}
    for line, verdict in zip(lines, verdicts, strict=True):
        assert (" Fix: " in line) == (verdict in {"warning", "FAILED"}), line
    assert last.startswith(f"{verdicts.count('FAILED')} of {len(NAMES)} failed: ")
    assert err == ""


def test_for_fleets_it_is_one_object_with_stable_keys(device_toml, capsys):
    code, found = report(capsys, device_toml())
    assert code == 1
    assert found["ok"] is False
    assert {"type", "schema", "site", "device", "version", "at", "ok", "findings"} == set(found)
    assert list(found["findings"]) == list(NAMES)
    for finding in found["findings"].values():
        assert set(finding) == {"verdict", "text", "fix", "figures"}
    assert found["findings"]["models"]["verdict"] == "good"
    assert found["findings"]["privacy"]["figures"] == {"mode": "notice"}


def test_without_privacy_settings_it_says_that_the_camera_stays_closed(device_toml, capsys):
    _, found = report(capsys, device_toml(text=""))
    privacy = found["findings"]["privacy"]
    assert privacy["verdict"] == "failed"
    assert "privacy.mode is not set" in privacy["text"]
    assert "[privacy]" in privacy["fix"]


def test_wrong_settings_end_with_2(device_toml, capsys):
    assert main(["doctor", "--config", device_toml(text="[camera]\nfps = 9000\n")]) == 2
    assert "camera.fps is 9000" in capsys.readouterr().err


def test_a_part_that_breaks_in_an_unknown_way_leaves_the_others_seen(tmp_path):
    def ask():
        raise RuntimeError("the bus\nfell over")

    settings = Settings(mqtt=MqttSettings(host=""), store=StoreSettings(folder=str(tmp_path)))
    findings = list(examine(settings, tmp_path / "device.toml", unit=ask))
    assert [finding.name for finding in findings] == list(NAMES)
    assert findings[0].verdict == "failed"
    assert "RuntimeError: the bus fell over" in findings[0].text


def test_a_finding_that_asks_for_action_must_name_it():
    for verdict in ("warning", "failed"):
        with pytest.raises(ValueError, match="needs its fix"):
            Finding("disk", verdict, "it is full")
