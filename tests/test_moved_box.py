"""A whole box that is turned: it stops reading, says so everywhere, loses nothing, and comes back.

Real detector and model on composed pictures, a real broker, gpiozero's pins; only the time is ours.
"""

from __future__ import annotations

import pytest

from broker import Broker, Listener, wait_until
from cuelight.cli import main
from cuelight.examine.kept import examine_store
from cuelight.examine.zone import examine_zone
from cuelight.moved import MOVED
from cuelight.seats import LEARNT, ODD_VOTES
from cuelight.tell.signal import ZONE
from cuelight.tell.spool import OPEN_SUMS
from two_faces import Person, at, scene
from zone_table import LAMP, Table, at_work, healths, settings_of, tallies

CHAIR, TURNED = 470.0, 130.0


@pytest.fixture(scope="module")
def pictures():
    """The customer in the chair, the same table after the box was turned, and nobody."""
    seconds = 1.0
    return {
        "chair": [f.image for f in scene(Person("brows", at(CHAIR)), seconds=seconds)],
        "turned": [f.image for f in scene(Person("smiles", at(TURNED)), seconds=seconds)],
        "empty": [f.image for f in scene(seconds=seconds)],
    }


def hold(box, pin, *, until):
    wired = box.panel.pins.factory.pin(pin)
    wired.drive_low()
    wait_until(until)
    wired.drive_high()


def write_toml(path, folder):
    path.write_text(f'[store]\nfolder = "{folder}"\n[mqtt]\nhost = ""\n')
    return str(path)


def test_a_turned_box_stops_says_so_everywhere_and_comes_back_by_its_button(tmp_path, pictures):
    store, table = tmp_path / "store", Table(pictures)
    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker, Listener(broker.port) as listener:
        settings = settings_of(store, broker.settings())
        with at_work(table, settings) as (box, heard):
            table.sits("chair", LEARNT + 1)  # the first may come while the loop looks at nobody
            wait_until(lambda: len(tallies(heard)) >= LEARNT, timeout_seconds=180)
            wait_until(lambda: not table.script)
            table.sits("turned")
            wait_until(lambda: not table.script)
            table.sits("chair")  # one odd customer stopped nothing
            wait_until(lambda: not table.script)
            assert table.filming
            told, sums = len(tallies(heard)), box.spool.load(OPEN_SUMS)
            assert sums

            table.sits("turned", ODD_VOTES)
            wait_until(lambda: not table.filming, timeout_seconds=180)
            assert table.script, "it stopped before the last party had left"
            frames = table.frames
            wait_until(lambda: box.panel.level == ZONE.steps[0][1])  # the lamp asks for a look
            assert not box.panel.camera_lamp_is_lit
            listener.wait_for(lambda _: any(h["fault"] == MOVED for h in healths(listener)))
            wait_until(lambda: listener.on("/availability")[-1].payload == "stopped")
            wait_until(
                lambda: not examine_zone(settings, store / "windows.sqlite").figures["confirmed"]
            )
            finding = examine_zone(settings, store / "windows.sqlite")
            assert finding.verdict == "failed"
            assert "cuelight zone --confirm" in finding.fix
            assert table.frames == frames, "no frame was taken meanwhile"
            assert len(tallies(heard)) == told + ODD_VOTES - 1, (
                "the last one's visit is not counted"
            )
            table.stop.set()

        # nothing was lost, and a restart does not open the camera
        again = Table(pictures, start=table.time)
        with at_work(again, settings) as (box, heard):
            kept = box.spool.load(OPEN_SUMS)
            assert all(kept[name]["visits"] >= one["visits"] for name, one in sums.items())
            listener.heard.clear()
            listener.wait_for(lambda _: any(h["fault"] == MOVED for h in healths(listener)))
            assert again.opened == 0
            hold(box, LAMP.price_pin, until=lambda: again.filming)
            listener.wait_for(lambda _: healths(listener)[-1]["fault"] == "")
            wait_until(lambda: listener.on("/availability")[-1].payload == "online")
            again.sits("turned", 2)  # where they sit from now on is right
            wait_until(lambda: len(tallies(heard)) >= 1, timeout_seconds=180)
            assert again.filming
        assert examine_zone(settings, store / "windows.sqlite").figures["confirmed"]
        assert examine_store(store).verdict == "good", examine_store(store).text


def test_the_command_confirms_a_running_box_and_one_that_starts_later(tmp_path, pictures):
    store, table = tmp_path / "store", Table(pictures)
    config = write_toml(tmp_path / "device.toml", store)
    settings = settings_of(store)
    with at_work(table, settings):
        table.sits("chair", LEARNT + 1)
        table.sits("turned", ODD_VOTES)
        wait_until(lambda: table.opened and not table.filming, timeout_seconds=180)
        assert main(["zone", "--confirm", "--config", config]) == 0
        wait_until(lambda: table.filming)
        assert not (store / "zone.confirmed").exists()
    again = Table(pictures, start=table.time)
    with at_work(again, settings):
        wait_until(lambda: again.filming)
        again.sits("chair", LEARNT + 1)
        again.sits("turned", ODD_VOTES)
        wait_until(lambda: again.opened and not again.filming, timeout_seconds=180)
    assert main(["zone", "--confirm", "--config", config]) == 0
    assert (store / "zone.confirmed").exists()
    assert examine_store(store).verdict == "good", examine_store(store).text
    last = Table(pictures, start=again.time)
    with at_work(last, settings):
        wait_until(lambda: last.filming)


def test_without_a_store_there_is_nothing_to_confirm(tmp_path, capsys):
    config = write_toml(tmp_path / "device.toml", tmp_path / "none")
    assert main(["zone", "--confirm", "--config", config]) == 1
    assert "nothing to confirm" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
