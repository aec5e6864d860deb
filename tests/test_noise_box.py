"""Noise on the whole telling half, with a real broker, and a box whose OpenDP is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker import Broker, Listener
from cuelight.cli import main
from cuelight.examine.kept import examine_store
from cuelight.records import SeatLedger, VisitTally
from cuelight.seats import fingerprint
from cuelight.settings import (
    LampSettings,
    PrivacySettings,
    Settings,
    SiteSettings,
    StoreSettings,
)
from cuelight.statement_log import STATEMENTS, StatementLog
from cuelight.tell.spending import SPENDING, noise_rule
from cuelight.telling import SensingFacts, Telling
from cuelight.view.window import Rules, read_window
from stand_in import Bench

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = frozenset({"interest", "hesitation", "after_price.interest"})
FACTS = SensingFacts("0" * 64, {"expression": "0" * 64}, NAMES)


class Wall:
    """A wall clock and a steady one that the test moves together."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def seconds(self):
        return (self.now - START).total_seconds()


@pytest.fixture
def heard(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as broker, Listener(broker.port) as listener:
        listener.settings = broker.settings()
        yield listener


def settings_of(tmp_path, mqtt, **privacy):
    return Settings(
        site=SiteSettings(name="north"),
        lamp=LampSettings(pin_factory="mock"),
        mqtt=mqtt,
        privacy=PrivacySettings(
            mode="notice", contact="a@b.example", **{"epsilon": 4.0, "noise_cells": 2, **privacy}
        ),
        store=StoreSettings(folder=str(tmp_path / "state")),
    )


@contextmanager
def telling(settings, wall):
    with Telling(settings, FACTS, mock_allowed=True, now=wall.seconds, utc=wall) as half:
        yield half


def visits(half, count):
    for number in range(count):
        half.tell(VisitTally(frozenset({"interest"} if number % 2 else ()), price=False))
    half.teller.close()  # everything told is counted


def test_a_release_is_charged_published_and_stated(tmp_path, heard):
    wall, settings = Wall(), settings_of(tmp_path, heard.settings)
    with telling(settings, wall) as half:
        visits(half, 60)
        assert half.teller.close_window() is None, "the week is not over"
        wall.now += 7 * DAY
        assert half.teller.close_window() is not None
        heard.wait_for(lambda one: one.on("/counts"))
        heard.wait_for(lambda one: json.loads(one.on("/privacy")[-1].payload)["epsilon_spent"])
    body = json.loads(heard.on("/counts")[-1].payload)
    assert set(body["cells"]) == NAMES, "every cell, every time"
    for cell in filter(None, body["cells"].values()):  # which ones are null is chance
        assert 3 <= cell["n"] <= cell["visits"] - 3
    assert body["privacy"] == {"k": 5, "floor": 3, "epsilon": 1.0, "scale": 12.0}
    now = int(wall.now.timestamp())
    payload = heard.on("/counts")[-1].payload
    assert read_window(payload, site="north", device="table-1", now=now, rules=Rules()).is_noised
    said = json.loads(heard.on("/privacy")[-1].payload)
    assert (said["epsilon"], said["epsilon_spent"]) == (4.0, 1.0)
    assert said["noise"] == {
        "epsilon_a_release": 1.0,
        "days_between_releases": 7,
        "cells_a_visit": 2,
    }
    assert "opendp" in said["versions"]
    log = StatementLog(tmp_path / "state" / STATEMENTS)
    assert [one.statement["epsilon_spent"] for one in log.stated()] == [0.0, 1.0]
    assert examine_store(tmp_path / "state").verdict == "good"


def test_a_restart_keeps_what_was_spent_and_a_lost_account_counts_as_all(tmp_path, heard):
    wall, settings = Wall(), settings_of(tmp_path, heard.settings)
    with telling(settings, wall) as half:
        visits(half, 6)
        wall.now += 7 * DAY
        half.teller.close_window()
    with telling(settings, wall) as half:
        visits(half, 6)
        assert half.teller.close_window() is None, "released in this week already"
        assert half.spool.load("open_sums")["noised"]["visits"] == 6
    path = tmp_path / "state" / SPENDING
    assert json.loads(path.read_text())["spent"][0][1] == 1_000_000
    path.unlink()
    with telling(settings, wall) as half:
        visits(half, 0)
        heard.wait_for(lambda one: json.loads(one.on("/privacy")[-1].payload)["epsilon_spent"] == 4)
        wall.now += 7 * DAY
        window = half.teller.close_window()
        assert (window.visits, window.cells, len(window.nulls)) == (None, {}, 3)
        assert half.spool.load("open_sums")["noised"]["visits"] == 6, "they wait for the next week"


def test_sums_gathered_by_the_gate_are_not_released_with_noise(tmp_path, heard, caplog):
    wall, settings = Wall(), settings_of(tmp_path, heard.settings)
    plain = replace(settings, privacy=replace(settings.privacy, epsilon=0.0))
    with telling(plain, wall) as half:
        visits(half, 6)
    with telling(settings, wall) as half:
        visits(half, 0)
    assert "open sums not taken over" in caplog.text


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("epsilon = 0.01", "privacy.epsilon is 0.01; 0 (no noise) or 0.1 and more"),
        ("noise_days = 5", "privacy.noise_days is 5; one of 1, 2, 4, 7, 14, 28"),
        ("epsilon = -1", "privacy.epsilon is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, capsys, setting, said):
    path = tmp_path / "device.toml"
    path.write_text(f'[privacy]\nmode = "notice"\ncontact = "a"\n{setting}\n')
    assert main(["check", "--config", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_check_says_how_wide_the_noise_is(tmp_path, capsys):
    path = tmp_path / "device.toml"
    path.write_text('[privacy]\nmode = "notice"\ncontact = "a"\nepsilon = 4\n')
    assert main(["check", "--config", str(path)]) == 0
    assert "every 7 days at an epsilon of 1, 4 in 28 days; half" in capsys.readouterr().out


def maps(process):
    lines = Path(f"/proc/{process}/maps").read_text().splitlines()
    return {Path(line.split()[-1]).name for line in lines}


@pytest.mark.parametrize("epsilon", [0, 4])
def test_opendp_is_in_the_process_only_where_noise_is_wanted(tmp_path, epsilon):
    bench = Bench(tmp_path)
    bench.camera("fine")
    text = bench.config.read_text()
    bench.config.write_text(text.replace("[privacy]", f"[privacy]\nepsilon = {epsilon}"))
    with bench.running() as service:
        service.wait_for("STATUS=online")
        assert ("opendp.abi3.so" in maps(service.process.pid)) == bool(epsilon)
        service.stop()


@pytest.fixture
def without_opendp(tmp_path):
    """Give the environment of an installation that lacks the extra, and nothing else."""
    site = tmp_path / "site"
    site.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith("opendp"):
            (site / entry.name).symlink_to(entry)
    device = Path(__file__).resolve().parents[1] / "device"

    def environ(found):
        paths = [found.get("PYTHONPATH", ""), str(site), str(device)]
        return {**found, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    return environ


def command(*arguments):
    return [sys.executable, "-S", "-m", "cuelight", *map(str, arguments)]


@pytest.mark.parametrize("name", ["run", "check"])
def test_without_the_extra_the_camera_stays_closed_and_it_says_what_to_do(
    tmp_path, without_opendp, name
):
    bench = Bench(tmp_path)
    bench.camera("fine")
    text = bench.config.read_text()
    bench.config.write_text(text.replace("[privacy]", "[privacy]\nepsilon = 4"))
    done = subprocess.run(
        command(name, "--config", bench.config),
        env=without_opendp(bench.environ(state=False)),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "pip install 'cuelight[noise]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert bench.diary() == [], "the camera was never opened"
    assert not (bench.state / SPENDING).exists()


def test_the_doctor_names_the_missing_extra(tmp_path, without_opendp):
    bench = Bench(tmp_path)
    bench.camera("fine")
    text = bench.config.read_text()
    bench.config.write_text(text.replace("[privacy]", "[privacy]\nepsilon = 4"))
    done = subprocess.run(
        command("doctor", "--json", "--config", bench.config),
        env=without_opendp(bench.environ(state=False)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["findings"]["privacy"]
    assert (found["verdict"], "cuelight[noise]" in json.dumps(found)) == ("failed", True)
    assert bench.diary() == [], "the camera was never opened"


def test_without_the_extra_and_without_noise_nothing_is_missed(tmp_path, without_opendp):
    bench = Bench(tmp_path)
    done = subprocess.run(
        command("check", "--config", bench.config),
        env=without_opendp(bench.environ(state=False)),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "noise: none" in done.stdout


def test_a_box_that_was_moved_states_so_until_somebody_confirms(tmp_path, heard):
    wall, settings = Wall(), settings_of(tmp_path, heard.settings, epsilon=0.0)
    zone = fingerprint(settings)

    def stated(*, is_so):
        return lambda one: json.loads(one.on("/privacy")[-1].payload)["zone_confirmed"] is is_so

    with telling(settings, wall) as half:
        heard.wait_for(lambda one: one.on("/privacy"))
        assert stated(is_so=True)(heard)
        half.tell(SeatLedger({"zone": zone, "moved": True, "parties": 8, "places": {}}))
        heard.wait_for(stated(is_so=False))
        half.teller.close()
    with telling(settings, wall) as half:  # it is kept over a restart
        heard.wait_for(stated(is_so=False))
        half.tell(SeatLedger({"zone": zone, "moved": False, "parties": 0, "places": {}}))
        heard.wait_for(stated(is_so=True))
    kept = StatementLog(tmp_path / "state" / STATEMENTS).stated()
    assert [one.statement["zone_confirmed"] for one in kept] == [True, False, True]


def test_a_crash_right_after_the_charge_loses_a_release_and_neither_budget_nor_visits(
    tmp_path, heard
):
    wall, settings = Wall(), settings_of(tmp_path, heard.settings)
    with telling(settings, wall) as half:
        visits(half, 240)  # as many as fit into the queue
        wall.now += 7 * DAY
        period = noise_rule(settings.privacy).period(wall.now)
        assert half._spending.charge(period)  # noqa: SLF001 - where the process died
    with telling(settings, wall) as half:
        visits(half, 0)
        window = half.teller.close_window()
        assert (window.visits, window.cells, window.withheld) == (None, {}, 0)
        wall.now += 7 * DAY
        window = half.teller.close_window()
        assert window.scale == 12.0, "a restart may have cut it"
        assert abs(window.visits - 240) < 12 * 19, "fails by chance once in 10^8 runs"
    spent = json.loads((tmp_path / "state" / SPENDING).read_text())["spent"]
    assert [cost for _, cost in spent] == [1_000_000, 1_000_000]
