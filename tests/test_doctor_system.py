"""The doctor's look at models, clock, disk, heat and windows, each by a part that really fails."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from cuelight.examine.models import examine_models, examine_rate
from cuelight.examine.system import examine_clock, examine_disk, examine_temperature, kept_by_ntp
from cuelight.examine.windows import examine_windows
from cuelight.places import models_folder
from cuelight.settings import CameraSettings, ModelSettings, ReadSettings, Settings
from cuelight.tell.spool import Spool
from cuelight.tell.wall_clock import clock_is_set
from doctor import put

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
THROTTLED = "bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled"


# models and frame rate


def models_with(tmp_path, change):
    folder = tmp_path / "models"
    shutil.copytree(models_folder(), folder, ignore=shutil.ignore_patterns("training", "selftest"))
    change(folder)
    return examine_models(Settings(model=ModelSettings(folder=str(folder))))


def truncate(folder):
    model = folder / "expression.tflite"
    model.write_bytes(model.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (truncate, "SHA-256"),
        (lambda folder: (folder / "expression.tflite").unlink(), "Cannot read"),
        (lambda folder: (folder / "expression.toml").write_text("[model\n"), "not valid TOML"),
        (lambda folder: (folder / "cues.toml").write_text(""), "cues.toml"),
    ],
)
def test_a_model_that_is_not_the_one_in_its_card_fails(tmp_path, change, words):
    finding, sensing = models_with(tmp_path, change)
    assert (finding.verdict, sensing) == ("failed", None)
    assert words in finding.text
    assert finding.fix


def test_a_cue_book_without_what_cues_look_like_is_warned_of(tmp_path):
    finding, sensing = models_with(tmp_path, lambda folder: (folder / "looks.toml").unlink())
    assert finding.verdict == "warning"
    assert "looks.toml is missing" in finding.text
    assert sensing is not None
    assert examine_models(Settings())[0].verdict == "good"


def test_the_rate_is_judged_by_the_slower_of_camera_and_processor():
    _, sensing = examine_models(Settings())
    assert examine_rate(Settings(), sensing=None, camera_fps=None).verdict == "good"
    slow_camera = examine_rate(Settings(), sensing=None, camera_fps=9.0)
    assert (slow_camera.verdict, slow_camera.figures["min_detectable_ms"]) == ("warning", 330)
    assert "Raise camera.fps to 15" in slow_camera.fix
    clock = iter(range(1000))  # each run of the model takes a second by this clock
    slow = examine_rate(
        Settings(), sensing=sensing, camera_fps=30.0, now=lambda: float(next(clock))
    )
    assert (slow.verdict, slow.figures["model_ms"]) == ("warning", 1000.0)
    assert "the processor is what is slow" in slow.fix
    bold = Settings(camera=CameraSettings(fps=10.0), read=ReadSettings(micro_claim_ms=300))
    assert examine_rate(bold, sensing=None, camera_fps=None).verdict == "good"


# clock


def test_a_clock_that_no_time_server_confirmed_fails(tmp_path):
    (tmp_path / "timesync").mkdir()  # as systemd-timesyncd leaves it until its first answer

    def look():
        return examine_clock(
            now=NOW,
            is_set=lambda: clock_is_set(timesync=tmp_path / "timesync"),
            kept=lambda: False,
        )

    assert look().verdict == "failed"
    assert "windows wait" in look().text
    (tmp_path / "timesync" / "synchronized").touch()
    assert look().verdict == "warning"
    assert examine_clock(now=NOW, is_set=lambda: True, kept=lambda: True).verdict == "good"
    assert examine_clock(now=NOW, is_set=lambda: True, kept=lambda: None).verdict == "good"


def test_the_kernel_says_whether_its_clock_is_kept():
    assert kept_by_ntp() in {True, False, None}


# disk


@pytest.fixture
def tmpfs(tmp_path):
    mounted = []

    def mount(options):
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root may mount a disk here")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_store_on_a_read_only_disk_fails(tmpfs):
    finding = examine_disk(tmpfs("ro,size=64m") / "store")
    assert finding.verdict == "failed"
    assert "Read-only file system" in finding.text
    assert "remount" in finding.fix


def test_a_full_and_a_nearly_full_disk_are_told_apart(tmpfs):
    full = tmpfs("size=1m")
    with pytest.raises(OSError, match="No space"):
        (full / "log").write_bytes(bytes(2_000_000))
    finding = examine_disk(full)
    assert (finding.verdict, "No space" in finding.text) == ("failed", True)
    assert examine_disk(tmpfs("size=8m")).verdict == "failed"
    assert examine_disk(tmpfs("size=100m")).verdict == "warning"
    roomy = tmpfs("size=1g")
    assert examine_disk(roomy / "not" / "yet").verdict == "good"
    assert list(roomy.iterdir()) == [], "nothing is made, and what was written is gone"


def test_a_store_whose_name_no_disk_takes_fails(tmp_path):
    finding = examine_disk(tmp_path / (300 * "x"))
    assert (finding.verdict, "File name too long" in finding.text) == ("failed", True)
    assert "store.folder" in finding.fix


def test_a_store_in_the_way_of_a_file_fails(tmp_path):
    (tmp_path / "store").write_text("a file")
    finding = examine_disk(tmp_path / "store")
    assert (finding.verdict, "Not a directory" in finding.text) == ("failed", True)


# temperature


@pytest.mark.parametrize(
    ("degrees", "flags", "verdict", "words"),
    [
        (50, 0, "good", "about 50 degrees"),
        (77, 0, "warning", "not throttled yet"),
        (79, 0, "warning", "the service reads fewer frames"),
        (60, 0x50005, "failed", "now: under-voltage, throttled"),
        (60, 0x50000, "warning", "since it was started: under-voltage, throttled"),
        (60, 0x80008, "failed", "now: soft temperature limit"),
    ],
)
def test_heat_and_power_of_a_pi(tmp_path, degrees, flags, verdict, words):
    zone, firmware = tmp_path / "class/thermal/thermal_zone0/temp", tmp_path / THROTTLED
    for path, text in ((zone, f"{degrees}000\n"), (firmware, f"{flags:x}\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    finding = examine_temperature(tmp_path)
    assert finding.verdict == verdict
    assert words in finding.text
    if flags:
        assert ("power supply" in finding.fix) == bool(flags & 0x10001)


def test_elsewhere_than_on_a_pi_there_is_nothing_to_say(tmp_path):
    finding = examine_temperature(tmp_path)
    assert (finding.verdict, finding.fix) == ("note", "")


# windows


def test_windows_that_wait_are_counted_with_the_age_of_the_oldest(tmp_path):
    path = tmp_path / "windows.sqlite"
    finding, last = examine_windows(path, now=NOW)
    assert (finding.verdict, last) == ("note", None)
    with Spool(path) as spool:
        assert examine_windows(path, now=NOW)[0].verdict == "good"
        spool.acked(put(spool, NOW - 3 * DAY))
        finding, last = examine_windows(path, now=NOW)
        assert (finding.verdict, finding.figures["waiting"]) == ("good", 0)
        assert json.loads(last)["seq"] == 1
        put(spool, NOW - timedelta(hours=3))
        finding, _ = examine_windows(path, now=NOW)
        assert (finding.verdict, finding.figures["oldest_hours"]) == ("good", 3.0)
        put(spool, NOW)
        finding, _ = examine_windows(path, now=NOW + 4 * DAY)
    assert finding.verdict == "warning"
    assert "2 wait for the broker, the oldest for 4 days" in finding.text
    assert "Nothing is lost" in finding.fix
    with Spool(path) as spool:
        assert spool.waiting_count() == 2, "looking changed nothing"


def test_a_spool_that_is_no_database_fails(tmp_path):
    path = tmp_path / "windows.sqlite"
    path.write_bytes(b"no database" * 100)
    finding, last = examine_windows(path, now=NOW)
    assert (finding.verdict, last) == ("failed", None)
    assert "not a database" in finding.text
