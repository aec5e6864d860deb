"""A stretch of the soak: the whole box through most of an hour, against a real broker."""

from __future__ import annotations

import json
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from broker import Broker, Listener

SOAK = Path(__file__).parent.parent / "scripts" / "soak"


@pytest.fixture(scope="module")
def soak():
    loader = SourceFileLoader("soak", str(SOAK))
    spec = spec_from_loader("soak", loader)
    module = module_from_spec(spec)
    # a dataclass looks its module up
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "soak", module)
        loader.exec_module(module)
        yield module


def test_visits_faults_and_pauses_leave_nothing_open_and_nothing_behind(
    soak, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(soak, "SAMPLE_SECONDS", 120.0)
    monkeypatch.setattr(soak, "FAULT_SECONDS", 500.0)
    monkeypatch.setattr(soak, "PAUSE_SECONDS", 700.0)
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as broker, Listener(broker.port) as listener:
        day, _ = soak.soak(hours=0.5, fps=2.0, mqtt=broker.settings(), folder=tmp_path / "store")
        listener.wait_for(
            lambda heard: [one.payload for one in heard.on("/availability")][-1:] == ["stopped"]
        )
        healths = [json.loads(one.payload) for one in listener.on("/health")]
        states = {one.payload for one in listener.on("/availability")}
    assert day.faults >= 2
    assert day.opened >= day.faults + 2, "faults and a pause"
    assert {"online", "paused", "stopped"} <= states
    assert any("the camera stopped for the 1. time" in health["fault"] for health in healths) or (
        "the camera stopped for the 1. time" in caplog.text
    )
    assert len(day.samples) >= 12
    memory, files, threads = soak.growth(day.samples, settled_hours=0.2)
    assert files <= 0
    assert threads <= 0
    assert memory <= 4.0
    assert "Traceback" not in caplog.text


def test_the_soak_would_notice_a_leak(soak):
    leaky = [soak.Sample(hour, 100.0 + 5 * hour, 10 + hour, 5) for hour in range(9)]
    assert soak.growth(leaky, settled_hours=1.0) == (35.0, 7, 0)
