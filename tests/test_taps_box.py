"""A rep's taps after a real hint: the whole box on the actress clip, its buttons on mock pins."""

from __future__ import annotations

import json

import pytest

from cuelight.box import Box
from cuelight.compose import cues_path
from cuelight.cuebook import load_cuebook
from cuelight.places import sample_clip
from cuelight.records import Signal, VisitTally
from cuelight.sense.paced import PacedClip
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings

LOOPS = 5  # the clip lasts 20 s, and a visit's first 45 s stay dark


class Clock:
    """A clock that moves when somebody waits for it."""

    time = 1000.0

    def now(self):
        return self.time

    def wait(self, seconds):
        self.time += max(seconds, 0.001)


@pytest.mark.parametrize(
    ("taps", "wanted", "is_price"), [(1, (0, 0), True), (2, (0, 1), False), (3, (1, 0), False)]
)
def test_taps_after_a_hint_say_what_they_say(tmp_path, taps, wanted, is_price):
    clock, heard, tapped = Clock(), [], []
    source = PacedClip(sample_clip("actress.mp4"), loops=LOOPS, now=clock.now, wait=clock.wait)

    def see(seen):
        shown = [event for event in seen.events if isinstance(event, Signal)]
        if shown and not tapped:
            tapped.append(clock.time)
            button = box.panel.pins.factory.pin(LampSettings().price_pin)
            for _ in range(taps):
                button.drive_low()
                clock.time += 0.15
                button.drive_high()

    settings = Settings(
        lamp=LampSettings(pin_factory="mock"),
        mqtt=MqttSettings(host=""),
        store=StoreSettings(folder=str(tmp_path)),
    )
    with Box(
        settings,
        open_camera=lambda: source,
        mock_allowed=True,
        see=see,
        heard=heard.append,
        now=clock.now,
        wait=clock.wait,
    ) as box:
        box.run()
        budget = box.sensing.budget
        signal = next(event for event in heard if isinstance(event, Signal))
        (tally,) = [event for event in heard if isinstance(event, VisitTally)]
        assert tapped
        assert (budget.useful, budget.not_useful) == wanted
        assert tally.price is is_price
        measured = load_cuebook(cues_path(settings)).readings[signal.reading].confidence
        assert (budget.needed(signal.reading) > measured) is (wanted == (0, 1))
    kept = json.loads((tmp_path / "alerts.json").read_text())["kept"]["taps"]
    assert (kept["useful"], kept["not_useful"]) == wanted
