"""What the alert budget remembers, whatever ends: the process, the machine, the disk."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker import wait_until
from cuelight.cli import main
from cuelight.records import AlertLedger, Signal
from cuelight.settings import LampSettings, ReleaseSettings
from cuelight.tell.ledger import LedgerFile, quick_folder
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import Spool
from cuelight.tell.teller import Teller

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Machine:
    """A machine with a disk, memory that a service outlives, and what a power cut leaves of them.

    `lit` are the signals that were shown; each write keeps all that the process knows of, as the
    budget does. `quick` False is a box without such memory.
    """

    def __init__(self, folder, *, quick):
        self.disk, memory = folder / "store", folder / "run"
        self.memory = memory if quick else None
        memory.mkdir()
        self.boot = 0
        self.lit, self.synced, self.sure, self.broken = [], None, [], False
        self.lit_while_broken = 0
        self.start()

    @property
    def path(self):
        return self.disk / "alerts.json"

    def start(self):
        self.ledger = LedgerFile(self.path, boot=str(self.boot), quick=self.memory)
        found = self.ledger.load()
        self.known = [] if found is None else found[0]["given"]

    def write(self, known):
        """As the teller: True when the lamp may be lit."""
        self.known = known
        try:
            self.ledger.write({"given": known})
        except OSError:
            return False
        return True

    def show(self, number):
        """Write, and light the lamp; what follows may never come."""
        if self.write([*self.known, number]):
            self.lit.append(number)
            self.lit_while_broken += self.broken

    def sync(self):
        try:
            self.ledger.sync()
        except OSError:
            return
        self.synced = self.path.read_text() if self.path.exists() else None
        self.sure = list(self.lit)

    def settle(self):
        try:
            self.ledger.settle()
        except OSError:
            return

    def kill(self):
        self.start()

    def stop_post(self):
        if self.memory is not None:
            LedgerFile(self.path, boot=str(self.boot), quick=self.memory)

    def cut_power(self, *, with_cache):
        """Lose the memory, and (unless luck has it) what the disk was not made to keep."""
        if not with_cache:
            self.path.unlink(missing_ok=True)
            if self.synced is not None:
                self.path.write_text(self.synced)
        self._up()

    def reboot(self):
        """Go down cleanly, after whatever end of the process."""
        self.stop_post()
        self._up()

    def _up(self):
        for left in [] if self.memory is None else self.memory.iterdir():
            left.unlink()
        self.boot += 1
        self.start()

    def break_disk(self):
        """From now on the disk takes nothing."""
        if not self.broken:
            self.disk.mkdir(exist_ok=True)
            (self.disk / "alerts.new").mkdir()
            self.broken = True

    def mend_disk(self):
        if self.broken:
            (self.disk / "alerts.new").rmdir()
            self.broken = False
            self.lit_while_broken = 0

    def take(self, step, number):
        """Do one of `STEPS`."""
        if step.startswith("show"):
            self.show(number)
        match step:
            case "show and sync":
                self.sync()
            case "tally":
                self.write(list(self.known))
            case "cut power" | "cut power, cache kept":
                self.cut_power(with_cache="cache" in step)
            case "settle" | "kill" | "reboot" | "break disk" | "mend disk":
                getattr(self, step.replace(" ", "_"))()

    def forgotten(self):
        return [number for number in self.lit if number not in self.known]


STEPS = st.lists(
    st.sampled_from(
        [
            *("show", "show and sync", "show and sync", "tally", "settle", "kill"),
            *("cut power", "cut power, cache kept", "reboot", "break disk", "mend disk"),
        ]
    ),
    max_size=40,
)


@pytest.mark.parametrize("quick", [False, True])
@given(steps=STEPS)
@settings(max_examples=100, deadline=None)
def test_no_end_of_a_process_forgets_a_signal_and_no_power_cut_one_that_was_synced(quick, steps):
    """The promise is the same with memory and without, but for one signal before a broken disk."""
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder), quick=quick)
        for number, step in enumerate(steps):
            machine.take(step, number)
            if step == "kill" or (step == "reboot" and not machine.broken):
                assert machine.forgotten() == []
            assert not set(machine.forgotten()) & set(machine.sure)
            machine.lit = [number for number in machine.lit if number in machine.known]
            assert machine.lit_while_broken <= (1 if quick else 0)


def test_memory_leads_by_one_signal_only_and_holds_nothing_once_the_disk_has_it(tmp_path):
    memory = tmp_path / "run"
    memory.mkdir()
    path, copy = tmp_path / "store" / "alerts.json", memory / "alerts.json"
    ledger = LedgerFile(path, quick=memory)
    ledger.write({"given": [1]})
    assert path.exists(), "the disk has shown that it works before memory may lead"
    assert not copy.exists()
    ledger.write({"given": [1, 2]})
    assert json.loads(copy.read_text())["kept"] == {"given": [1, 2]}
    assert json.loads(path.read_text())["kept"] == {"given": [1]}
    assert LedgerFile(path).load() == ({"given": [1]}, True), "as a release that knows no memory"
    assert ledger.load() == ({"given": [1, 2]}, True)
    ledger.write({"given": [1, 2, 3]})
    assert json.loads(path.read_text())["kept"] == {"given": [1, 2, 3]}
    assert list(memory.iterdir()) == []
    assert copy.parent.exists()


@pytest.mark.parametrize("gone", [True, False])
def test_memory_that_takes_nothing_is_done_without(tmp_path, gone):
    memory = tmp_path / "run"
    memory.mkdir()
    path = tmp_path / "alerts.json"
    ledger = LedgerFile(path, quick=memory)
    ledger.write({"given": [1]})
    if gone:
        memory.rmdir()
    else:
        (memory / "alerts.new").mkdir()
    ledger.write({"given": [1, 2]})
    assert json.loads(path.read_text())["kept"] == {"given": [1, 2]}


@pytest.mark.parametrize("nonsense", ["", "{", "[]", '{"kept": 1, "boot": ""}', "\0" * 40])
def test_nonsense_in_memory_is_reported_and_the_disk_believed(tmp_path, caplog, nonsense):
    memory = tmp_path / "run"
    memory.mkdir()
    path = tmp_path / "alerts.json"
    LedgerFile(path).write({"given": [1]})
    (memory / "alerts.json").write_text(nonsense)
    assert LedgerFile(path, quick=memory).load() == ({"given": [1]}, True)
    assert "cannot be read" in caplog.text
    assert not (memory / "alerts.json").exists(), "once is enough"


def test_the_unit_names_the_folder():
    assert quick_folder({"RUNTIME_DIRECTORY": "/run/cuelight"}) is None
    assert quick_folder({"CUELIGHT_QUICK": "/run/cuelight"}) == Path("/run/cuelight")


def test_what_runs_after_a_kill_brings_it_to_the_disk(tmp_path, monkeypatch):
    memory, store = tmp_path / "run", tmp_path / "store"
    memory.mkdir()
    config = tmp_path / "device.toml"
    config.write_text(f'[lamp]\npin_factory = "mock"\n[store]\nfolder = "{store}"\n')
    ledger = LedgerFile(store / "alerts.json", quick=memory)
    for signals in ([1], [1, 2]):
        ledger.write({"given": signals})
    monkeypatch.setenv("CUELIGHT_QUICK", str(memory))
    assert main(["test-signal", "off", "--config", str(config)]) == 0
    assert LedgerFile(store / "alerts.json").load() == ({"given": [1, 2]}, True)


# a real process, really killed

PROGRAM = """
import sys
from pathlib import Path
from cuelight.tell.ledger import LedgerFile
ledger = LedgerFile(Path(sys.argv[1]) / "alerts.json", quick=Path(sys.argv[2]))
given = (ledger.load() or ({"given": []}, True))[0]["given"]
while True:
    given.append(len(given))
    ledger.write({"given": given})
    sys.stdout.write("lit\\n")
    sys.stdout.flush()
    ledger.sync()
