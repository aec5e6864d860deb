"""`cuelight identify`: the right box blinks, whoever holds its pins, and like no signal."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading

import pytest

from broker import wait_until
from cuelight.cli import main
from cuelight.running import Running, find_running
from cuelight.settings import LampSettings
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.signal import IDENTIFY, RHYTHMS

MOCK = '[site]\ndevice = "table-3"\n[lamp]\npin_factory = "mock"\nmotor = true\n'
FIND = "import sys; from pathlib import Path; from cuelight.running import find_running; "


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "device.toml"
    path.write_text(MOCK + f'[store]\nfolder = "{tmp_path}"\n')
    return path


def identify(config, folder):
    command = [sys.executable, "-m", "cuelight", "identify", "--config", str(config)]
    command += ["--runtime-folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def found_by_another_process(folder):
    code = FIND + "print(find_running([Path(sys.argv[1])]))"
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_service_that_holds_the_pins_blinks(config, tmp_path):
    lamp = LampSettings(pin_factory="mock")
    with Panel(lamp, mock_allowed=True) as panel:
        panel.open(outputs_only=True)
        with (
            Player(panel) as player,
            Running(tmp_path, identify=lambda: player.play(IDENTIFY.name)),
        ):
            done = identify(config, tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
            assert "asked the running service: table-3 at showroom" in done.stdout
            wait_until(lambda: panel.level > 0)
        assert panel.level == 0


def test_the_service_as_a_process_is_found_and_survives_being_asked(config, tmp_path):
    text = config.read_text() + '[camera]\nsource = "v4l2"\nindex = 63\n'
    config.write_text(text + '[privacy]\nmode = "notice"\ncontact = "us"\n')
    command = [sys.executable, "-m", "cuelight", "run", "--dry-run", "--config", str(config)]
    environ = {**os.environ, "RUNTIME_DIRECTORY": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as service:
        try:
            wait_until(lambda: find_running([tmp_path]) == service.pid, timeout_seconds=180)
            assert "asked the running service" in identify(config, tmp_path).stdout
            assert find_running([tmp_path]) == service.pid
        finally:
            service.terminate()
        service.communicate(timeout=120)
    assert service.returncode == 0


def test_a_service_is_marked_while_it_runs_and_no_longer(tmp_path):
    with Running(tmp_path, identify=lambda: None):
        assert found_by_another_process(tmp_path) == str(os.getpid())
    assert found_by_another_process(tmp_path) == "None"
    os.kill(os.getpid(), signal.SIGUSR1)  # asked a moment too late, it must not be killed


def test_a_service_that_was_killed_leaves_no_mark(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from cuelight.running import Running\n"
        "Running(Path(sys.argv[1]), identify=lambda: None); print('up', flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        assert find_running([tmp_path / "nothing", tmp_path]) == process.pid
        process.kill()
        process.wait(60)
    assert (tmp_path / "running.lock").exists()
    assert find_running([tmp_path]) is None


def test_a_second_service_says_so_and_runs_on(tmp_path, caplog):
    caplog.set_level("INFO")
    code = FIND.replace("find_running", "Running") + (
        "import logging; logging.basicConfig(level='INFO')\n"
        "with Running(Path(sys.argv[1]), identify=lambda: None): print('runs')"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with Running(tmp_path, identify=lambda: None):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "runs\n"
    assert "will not find this process" in done.stderr


def test_without_a_service_the_lamp_blinks_from_here(config, capsys, monkeypatch):
    played = []
    real = Panel.show

    def show(panel, level, *, colour):
        played.append((level, colour))
        real(panel, level, colour=colour)

    monkeypatch.setattr(Panel, "show", show)
    # no need to see all ten seconds: Ctrl-C once it blinks leaves the lamp dark
    main_thread = threading.get_ident()

    def interrupt():
        wait_until(lambda: any(level > 0 for level, _ in played))
        signal.pthread_kill(main_thread, signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    # a shell's background job ignores Ctrl-C from the start
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        watcher.start()
        assert main(["identify", "--config", str(config)]) == 1
    finally:
        signal.signal(signal.SIGINT, before)
    watcher.join()
    assert "table-3 at showroom blinks white for 10 s on mock pins" in capsys.readouterr().out
    assert (1.0, (1.0, 1.0, 1.0)) in played
    assert played[-1][0] == 0.0


def test_nobody_takes_it_for_a_signal():
    pulses = IDENTIFY.pulses
    assert len(pulses) > 3 * max(len(rhythm.pulses) for rhythm in RHYTHMS.values())
    dark = [after[0] - before[1] for before, after in itertools.pairwise(pulses)]
    assert max(dark) < 0.5, "a signal pauses for 1.5 s before its repeat"
    assert len(pulses) / IDENTIFY.duration_seconds < 3, "WCAG 2.3.1: no three flashes a second"
    assert all(IDENTIFY.colour != rhythm.colour for rhythm in RHYTHMS.values())
    assert IDENTIFY.name not in RHYTHMS, "it is no signal, so nothing but a person can ask for it"
