"""That the box was moved reaches the disk, even one that was full at that moment."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from broker import wait_until
from cuelight.records import SeatLedger
from cuelight.settings import LampSettings, ReleaseSettings
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import Spool
from cuelight.tell.teller import SEATS, Teller

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
MOVED = SeatLedger({"zone": "one", "moved": True, "parties": 8, "places": {"3 3 8": 9}})


class Disk(Spool):
    """A store on a disk that is full until it is not."""

    full = True
    refused = 0

    def save(self, key, value):
        if key == SEATS and self.full:
            self.refused += 1
            raise sqlite3.OperationalError("database or disk is full")
        super().save(key, value)


def test_it_is_tried_again_until_the_disk_takes_it(tmp_path, caplog):
    caplog.set_level("INFO")
    with (
        Disk(tmp_path / "windows.sqlite") as spool,
        Panel(LampSettings(pin_factory="mock"), mock_allowed=True) as panel,
        Player(panel) as player,
        Teller(
            player=player,
            gatherer=Gatherer(ReleaseSettings(), site="s", device="d", start=START),
            spool=spool,
            ledger=LedgerFile(tmp_path / "alerts.json"),
            feed=None,
            settings=ReleaseSettings(),
            now=lambda: 10.0,
            utc=lambda: START,
        ) as teller,
    ):
        teller.tell(MOVED)
        wait_until(lambda: spool.refused >= 3)
        assert spool.load(SEATS) is None
        spool.full = False
        wait_until(lambda: spool.load(SEATS) == MOVED.kept)
    assert "SeatLedger" not in caplog.text, "the log would tell when somebody sat there"
