from __future__ import annotations

import inspect
import itertools
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from cuelight.sense.webcam import _TIMEOUT_SECONDS, Webcam
from cuelight.tell import feed, player, teller
from cuelight.watchdog import Watchdog

UNIT = Path(__file__).parent.parent / "systemd" / "cuelight.service"


@pytest.fixture
def notified(tmp_path):
    """Listen as systemd does; gives (environment, function that returns what came in)."""
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(address))
        server.settimeout(0)

        def heard():
            messages = []
            while True:
                try:
                    messages.append(server.recv(4096).decode())
                except BlockingIOError:
                    return messages

        yield {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "10000000"}, heard


def test_ready_status_and_stopping_reach_systemd(notified):
    environ, heard = notified
    with Watchdog(environ) as watchdog:
        watchdog.ready("camera open")
        watchdog.status("paused\nREADY=0")
        watchdog.stopping()
    assert heard() == ["READY=1\nSTATUS=camera open", "STATUS=paused READY=0", "STOPPING=1"]


def test_a_sign_of_life_comes_with_progress_and_at_most_half_the_limit_apart(notified):
    environ, heard = notified
    frames = [number / 30 for number in range(30 * 60)]
    sent = []
    with Watchdog(environ) as watchdog:
        for frame in frames:
            watchdog.progress(frame)
            if heard() == ["WATCHDOG=1"]:
                sent.append(frame)
    assert sent[0] == 0
    gaps = [after - before for before, after in itertools.pairwise(sent)]
    assert max(gaps) <= 5.0, "half of WATCHDOG_USEC"
    assert len(sent) < len(frames) / 30, "not with every frame"


def test_without_progress_there_is_no_sign_of_life(notified):
    environ, heard = notified
    with Watchdog(environ) as watchdog:
        watchdog.ready()
        watchdog.status("busy")
        assert not any("WATCHDOG" in message for message in heard())


def test_a_clock_that_starts_again_still_counts_as_progress(notified):
    environ, heard = notified
    with Watchdog(environ) as watchdog:
        for now in (500.0, 0.0, 1.0, 2.5):
            watchdog.progress(now)
    assert heard() == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_PID": str(os.getppid())},
    ],
)
def test_an_unwatched_process_sends_no_sign_of_life(notified, changes):
    environ, heard = notified
    with Watchdog(environ | changes) as watchdog:
        assert watchdog.interval_seconds is None
        watchdog.progress(1.0)
        watchdog.ready()
    assert heard() == ["READY=1"]


def test_the_watched_process_is_recognised_by_its_number(notified):
    environ, _ = notified
    with Watchdog(environ | {"WATCHDOG_PID": str(os.getpid())}) as watchdog:
        assert watchdog.interval_seconds == pytest.approx(1.25)


def test_without_systemd_nothing_happens():
    with Watchdog({}) as watchdog:
        watchdog.ready()
        watchdog.progress(1.0)
        watchdog.stopping()


def test_a_start_that_waits_says_so_and_is_given_a_little_time_at_once(notified):
    environ, heard = notified
    with Watchdog(environ) as watchdog:
        for tick in range(4 * 60):
            watchdog.starting(tick / 4)
    said = heard()
    assert set(said) == {"EXTEND_TIMEOUT_USEC=20000000"}
    assert 60 / 10 <= len(said) < 60, "twice within each 20 s, and not with every tick"


def test_an_abstract_socket_works_too():
    name = f"cuelight-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + name)
        server.settimeout(5)
        with Watchdog({"NOTIFY_SOCKET": "@" + name}) as watchdog:
            watchdog.ready()
        assert server.recv(100) == b"READY=1"


def test_a_systemd_that_is_gone_is_said_and_survived(tmp_path, caplog):
    with Watchdog({"NOTIFY_SOCKET": str(tmp_path / "gone")}) as watchdog:
        watchdog.ready()
    assert "cannot reach systemd" in caplog.text


