"""The telling half as a whole: one queue in, lamp, sums, disk and broker out."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from cuelight.records import AlertLedger, Reading, Signal, Status, VisitTally
from cuelight.settings import LampSettings, ReleaseSettings
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import OPEN_SUMS, Spool
from cuelight.tell.teller import Teller
from cuelight.tell.wall_clock import clock_is_set
from cuelight.tell.window import from_json

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
TALLY = VisitTally(frozenset({"interest", "raised_eyebrows"}), price=False)
NOTHING = Reading("interest", 0.9, 10.0, ())
RELEASE = ReleaseSettings(k=5, floor=0)


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "windows.sqlite") as opened:
        yield opened


@pytest.fixture
def panel():
    with Panel(LampSettings(pin_factory="mock"), mock_allowed=True) as opened:
        opened.open()
        yield opened


def tell(records, *, spool, panel, ledger, utc=lambda: START, **more):
    gatherer = Gatherer(RELEASE, site="s", device="d", start=START)
    with Player(panel) as player:
        teller = Teller(
            player=player,
            gatherer=gatherer,
            spool=spool,
            ledger=ledger,
            feed=None,
            settings=RELEASE,
            **{"now": lambda: 10.05, "utc": utc, **more},
        )
        for record in records:
            teller.tell(record)
        teller.close()
        player.wait_idle(timeout_seconds=180)
    return teller


def test_a_signal_lights_the_lamp_and_its_count_is_on_disk_first(tmp_path, spool, panel):
    ledger = LedgerFile(tmp_path / "alerts.json")
    records = [AlertLedger({"given": [[10.0, "interest"]]}), Signal("go", "interest", 10.0)]
    teller = tell(records, spool=spool, panel=panel, ledger=ledger)
    lamp = panel.pins.factory.pin(panel_pin := LampSettings().pins[1])
    assert any(state.state > 0 for state in lamp.states), panel_pin
    assert lamp.state == 0
    assert teller.signal_latencies == [pytest.approx(0.05)]
    assert ledger.load() == ({"given": [[10.0, "interest"]]}, True)


def test_a_reading_alone_lights_nothing(tmp_path, spool, panel):
    tell(
        [Reading("interest", 0.99, 10.0, ())],
        spool=spool,
        panel=panel,
        ledger=LedgerFile(tmp_path / "alerts.json"),
    )
    assert {s.state for s in panel.pins.factory.pin(LampSettings().pins[1]).states} == {0}


class Clocks:
    """A steady clock and a wall clock that move between two ticks of the teller, and never within.

    The teller asks `clock_is_set` at the start of each tick; here it waits until the test lets it.
    """

    def __init__(self, *, utc=START, is_set=True):
        self.seconds = 10.0
        self.wall = utc
        self.is_set = is_set
        self.free = False
        self._here = threading.Semaphore(0)
        self._go = threading.Semaphore(0)

    def now(self):
        return self.seconds

    def utc(self):
        return self.wall

    def clock_is_set(self):
        if not self.free:
            self._here.release()
            assert self._go.acquire(timeout=60)
        return self.is_set

    def wait_for_tick(self):
        assert self._here.acquire(timeout=60)

    def let_go(self):
        self._go.release()


class Desk:
    """A teller on a disk that can be filled, told one record or one moment at a time."""

    def __init__(self, folder, panel, *, health=dict, feed=None, **clocks):
        self.folder = folder
        self.clocks = Clocks(**clocks)
        self.ledger = LedgerFile(folder / "alerts.json")
        self.spool = Spool(folder / "windows.sqlite")
        self.gatherer = Gatherer(RELEASE, site="s", device="d", start=self.clocks.wall)
        self.player = Player(panel)
        self.full = self.filled = 0
        self.refuses = {"put", "save", "write"}
        self.teller = Teller(
            player=self.player,
            gatherer=self.gatherer,
            spool=self,
            ledger=self,
            feed=feed,
            settings=RELEASE,
            now=self.clocks.now,
            utc=self.clocks.utc,
            clock_is_set=self.clocks.clock_is_set,
            health=health,
        )
        self.teller.tell(NOTHING)
        self.clocks.wait_for_tick()

    def pass_time(self, *, hours=0.0, put=timedelta(0)):
        """Let hours pass and somebody put the wall clock, then one tick."""
        self.clocks.seconds += 3600 * hours
        self.clocks.wall += timedelta(hours=hours) + put
        self.tell(NOTHING)

    def tell(self, *records):
        """Tell records; returns at the start of the tick after the last one."""
        for record in records:
            self.teller.tell(record)
            self.clocks.let_go()
            self.clocks.wait_for_tick()
        self.clocks.let_go()
        self.teller.tell(NOTHING)
        self.clocks.wait_for_tick()

    def windows(self):
        return [from_json(one.body) for one in self.spool.waiting()]

    # spool and ledger, whose disk is full for the next `full` writes
    def __getattr__(self, name):
        return getattr(self.spool, name)

    def _disk(self, what):
        if self.full and what in self.refuses:
            self.full -= 1
            self.filled += 1
            raise OSError("no space left")

    def put(self, window, *, open_sums):
        self._disk("put")
        return self.spool.put(window, open_sums=open_sums)

    def save(self, key, value):
        self._disk("save")
        self.spool.save(key, value)

    def write(self, kept):
        self._disk("write")
        self.ledger.write(kept)

    def settle(self):
        self.ledger.settle()

    def sync(self):
        self.ledger.sync()

    def close(self):
        self.clocks.free = True
        self.clocks.let_go()
        self.teller.close()
        self.player.wait_idle(timeout_seconds=180)
        self.player.close()
        self.spool.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def test_five_visits_make_a_window_at_the_hour(tmp_path, panel):
    with Desk(tmp_path, panel) as desk:
        desk.tell(*[TALLY] * 5)
        desk.pass_time(hours=0.99)
        assert desk.windows() == []
        desk.pass_time(hours=0.01)
        (window,) = desk.windows()
    assert (window.visits, window.start, window.end) == (5, START, START + timedelta(hours=1))
    assert {name: cell.n for name, cell in window.cells.items()} == {
        "interest": 5,
        "raised_eyebrows": 5,
    }


def test_a_window_that_the_disk_refuses_is_not_lost(tmp_path, panel):
    with Desk(tmp_path, panel) as desk:
        desk.tell(*[TALLY] * 5)
        desk.full = 1
        desk.pass_time(hours=1)
        assert desk.windows()[0].visits == 5, "tried again at the very next tick"
        assert desk.filled == 1


def test_no_visit_is_lost_to_kill_9_while_the_disk_refuses_a_window(tmp_path, panel):
    with Desk(tmp_path, panel) as desk:
        desk.tell(*[TALLY] * 5)
        desk.full, desk.refuses = 1000, {"put"}
        desk.pass_time(hours=1)
        desk.tell(TALLY)
        # what a new process would find if this one were killed now
        with Spool(tmp_path / "windows.sqlite") as found:
            assert found.waiting_count() == 0
            assert found.load(OPEN_SUMS)["interest"]["visits"] == 5, "the window's own visits"
        desk.full = 0
        desk.pass_time()
        (window,) = desk.windows()
        assert window.visits == 5
        assert "visits" not in desk.spool.load(OPEN_SUMS), "one visit is not written"
        assert desk.gatherer._sums["visits"].visits == 1  # noqa: SLF001 - it is in memory only


def test_a_clock_that_is_set_back_holds_up_no_window(tmp_path, panel):
    with Desk(tmp_path, panel) as desk:
        desk.tell(*[TALLY] * 5)
        desk.pass_time(hours=0.5, put=timedelta(days=-2))
        desk.pass_time(hours=0.5)
        (window,) = desk.windows()
    back = START - timedelta(days=2)
    assert (window.start, window.end) == (back, back + timedelta(hours=1))
    assert {cell.start for cell in window.cells.values()} == {back}


def test_a_pi_without_a_clock_holds_its_windows_and_dates_them_back(tmp_path, panel, caplog):
    years = timedelta(days=700)
    with Desk(tmp_path, panel, utc=START - years, is_set=False) as desk:
        desk.tell(*[TALLY] * 5)
        for _ in range(3):
            desk.pass_time(hours=1)
        assert desk.windows() == []
        assert caplog.text.count("the clock is not set") == 1
        desk.clocks.is_set = True
        desk.pass_time(put=years)
        (window,) = desk.windows()
    assert (window.start, window.end) == (START, START + timedelta(hours=3))
    assert window.withheld == 0, "the jump is no four weeks"
    assert {cell.start for cell in window.cells.values()} == {START}


def test_a_signal_that_a_restart_would_forget_is_not_shown(tmp_path, panel, caplog):
    with Desk(tmp_path, panel) as desk:
        kept = AlertLedger({"given": [[10.0, "interest"]]})
        desk.tell(kept, Signal("go", "interest", 10.0))
        desk.player.wait_idle(timeout_seconds=180)
        assert len(desk.teller.signal_latencies) == 1
        desk.full = 1
        desk.tell(kept, Signal("go", "interest", 10.0))
        desk.player.wait_idle(timeout_seconds=180)
        assert len(desk.teller.signal_latencies) == 1
    assert caplog.text == "", "or the log would tell that there was one"


def test_whatever_fails_is_said_once_and_ends_nothing(tmp_path, panel, caplog):
    caplog.set_level("INFO")

    class Feed:
        broken = True

        def tick(self, _now, health):
            if self.broken:
                health()

        def available(self, state):
            pass

        def released(self):
            pass

    def health():
        raise ValueError("no such temperature")

    with Desk(tmp_path, panel, feed=Feed(), health=health) as desk:
        for _ in range(5):
            desk.pass_time()
        assert desk.teller.is_alive
        Feed.broken = False
        desk.tell(*[TALLY] * 5)
        desk.pass_time(hours=1)
        assert desk.windows()[0].visits == 5
    assert caplog.text.count("Traceback") == 1
    assert "no such temperature" in caplog.text
    assert caplog.text.count("health works again") == 1
    assert not desk.teller.is_alive


def test_health_is_the_same_fields_whatever_happens(tmp_path, panel):
    said = []

    class Feed:
        def tick(self, _now, health):
            said.append(health())

        def available(self, state):
            pass

    fields = {
        *("fps_capability", "skipped", "latency_p95_ms", "min_detectable_ms", "micro", "fault"),
        *("fps_read", "backs_off"),
        "store",
        "temperature",
    }
    slow = Status("online", "", 12.0, 3, 90.0, min_detectable_ms=250.0, micro=False)
    with Desk(tmp_path, panel, feed=Feed(), health=lambda: {"temperature": 60}) as desk:
        desk.pass_time()
        desk.tell(Status("online", "", 30.0, 0, 20.0, min_detectable_ms=100.0, micro=True), slow)
        desk.pass_time()
    assert all(set(health) == fields for health in said)
    assert (said[0]["min_detectable_ms"], said[0]["micro"]) == (0.0, False)
    assert (said[-1]["min_detectable_ms"], said[-1]["micro"]) == (250.0, False)
    assert any(health["micro"] is True for health in said)


def test_a_full_queue_does_not_hold_up_the_close(tmp_path, panel):
    desk = Desk(tmp_path, panel)
    while desk.teller.tell(NOTHING):
        pass
    closing = threading.Thread(target=desk.teller.close, daemon=True)
    closing.start()
    closing.join(120)
    assert not closing.is_alive()
    desk.close()
    assert not desk.teller.is_alive


@pytest.mark.parametrize(
    ("runs", "answered", "year", "wanted"),
    [
        (True, False, 2026, False),
        (True, True, 2026, True),
        (False, False, 2026, True),
        (False, False, 1970, False),
    ],
)
def test_when_the_clock_can_be_believed(tmp_path, runs, answered, year, wanted):
    folder = tmp_path / "timesync"
    if runs:
        folder.mkdir()
    if answered:
        (folder / "synchronized").touch()
    utc = START.replace(year=year)
    assert clock_is_set(timesync=folder, utc=lambda: utc) is wanted


def test_open_sums_are_on_disk_from_three_visits_up(tmp_path, spool, panel):
    ledger = LedgerFile(tmp_path / "alerts.json")
    tell([TALLY] * 2, spool=spool, panel=panel, ledger=ledger)
    assert not spool.load(OPEN_SUMS)
    tell([TALLY] * 3, spool=spool, panel=panel, ledger=ledger)
    assert spool.load(OPEN_SUMS)["interest"]["n"] == 3


def test_the_ledger_knows_another_boot_and_survives_nonsense(tmp_path, caplog):
    path = tmp_path / "alerts.json"
    assert LedgerFile(path).load() is None
    LedgerFile(path, boot="one").write({"given": []})
    LedgerFile(path, boot="one").sync()
    assert LedgerFile(path, boot="one").load() == ({"given": []}, True)
    assert LedgerFile(path, boot="two").load() == ({"given": []}, False)
    path.write_text('{"kept": 3')
    assert LedgerFile(path).load() is None
    assert "cannot be read" in caplog.text


def test_mock_pins_do_not_open_a_camera_in_service():
    panel = Panel(LampSettings(pin_factory="mock"))
    with pytest.raises(OSError, match="mock pins"), panel.camera_lit():
        pass
