"""docs/hardware.md and its drawing name the pins that the settings have."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from gpiozero.pins.pi import PiBoardInfo

from cuelight.settings import LampSettings
from cuelight.tell.signal import REMINDER

DOCS = Path(__file__).resolve().parents[1] / "docs"
PINS = {
    entry.name: entry.default
    for entry in fields(LampSettings)
    if entry.name == "pins" or entry.name.endswith("_pin")
}
DRAWN = {
    "red": PINS["pins"][0],
    "green": PINS["pins"][1],
    "blue": PINS["pins"][2],
    "camera lamp": PINS["camera_pin"],
    "price button": PINS["price_pin"],
    "pause": PINS["pause_pin"],
    "consent": PINS["consent_pin"],
    "off-switch": PINS["off_pin"],
    "motor": PINS["motor_pin"],
}


@pytest.fixture(scope="module")
def header():
    """Give the header's pin of each GPIO, as gpiozero knows a Pi 5."""
    board = PiBoardInfo.from_revision(0xD04170)
    return {
        int(pin.name.removeprefix("GPIO")): pin.number
        for pin in board.headers["J8"].pins.values()
        if pin.name.startswith("GPIO")
    }


@pytest.fixture(scope="module")
def drawing():
    root = ET.parse(DOCS / "wiring.svg").getroot()
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_drawing_has_every_pin_of_the_settings(drawing, header):
    found = {}
    for text in drawing:
        if match := re.fullmatch(r"GPIO(\d+) \((\d+)\) (.+)", text):
            gpio, pin, name = int(match[1]), int(match[2]), match[3]
            assert header[gpio] == pin, text
            found[name] = gpio
    assert found == DRAWN


def test_ground_and_power_are_where_the_drawing_says(drawing):
    board = PiBoardInfo.from_revision(0xD04170)
    names = {number: pin.name for number, pin in board.headers["J8"].pins.items()}
    assert names[17] == "3V3"
    grounds = " ".join(drawing).partition("ground (")[2].partition(")")[0]
    named = [int(number) for number in re.findall(r"\d+", grounds)]
    assert {names[number] for number in named} == {"GND"}
    assert sorted(named) == [number for number, name in names.items() if name == "GND"]


def test_the_table_has_every_pin_of_the_settings(header):
    text = (DOCS / "hardware.md").read_text(encoding="utf-8")
    found = {}
    for setting, cell in re.findall(r"^\|[^|]+\| `lamp\.(\w+)` \| ([^|]+) \|", text, re.MULTILINE):
        pairs = [(int(a), int(b)) for a, b in re.findall(r"(\d+) \((\d+)\)", cell)]
        assert all(header[gpio] == pin for gpio, pin in pairs), setting
        gpios = tuple(gpio for gpio, _ in pairs)
        found[setting] = gpios if setting == "pins" else gpios[0]
    assert found == PINS


def test_no_two_defaults_share_a_pin():
    used = [*PINS["pins"], *(pin for name, pin in PINS.items() if name != "pins")]
    assert len(used) == len(set(used))


def test_the_reminder_is_told_as_it_is():
    text = (DOCS / "hardware.md").read_text(encoding="utf-8")
    assert f"every {LampSettings().remind_minutes:g} minutes (`lamp.remind_minutes`)" in text
    assert REMINDER.colour == (1.0, 1.0, 1.0)
    assert len(REMINDER.pulses) == 1