def options():
    """Return the unit's options as (section, key, value)."""
    found, section = [], ""
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((section, key, value))
    return found


def one(key):
    (value,) = [value for _, name, value in options() if name == key]
    return value


def test_the_unit_keeps_the_box_alive():
    assert one("Type") == "notify"
    assert one("Restart") == "always"
    assert one("StartLimitIntervalSec") == "0", "no start limit that leaves it dead"
    restart = float(one("RestartSec").removesuffix("ms")) / 1000
    start_and_clear = 2.0  # lamp cleared and Python started anew, on a Pi 4B
    assert 0 < int(one("WatchdogSec")) + restart + start_and_clear <= 10
    # the longest single step of the loop, from just before the next sign of life is due
    longest = inspect.signature(Webcam).parameters["close_seconds"].default
    assert longest + int(one("WatchdogSec")) / 8 < int(one("WatchdogSec"))
    assert one("MemoryMax").endswith("M")


def test_no_picture_of_memory_reaches_the_disk():
    assert one("LimitCORE") == "0"
    assert one("CoredumpFilter") == "0x0"
    assert one("WatchdogSignal") == "SIGKILL"
    assert one("MemorySwapMax") == "0"


def test_the_unit_runs_as_its_own_user_and_clears_the_lamp():
    assert one("User") == "cuelight"
    assert set(one("SupplementaryGroups").split()) == {"video", "gpio"}
    assert not any(key == "DynamicUser" for _, key, _ in options())
    assert one("ExecStopPost").startswith("-/opt/cuelight/current/bin/cuelight test-signal off")
    # what board detection and lgpio need (DESIGN section 8)
    assert {"ProcSubset", "PrivateUsers", "PrivateDevices"}.isdisjoint(
        key for _, key, _ in options()
    )
    assert ("Service", "Environment", "LG_WD=/run/cuelight") in options()
    assert "AF_NETLINK" in one("RestrictAddressFamilies").split()
    # the alert budget's quick copy must outlive the service
    assert ("Service", "Environment", "CUELIGHT_QUICK=/run/cuelight") in options()
    assert one("RuntimeDirectoryPreserve") == "yes"
    assert one("RuntimeDirectory") == "cuelight"
    allowed = {value for _, key, value in options() if key == "DeviceAllow"}
    assert allowed == {
        *("char-video4linux rw", "char-media rw", "char-dma_heap rw", "char-gpiochip rw")
    }


def test_a_clean_stop_may_take_as_long_as_everything_in_it_may_hang():
    frame, camera = _TIMEOUT_SECONDS, inspect.signature(Webcam).parameters["close_seconds"].default
    rest = teller.CLOSE_SECONDS + feed.CLOSE_SECONDS + player.CLOSE_SECONDS
    assert frame + camera + rest < int(one("TimeoutStopSec"))


def systemd_analyze(*arguments):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("no systemd-analyze here; run scripts/install-test-tools")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def verify(folder, text):
    """Verify a copy of the unit whose program exists."""
    program = folder / "cuelight"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = folder / UNIT.name
    copy.write_text(text.replace("/opt/cuelight/current/bin/cuelight", str(program)))
    return systemd_analyze("verify", "--man=no", str(copy))


def test_systemd_accepts_the_unit_without_a_warning(tmp_path):
    done = verify(tmp_path, UNIT.read_text())
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_check_would_notice_a_misspelt_option(tmp_path):
    done = verify(tmp_path, UNIT.read_text().replace("WatchdogSec=", "WatchDogSec="))
    assert "WatchDogSec" in done.stderr


def test_the_unit_is_hardened():
    done = systemd_analyze("security", "--offline=yes", "--threshold=18", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout[-400:]
    assert "exposure level for cuelight.service" in done.stdout


def test_the_check_would_notice_a_softer_unit(tmp_path):
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("SystemCallFilter=@system-service\n", ""))
    done = systemd_analyze("security", "--offline=yes", "--threshold=18", "--no-pager", str(copy))
    assert done.returncode != 0
