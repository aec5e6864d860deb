"""scripts/install-pi, really run into a folder; what would change this machine is only recorded."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cuelight.device_toml import load_settings

CHECKOUT = Path(__file__).resolve().parents[1]
PARTS = [
    *("device", "systemd", "pyproject.toml", "README.md", "LICENSE", "device.example.toml"),
    *("models/expression.tflite", "models/expression.toml", "models/cues.toml"),
    "models/looks.toml",
    *("models/WEIGHTS-TERMS.md", "models/fetched.toml", "models/selftest", "models/fetched"),
    *("scripts/install-pi", "scripts/fetch", "scripts/first-boot", "scripts/copy-to-card"),
    "scripts/provision-broker",
    "scripts/install",
]
SETTINGS = """
[site]
name = "north"
device = "table-1"
[camera]
fps = 60
[privacy]
mode = "notice"
contact = "privacy@example.com"
"""
RECORDER = """#!/bin/sh
printf '%s\\n' "$*" >>"$(dirname "$0")/commands"
! grep -qsxF "$*" "$(dirname "$0")/failing" || exit "$(cat "$(dirname "$0")/code")"
"""
RESTART = "timeout 90 systemctl restart cuelight.service"


def copy_checkout(folder: Path) -> Path:
    """Copy what a release is made of, so that a test can change it."""
    for part in PARTS:
        source, target = CHECKOUT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return folder


@dataclass
class Place:
    """A root folder to install into, and what would have been done to the machine."""

    folder: Path
    root: Path = field(init=False)

    def __post_init__(self):
        self.root = self.folder / "root"
        self.root.mkdir()
        (self.folder / "system").write_text(RECORDER)
        (self.folder / "system").chmod(0o755)
        (self.folder / "settings.toml").write_text(SETTINGS)
        (self.folder / "secret").write_text("s3cret\n")

    def run(self, checkout: Path, *arguments: str, fails: str = "", how: int = 1, code: int = 0):
        """Run the script of a checkout; returns the commands it gave and what it said.

        The commands in the lines of `fails` exit with `how`.
        """
        (self.folder / "commands").write_text("")
        (self.folder / "failing").write_text(fails + "\n")
        (self.folder / "code").write_text(f"{how}\n")
        command = [
            str(checkout / "scripts" / "install-pi"),
            *("--root", str(self.root), "--system", str(self.folder / "system")),
            *("--packages", sysconfig.get_path("purelib")),
            *("--settings", str(self.folder / "settings.toml")),
            *("--password", str(self.folder / "secret")),
            *arguments,
        ]
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHON": sys.executable}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
        assert done.returncode == code, done.stderr
        return (self.folder / "commands").read_text().splitlines(), done.stderr

    @property
    def current(self) -> Path:
        return (self.root / "opt/cuelight/current").resolve(strict=True)

    @property
    def before(self) -> str | None:
        link = self.root / "opt/cuelight/previous"
        return str(link.readlink()) if link.is_symlink() else None

    @property
    def releases(self) -> set[str]:
        return {path.name for path in (self.root / "opt/cuelight/releases").iterdir()}

    @property
    def unit(self) -> Path:
        return self.root / "etc/systemd/system/cuelight.service"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory, checkout):
    """A finished installation, which every failing update has to leave as it is."""
    place = Place(tmp_path_factory.mktemp("box"))
    place.commands, place.said = place.run(checkout)
    return place


@pytest.fixture
def changed(tmp_path, checkout):
    """Return a function that gives a copy of the checkout with one file changed."""

    def change(name, old, new):
        copy = shutil.copytree(checkout, tmp_path / "changed")
        text = (copy / name).read_bytes()
        assert old in text
        (copy / name).write_bytes(text.replace(old, new))
        return copy

    return change


def test_a_fresh_system_gets_a_service_that_is_enabled_and_started(installed):
    apt = next(line for line in installed.commands if "apt-get -qq -y install" in line)
    assert {"python3-picamera2", "python3-lgpio", "python3-venv"} <= set(apt.split())
    assert "--no-install-recommends" in apt
    assert any(line.startswith("useradd --system") for line in installed.commands)
    assert "usermod --append --groups video,gpio cuelight" in installed.commands
    assert installed.commands[-3:] == [
        "systemctl enable cuelight.service",
        "systemctl daemon-reload",
        RESTART,
    ]
    program = installed.unit.read_text().split("ExecStart=")[1].split()[0]
    assert program == "/opt/cuelight/current/bin/cuelight"
    assert (installed.root / program.lstrip("/")).is_file()


def test_the_release_works_by_itself(installed, tmp_path):
    settings = installed.root / "etc/cuelight/device.toml"
    done = subprocess.run(
        [installed.current / "bin/cuelight", "check", "--config", settings],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert f"{installed.current}/share/cuelight/models/cues.toml" in done.stdout


def test_without_settings_of_its_own_a_box_gets_the_example_and_waits_to_be_edited(
    tmp_path, checkout
):
    place = Place(tmp_path)
    (tmp_path / "settings.toml").write_bytes((checkout / "device.example.toml").read_bytes())
    commands, said = place.run(checkout)
    assert "privacy.mode is not set" in said
    assert "not started yet: edit /etc/cuelight/device.toml" in said
    assert "systemctl enable cuelight.service" in commands
    assert not any("restart" in line for line in commands)
    settings = load_settings(place.root / "etc/cuelight/device.toml")
    assert settings.store_folder == Path("/var/lib/cuelight")


def test_numpy_is_the_systems(installed):
    ask = "import numpy; print(numpy.__version__)"
    python = installed.current / "bin/python"
    versions = [
        subprocess.run([one, "-c", ask], capture_output=True, text=True, check=True).stdout
        for one in (python, sys.executable)
    ]
    assert versions[0] == versions[1]


def test_secrets_are_for_root_only(installed):
    secret = installed.root / "etc/cuelight/credentials/mqtt-password"
    assert secret.read_text() == "s3cret\n"
    assert (secret.stat().st_mode & 0o777, secret.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "s3cret" not in installed.said + "".join(installed.commands)


def test_a_second_run_builds_nothing_and_overwrites_no_settings(installed, checkout):
    settings = installed.root / "etc/cuelight/device.toml"
    before, releases = settings.stat().st_mtime_ns, installed.releases
    built = (installed.current / ".complete").stat().st_mtime_ns
    (installed.folder / "settings.toml").write_text(SETTINGS.replace("north", "south"))
    (installed.folder / "secret").write_text("another")
    _, said = installed.run(checkout)
    assert "in use already" in said
    assert settings.stat().st_mtime_ns == before
    assert "s3cret" in (installed.root / "etc/cuelight/credentials/mqtt-password").read_text()
    assert (installed.current / ".complete").stat().st_mtime_ns == built
    assert installed.releases == releases


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("models/cues.toml", b"[", b"[[["), "does not work here"),
        (
            ("device/cuelight/settings.py", b"bounds=(1.0, 120.0)", b"bounds=(1.0, 50.0)"),
            "refuses this box's settings",
        ),
    ],
)
def test_a_release_that_fails_is_never_switched_to(installed, changed, change, words):
    current, releases, unit = installed.current, installed.releases, installed.unit.read_text()
    commands, said = installed.run(changed(*change), code=1)
    assert words in said
    assert f"release {current.name} stays in use" in said
    assert (installed.current, installed.releases) == (current, releases)
    assert installed.unit.read_text() == unit
    assert not any("restart" in line for line in commands), "the service runs on undisturbed"


def test_a_release_whose_service_does_not_start_is_taken_back(installed, changed):
    current, releases, unit = installed.current, installed.releases, installed.unit.read_text()
    copy = changed("systemd/cuelight.service", b"[Install]", b"# changed\n[Install]")
    before = installed.before
    commands, said = installed.run(copy, fails=RESTART, code=1)
    assert "did not start and was removed" in said
    assert installed.before == before, "which --rollback would return to"
    assert (installed.current, installed.releases) == (current, releases)
    assert installed.unit.read_text() == unit
    assert commands.count(RESTART) == 2, "the old one is started again"


def test_an_update_keeps_the_release_before_and_rollback_returns_to_it(installed, changed):
    first = installed.current
    copy = changed("README.md", b"# cuelight", b"# cuelight, again")
    installed.run(copy)
    second = installed.current
    assert second != first
    assert installed.releases == {first.name, second.name}
    _, said = installed.run(copy, "--rollback")
    assert f"release {first.name} is in use again" in said
    assert installed.current == first


def test_a_build_that_a_power_cut_ended_is_made_anew_and_uninstalling_leaves_settings(
    tmp_path, checkout, installed
):
    place = Place(tmp_path)
    half = place.root / "opt/cuelight/releases" / installed.current.name
    half.mkdir(parents=True)
    (half / "half").write_text("written")
    boot = place.root / "boot/firmware/cmdline.txt"
    boot.parent.mkdir(parents=True)
    boot.write_text("console=tty1 rootwait\n")
    # no lamp is wired yet, so the service gets ready only later: no fault of a first release
    is_active = "systemctl is-active --quiet cuelight.service"
    _, said = place.run(checkout, fails=f"{RESTART}\n{is_active}", how=124)
    assert "the service runs and is not ready" in said
    assert place.current == half
    assert not (half / "half").exists()
    assert boot.read_text() == "console=tty1 rootwait cgroup_enable=memory\n"

    commands, _ = place.run(checkout, "--uninstall")
    assert commands[:2] == [
        "systemctl stop cuelight.service",
        "systemctl disable cuelight.service",
    ]
    assert boot.read_text() == "console=tty1 rootwait\n"
    boot.unlink()
    left = {str(path.relative_to(place.root)) for path in place.root.rglob("*") if path.is_file()}
    assert left == {"etc/cuelight/device.toml", "etc/cuelight/credentials/mqtt-password"}
    commands, _ = place.run(checkout, "--uninstall", "--purge")
    assert "userdel cuelight" in commands
    assert not any(path.is_file() for path in place.root.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--instal"], "--instal is no option here"),
        (["--settings"], "--settings wants a path"),
        (["--settings", "/nowhere/device.toml"], "there is no file /nowhere/device.toml"),
        (["--packages", "/tmp"], "belong to a trial"),
    ],
)
def test_wrong_input_is_said_and_changes_nothing(arguments, words):
    done = subprocess.run(
        [CHECKOUT / "scripts/install-pi", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
