"""The telling half as a whole: one queue in, lamp, sums, disk and broker out."""

from __future__ import annotations

import json
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

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
TALLY = VisitTally(frozenset({"interest", "raised_eyebrows"}), price=False)
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


def tell(records, *, spool, panel, ledger, utc=lambda _gatherer: START):
    gatherer = Gatherer(RELEASE, site="s", device="d", start=START)
    with Player(panel) as player:
        teller = Teller(
            player=player,
            gatherer=gatherer,
            spool=spool,
            ledger=ledger,
            feed=None,
            settings=RELEASE,
            now=lambda: 10.05,
            utc=lambda: utc(gatherer),
        )
        for record in records:
            teller.tell(record)
        teller.close()
        player.wait_idle(timeout_seconds=10.0)
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


def test_five_visits_make_a_window_at_the_hour(tmp_path, spool, panel):
    def an_hour_later_once_five_are_in(gatherer):
        visits = gatherer.snapshot().get("interest", {}).get("visits")
        return START + timedelta(minutes=60 if visits == 5 else 0)

    tell(
        [TALLY] * 5,
        spool=spool,
        panel=panel,
        ledger=LedgerFile(tmp_path / "alerts.json"),
        utc=an_hour_later_once_five_are_in,
    )
    (window,) = [json.loads(spooled.body) for spooled in spool.waiting()]
    assert window["visits"] == 5
    assert {name: cell["n"] for name, cell in window["cells"].items()} == {
        "interest": 5,
        "raised_eyebrows": 5,
    }


def test_a_window_that_the_disk_refuses_is_not_lost(tmp_path, spool, panel):
    class FullDisk:
        def __init__(self):
            self.refusals = 1

        def __getattr__(self, name):
            return getattr(spool, name)

        def put(self, window, *, open_sums):
            if self.refusals:
                self.refusals -= 1
                raise OSError("no space left")
            return spool.put(window, open_sums=open_sums)

    teller = tell(
        [TALLY] * 5,
        spool=FullDisk(),
        panel=panel,
        ledger=LedgerFile(tmp_path / "alerts.json"),
    )
    with pytest.raises(OSError, match="no space left"):
        teller.close_window()
    assert teller.close_window().visits == 5
    assert teller.close_window() is None
    assert spool.waiting_count() == 1


def test_open_sums_are_on_disk_from_three_visits_up(tmp_path, spool, panel):
    ledger = LedgerFile(tmp_path / "alerts.json")
    tell([TALLY] * 2, spool=spool, panel=panel, ledger=ledger)
    assert not spool.load(OPEN_SUMS)
    tell([TALLY] * 3, spool=spool, panel=panel, ledger=ledger)
    assert spool.load(OPEN_SUMS)["interest"]["n"] == 3


def test_a_pause_is_remembered_and_a_stop_is_not_a_resume(tmp_path, spool, panel):
    ledger = LedgerFile(tmp_path / "alerts.json")
    tell([Status("paused"), Status("stopped")], spool=spool, panel=panel, ledger=ledger)
    assert spool.load("paused") is True
    tell([Status("online"), Status("stopped")], spool=spool, panel=panel, ledger=ledger)
    assert spool.load("paused") is False


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
