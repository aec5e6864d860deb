"""The live screen: bars, lamps, events and the broker, drawn as text."""

from __future__ import annotations

import io

from rich.console import Console

from cuelight.live import LiveView
from cuelight.records import Cue, Reading, Signal
from cuelight.sensing import Seen
from faces import Actor


def draw(view):
    console = Console(file=io.StringIO(), width=130, height=50)
    console.print(view.render())
    return console.file.getvalue()


def test_an_empty_table_says_so():
    view = LiveView("title", lamp=lambda: 0.0, camera_lamp=lambda: False)
    text = draw(view)
    assert "title" in text
    assert "nobody at the table" in text
    assert "●" not in text


def test_a_face_its_cues_and_the_lamps_are_shown():
    cue = Cue("happiness", 1, 101.0, 101.5, 102.0, 0.6, 0.7, provisional=True)
    reading = Reading("interest", 0.9, 102.0, (cue,))
    view = LiveView("t", lamp=lambda: 0.5, camera_lamp=lambda: True, notes=lambda: ["counts: 1"])
    view.update(Seen(100.0, (), ()))
    face = Actor(rest={"AU12L": 0.75}, noise=0.0).show(102.0)
    view.update(Seen(102.0, (face,), (cue, reading, Signal("go", "interest", 102.0))))
    text = draw(view)
    assert "1.00 s  cue     happiness (provisional)" in text
    assert "2.00 s  reading interest 0.90" in text
    assert "2.00 s  SIGNAL  go for interest" in text
    assert "AU12L ████████████···· 0.75" in text
    assert text.count("●") == 4  # three of the lamp, one of the camera lamp
    assert "counts: 1" in text
