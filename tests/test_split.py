"""The service as two processes: what each can do, and a true lamp whichever of them dies."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from cuelight.examine.process import examine_process
from cuelight.tell.spool import OPEN_SUMS
from split_bench import SplitBench, sensing_process
from stand_in import CAMERA_PIN, PAUSE_PIN, SIGNAL_PINS

CONSENT_PIN = 25


@pytest.fixture
def bench(tmp_path):
    return SplitBench(tmp_path)


def until(ready, seconds=120.0):
    """Wait for a condition."""
    end, tick = time.monotonic() + seconds, threading.Event()
    while not (found := ready()):
        assert time.monotonic() < end, "it never came"
        tick.wait(0.01)
    return found


def works(bench, service):
    """Wait until the camera is open under its lamp."""
    service.wait_for(lambda: bench.is_camera_open and bench.level(CAMERA_PIN) == 1.0)
    return sensing_process(service)


def test_it_works_pauses_resumes_and_stops(bench):
    with bench.running() as service:
        service.wait_for("READY=1")
        works(bench, service)
        with bench.pressed(PAUSE_PIN):
            service.wait_for(lambda: not bench.is_camera_open and bench.level(CAMERA_PIN) == 0.0)
        with bench.pressed(PAUSE_PIN):
            works(bench, service)
        code, seconds = service.stop()
    assert code == 0, service.log
    assert not bench.was_dark
    assert bench.level(CAMERA_PIN) == 0.0
    assert not bench.is_camera_open
    assert seconds < 9
    assert not any(
        "WARNING" in line or "ERROR" in line for line in service.log if "tuning" not in line
    )


def test_each_process_holds_only_its_own_part(bench):
    with bench.running() as service:
        sensing = works(bench, service)
        proven = examine_process(service.process.pid, folders=[bench.state], paused=False)
        parts = {
            name: Path(f"/proc/{number}/maps").read_text()
            for name, number in (("tells", service.process.pid), ("senses", sensing))
        }
        status = Path(f"/proc/{sensing}/status").read_text()
        held = [str(one.readlink()) for one in Path(f"/proc/{sensing}/fd").iterdir()]
        environ = Path(f"/proc/{sensing}/environ").read_bytes()
    good = {one.name: one for one in proven if one.verdict == "good"}
    assert {"files", "ports", "swap"} <= set(good)
    assert "it holds 5 sockets" in good["ports"].text, "both processes are looked at"
    for telling in ("_sqlite3", "_ssl"):
        assert telling in parts["tells"]
        assert telling not in parts["senses"]
    for sensing_only in ("numpy", "litert"):
        assert sensing_only in parts["senses"]
        assert sensing_only not in parts["tells"]
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    assert not any(str(bench.state) in one for one in held), "nothing of the store is open there"
    assert sum(one.startswith("socket:") for one in held) == 2, "the line and the queue"
    assert b"STATE_DIRECTORY" not in environ
    assert b"NOTIFY_SOCKET" not in environ


@pytest.mark.parametrize("part", ["attempts", "attempts without landlock"])
def test_every_way_out_of_the_sensing_process_is_shut(tmp_path, part):
    bench = SplitBench(tmp_path, part=part)
    before = (bench.pins / "existing").read_bytes()
    with bench.running() as service:
        service.wait_for("ALL TRIED")
        service.stop()
    tried = [line for line in service.log if re.match("OPEN|SHUT", line)]
    still_open = [line.split(" ", 1)[1].strip() for line in tried if line.startswith("OPEN")]
    assert len(tried) == 32, tried
    if "without" in part or not has_landlock():
        assert still_open == ["map existing"], "as on Raspberry Pi OS: said in docs/PRIVACY.md"
    else:
        assert still_open == []
        assert (bench.pins / "existing").read_bytes() == before
    assert not (bench.pins / "new").exists()
    assert service.process.returncode == 0


def has_landlock():
    code = "import ctypes; raise SystemExit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)"
    return subprocess.run(["python3", "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("part", ["junk", "crops"])
def test_what_is_no_record_ends_the_sensing_process_and_goes_nowhere(tmp_path, part):
    bench = SplitBench(tmp_path, part=part)
    with bench.running() as service:
        service.wait_for("sent what it may not")
        service.wait_for(lambda: not bench.is_camera_open and bench.level(CAMERA_PIN) == 0.0)
        works(bench, service)  # and it is started again
        service.stop()
    assert not bench.was_dark
    assert service.process.returncode == 0


def test_a_killed_sensing_process_leaves_its_lamp_lit_until_the_camera_is_closed(bench):
    with bench.running() as service:
        first = works(bench, service)
        os.kill(first, signal.SIGKILL)
        service.wait_for("ended (signal 9)")
        service.wait_for(lambda: works(bench, service) not in (0, first))
        assert service.process.poll() is None
        assert service.stop()[0] == 0
    assert not bench.was_dark
    assert not any("DARK" in line for line in service.log)


def test_a_killed_telling_process_takes_the_camera_with_it_and_the_lamp_stays_lit(bench):
    with bench.running() as service:
        sensing = works(bench, service)
        service.process.kill()
        service.process.wait(60)
        until(lambda: not bench.is_camera_open, 60.0)
        until(lambda: not Path(f"/proc/{sensing}/maps").exists() or not maps(sensing), 60.0)
        assert bench.level(CAMERA_PIN) == 1.0, "nobody was there to put it out"
        bench.stop_post()
        assert bench.level(CAMERA_PIN) == 0.0
    assert not bench.was_dark
    with bench.running() as service:
        works(bench, service)
        assert service.stop()[0] == 0


def maps(number):
    try:
        return Path(f"/proc/{number}/maps").read_text()
    except OSError:
        return ""


def test_a_sensing_process_that_hangs_shows_no_sign_of_life(bench):
    with bench.running(watchdog_seconds=2.0) as service:
        works(bench, service)
        service.wait_for("WATCHDOG=1")
        bench.camera("hang")
        until(lambda: time.monotonic() - service.last("WATCHDOG=1") > 2.0, 20.0)
        assert bench.level(CAMERA_PIN) == 1.0, "the camera is still open"
        service.process.kill()
        service.process.wait(60)
        until(lambda: not bench.is_camera_open, 60.0)


def test_a_camera_that_does_not_close_is_closed_by_ending_its_process(bench):
    with bench.running() as service:
        first = works(bench, service)
        bench.camera("stuck")
        with bench.pressed(PAUSE_PIN):
            service.wait_for("ended (exit code 1)")
            service.wait_for(lambda: not bench.is_camera_open and bench.level(CAMERA_PIN) == 0.0)
        bench.camera("good")
        service.wait_for(lambda: sensing_process(service) not in (0, first))
        with bench.pressed(PAUSE_PIN):  # the pause outlived the process
            works(bench, service)
        assert service.stop()[0] == 0
    assert not bench.was_dark


def test_a_lamp_that_goes_out_by_itself_closes_the_camera(bench):
    with bench.running() as service:
        works(bench, service)
        (bench.pins / f"gpio{CAMERA_PIN}").write_text("0")  # another program did it
        service.wait_for("lamp went out while the camera was open")
        works(bench, service)
        assert service.stop()[0] == 0


def test_signals_reach_the_lamp_and_visits_the_sums_over_kills_of_either_process(tmp_path):
    bench = SplitBench(tmp_path, part="signals")
    visits = 0
    for killed in ("sensing", "telling", "neither"):
        with bench.running() as service:
            works(bench, service)
            pins = bench.pins / "pins"
            service.wait_for(lambda pins=pins: any(lit(pins, pin) for pin in SIGNAL_PINS))
            least = max(3, visits + 1)
            until(lambda least=least: counted(bench) >= least)
            if killed == "sensing":
                os.kill(sensing_process(service), signal.SIGKILL)
                works(bench, service)
            elif killed == "telling":
                visits = counted(bench)
                service.process.kill()
                service.process.wait(60)
                until(lambda: not bench.is_camera_open, 60.0)
                bench.stop_post()
            if killed != "telling":
                now = counted(bench)
                until(lambda now=now: counted(bench) > now)
                visits = counted(bench)
                assert service.stop()[0] == 0
                assert counted(bench) >= visits, "a kill of sensing loses no visit that was told"
        pins.unlink()
    assert not bench.was_dark


def lit(pins, pin):
    return pins.exists() and re.search(rf"^{pin} 0\.[0-9]*[1-9]", pins.read_text(), re.MULTILINE)


def counted(bench):
    """Give how many visits the open sums on disk hold."""
    path = bench.state / "windows.sqlite"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            rows = base.execute("SELECT value FROM meta WHERE key = ?", (OPEN_SUMS,)).fetchall()
    except sqlite3.OperationalError:
        return 0
    found = re.search(r'"visits": (\d+)', rows[0][0]) if rows else None
    return int(found[1]) if found else 0


def test_a_model_that_cannot_be_used_is_said_with_its_reason(bench, tmp_path):
    broken = tmp_path / "models"
    broken.mkdir()
    bench.write(more=f'[model]\nfolder = "{broken}"\n')
    done = subprocess.run(
        bench.command("run"),
        env=bench.environ(state=False),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 2
    assert str(broken) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_pause_of_an_earlier_run_is_kept(bench):
    with bench.running() as service:
        works(bench, service)
        with bench.pressed(PAUSE_PIN):
            service.wait_for(lambda: not bench.is_camera_open)
        service.process.kill()
        service.process.wait(60)
    with bench.running() as service:
        service.wait_for("STATUS=paused")
        assert not bench.is_camera_open
        assert service.stop()[0] == 0


def test_a_new_sensing_process_knows_how_the_switch_stands(bench):
    text = bench.config.read_text()
    bench.config.write_text(
        text.replace("pause_hold", "off_switch = true\noff_pin = 26\npause_hold")
    )
    switch = bench.pins / "gpio26"
    switch.write_text("0")
    with bench.running() as service:
        first = works(bench, service)
        os.kill(first, signal.SIGKILL)
        service.wait_for(lambda: works(bench, service) not in (0, first))
        switch.write_text("1")
        service.wait_for(lambda: not bench.is_camera_open)
        os.kill(sensing_process(service), signal.SIGKILL)
        service.wait_for(lambda: sum("ended (signal 9)" in line for line in service.log) == 2)
        service.wait_for(lambda: sensing_process(service) != 0)
        service.wait_for(lambda: service.last("STATUS=paused") > service.last("STATUS=stopped"))
        assert not bench.is_camera_open
        switch.write_text("0")
        works(bench, service)
        assert service.stop()[0] == 0
    assert not bench.was_dark


def test_a_trace_of_the_sensing_process_shows_neither_socket_nor_file_nor_program(tmp_path):
    bench = SplitBench(tmp_path)
    trace = tmp_path / "trace"
    calls = (
        "socket,connect,sendto,sendmsg,execve,open,openat,creat,mkdir,unlink,rename,seccomp,prctl"
    )
    program = shutil.which("strace")
    assert program is not None, "no strace here; run scripts/install-test-tools"
    tried = subprocess.run([program, "-o", trace, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine lets nobody trace a process")
    traced = [program, "-f", "-o", str(trace), "-e", f"trace={calls}"]
    service = subprocess.Popen(
        [*traced, *bench.command("run")], env=bench.environ(), stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: bench.is_camera_open, 60.0)
        until(lambda: (bench.pins / f"gpio{CAMERA_PIN}").read_text() == "1")
        os.kill(int(running_in(service.pid)), signal.SIGTERM)
        assert service.wait(60) == 0
    finally:
        service.kill()
        service.wait(60)
    lines = trace.read_text().splitlines()
    locked = next(n for n, line in enumerate(lines) if "PR_SET_SECCOMP" in line)
    number = lines[locked].split()[0]
    after = [line for line in lines[locked + 1 :] if line.startswith(number)]
    done = [line for line in after if "= -1 " not in line and "resumed" not in line]
    assert sum("EPERM" in line for line in after) >= 7, "its own trial of the lock"
    assert any("openat(" in line for line in done), "it reads files"
    harmless = re.compile(r"openat\(.*(O_RDONLY|\"/dev/[a-z0-9]*\", O_RDWR)|prctl\(")
    assert [line for line in done if not harmless.search(line) and "+++" not in line] == []


def running_in(tracer):
    """Give the process that a tracer started."""
    return Path(f"/proc/{tracer}/task/{tracer}/children").read_text().split()[0]


def test_with_opt_in_the_camera_waits_for_the_press_and_no_log_tells_of_it(bench):
    text = bench.config.read_text()
    bench.config.write_text(text.replace('mode = "notice"', 'mode = "opt_in"'))
    with bench.running() as service:
        service.wait_for("READY=1")
        assert not bench.is_camera_open
        said = len(service.log)
        with bench.pressed(CONSENT_PIN):
            works(bench, service)
        agreed = time.monotonic()  # a second press within a second is a nervous finger
        service.wait_for(lambda: service.last("WATCHDOG=1") > agreed + 1.2)
        with bench.pressed(CONSENT_PIN):
            service.wait_for(lambda: not bench.is_camera_open and bench.level(CAMERA_PIN) == 0.0)
        assert service.stop()[0] == 0
    assert not bench.was_dark
    told = [line for line in service.log[said:] if "sense.picamera" not in line]
    assert told == [], "of the camera's own kind and tuning is said once, with the first opening"
