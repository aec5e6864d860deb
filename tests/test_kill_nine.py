"""The script's own code with twenty kills, and the proof that it would notice a loss."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from faults.collector import Collector
from faults.kill_nine import kill_nine

from broker import PASSWORD, Broker


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


def kill(broker, collector, **options):
    return kill_nine(
        folder=broker.folder / "box",
        port=broker.port,
        password_file=broker.folder / "password",
        collector=collector,
        **options,
    )


@pytest.fixture
def collector(broker):
    opened = Collector(broker.port, username="collector", password=PASSWORD)
    yield opened
    opened.close()


def test_no_released_window_is_lost_torn_or_doubled_by_twenty_kills(broker, collector):
    report = kill(broker, collector, times=20, chance=random.Random(17))
    assert report.is_good, report
    assert report.arrived == report.released > 20
    assert report.kills_while_waiting > 0, "no kill came while a window waited: nothing was shown"


def test_a_loss_would_be_noticed(broker, collector):
    good = kill(broker, collector, times=3, chance=random.Random(3))
    assert good.is_good, good
    with closing(sqlite3.connect(broker.folder / "box" / "windows.sqlite")) as base:
        base.execute("DELETE FROM windows WHERE seq = (SELECT max(seq) FROM windows)")
        base.commit()
    assert kill(broker, collector, times=1, chance=random.Random(4)).strange == 1
    for broken in ({"lost": 1}, {"gone": 1}, {"half": 1}, {"holes": 1}, {"counted": good.told + 1}):
        assert not replace(good, **broken).is_good