"""


def test_thirty_kills_at_any_moment_forget_nothing(tmp_path):
    memory = tmp_path / "run"
    memory.mkdir()
    chance = random.Random(5)
    lit, led = 0, 0
    for _ in range(30):
        words = [sys.executable, "-c", PROGRAM, str(tmp_path), str(memory)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as box:
            for _ in range(chance.randrange(1, 12)):
                assert box.stdout.readline() == b"lit\n"
                lit += 1
            box.send_signal(signal.SIGKILL)
            lit += len(box.stdout.read().splitlines())
        led += (memory / "alerts.json").exists()
        found = LedgerFile(tmp_path / "alerts.json", quick=memory).load()
        remembered = len(found[0]["given"])
        assert lit <= remembered <= lit + 1, "one may have been written and not lit any more"
        lit = remembered
    assert led > 0, "no kill came while memory led: nothing was shown"


# the lamp


@pytest.mark.parametrize("quick", [True, False])
def test_a_disk_that_hangs_holds_up_no_light(tmp_path, quick):
    """The disk hangs as a pipe does that nobody reads; with memory the lamp lights all the same."""
    memory = tmp_path / "run"
    memory.mkdir()
    lamp = LampSettings(pin_factory="mock")
    path, hangs = tmp_path / "alerts.json", tmp_path / "alerts.new"
    ledger = LedgerFile(path, quick=memory if quick else None)
    ledger.write({"given": []})
    release = ReleaseSettings()
    with (
        Spool(tmp_path / "windows.sqlite") as spool,
        Panel(lamp, mock_allowed=True) as panel,
        Player(panel) as player,
    ):
        panel.open()
        pin = panel.pins.factory.pin(lamp.pins[1])

        def is_lit():
            return any(state.state > 0 for state in pin.states)

        teller = Teller(
            player=player,
            gatherer=Gatherer(release, site="s", device="d", start=START),
            spool=spool,
            ledger=ledger,
            feed=None,
            settings=release,
            now=lambda: 10.0,
            utc=lambda: START,
        )
        os.mkfifo(hangs)
        teller.tell(AlertLedger({"given": [[10.0, "interest"]]}))
        teller.tell(Signal("go", "interest", 10.0))
        if quick:
            wait_until(is_lit)
            assert LedgerFile(path).load() == ({"given": []}, True), "the disk has not got it"
        reader = os.open(hangs, os.O_RDONLY)  # opens once the teller waits at the other end
        if not quick:
            assert not is_lit(), "as long as the disk hangs, so does the light"
        writer = os.open(f"/proc/self/fd/{reader}", os.O_WRONLY)  # so that its fsync hangs no more
        assert b"interest" in os.read(reader, 4096)
        wait_until(is_lit)
        teller.close()
        assert not teller.is_alive
        for end in (reader, writer):
            os.close(end)
