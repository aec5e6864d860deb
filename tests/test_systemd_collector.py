"""The collector's unit: accepted by systemd, hardened, and no box gets it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cuelight.commands import collect
from test_install_pi import Place, copy_checkout
from test_systemd import systemd_analyze

UNIT = Path(__file__).resolve().parents[1] / "systemd" / "cuelight-collector.service"
PROGRAM = "/opt/cuelight-collector/bin/cuelight"


def verify(folder, text):
    program = folder / "cuelight"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = folder / UNIT.name
    copy.write_text(text.replace(PROGRAM, str(program)))
    return systemd_analyze("verify", "--man=no", str(copy))


def test_systemd_accepts_the_unit_without_a_warning(tmp_path):
    done = verify(tmp_path, UNIT.read_text())
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = verify(tmp_path, UNIT.read_text().replace("PrivateTmp=", "PrivateTemp="))
    assert "PrivateTemp" in done.stderr, "the check would notice a misspelt option"


def test_the_unit_is_hardened():
    done = systemd_analyze("security", "--offline=yes", "--threshold=13", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout[-400:]


def command():
    """Give the words of ExecStart."""
    text = UNIT.read_text().replace("\\\n", " ")
    (line,) = [one for one in text.splitlines() if one.startswith("ExecStart=")]
    return shlex.split(line.partition("=")[2])


def test_its_command_is_one_that_collect_takes(tmp_path):
    import argparse

    program, name, *options = command()
    assert (program, name) == (PROGRAM, "collect")
    parser = argparse.ArgumentParser()
    collect.add_arguments(parser)
    args = parser.parse_args(options)
    args.config = tmp_path / "collector.toml"
    args.config.write_text('[mqtt]\nhost = "broker.example"\nusername = "collector@north"\n')
    settings = collect.settings_of(args)
    assert settings.mqtt.password_file == "${CREDENTIALS_DIRECTORY}/collector-password"
    assert settings.store.startswith("~/"), "it lies below HOME, the state folder"


def test_a_wrong_setting_ends_with_the_code_that_is_not_started_again(tmp_path):
    wrong = tmp_path / "collector.toml"
    wrong.write_text("[collector]\nkeep_days = 0\n")
    done = subprocess.run(
        [sys.executable, "-m", "cuelight", "collect", "--config", str(wrong)],
        capture_output=True,
        check=False,
    )
    assert f"RestartPreventExitStatus={done.returncode}\n" in UNIT.read_text()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


def test_a_box_neither_gets_it_nor_takes_it_away(checkout, tmp_path):
    place = Place(tmp_path)
    place.run(checkout)
    units = place.root / "etc" / "systemd" / "system"
    assert [one.name for one in units.glob("*.service")] == ["cuelight.service"]
    (units / UNIT.name).write_text("a server's own")
    place.run(checkout, "--uninstall")
    assert [one.name for one in units.glob("*.service")] == [UNIT.name]
