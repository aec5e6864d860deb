"""device.toml: defaults, the committed example, and every complaint a person can meet."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.device_toml import example, load_settings, parse_settings, settings_table
from cuelight.errors import SettingsError
from cuelight.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = [
    (section.name, entry.name)
    for section in fields(Settings)
    for entry in fields(getattr(Settings(), section.name))
]


@pytest.fixture
def load(tmp_path):
    def read(text):
        path = tmp_path / "device.toml"
        path.write_text(text)
        return load_settings(path)

    return read


def test_the_committed_example_is_every_option_at_its_default(load):
    assert (ROOT / "device.example.toml").read_text() == example()
    assert load(example()) == Settings()


def test_the_readme_table_is_the_settings():
    assert settings_table() in (ROOT / "README.md").read_text()


def test_an_empty_file_is_all_defaults(load):
    assert load("") == Settings()


def test_given_values_are_taken(load):
    settings = load('[camera]\nfps = 60\n[site]\nname = "north"\n')
    assert settings.camera.fps == 60.0
    assert settings.site.name == "north"
    assert settings.zone == Settings().zone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[camera]\n\nfps = 240\n", ["camera.fps is 240", "1 to 120", "line 3"]),
        ("[camera]\nfsp = 30\n", ["camera.fsp", "did you mean camera.fps", "line 2"]),
        ("[camra]\nfps = 30\n", ["[camra]", "did you mean [camera]", "line 1"]),
        ("[mqtt]\nzzzz = 1\n", ["mqtt.zzzz", "known: host, port"]),
        ('[camera]\nfps = "fast"\n', ["camera.fps is 'fast'", "a number is wanted"]),
        ("[mqtt]\ntls = 1\n", ["mqtt.tls is 1", "true or false"]),
        ("[camera]\nindex = true\n", ["camera.index is True", "a whole number"]),
        (
            '[mqtt]\nhost = "broker"\nusername = "box"\ntls = false\n',
            ["mqtt.tls is false", "'broker' in clear", "mqtt.password_in_clear", "line 4"],
        ),
        ('[privacy]\nmode = "secret"\n', ["privacy.mode", '"notice" or "opt_in"']),
        ('[site]\nname = "a/b"\n', ["site.name is 'a/b'", "letters, digits", "line 2"]),
        ("[lamp]\npins = [17]\n", ["lamp.pins", "3 BCM pin(s)", "line 2"]),
        ("[lamp]\nprice_pin = 17\n", ["pin 17 is used twice"]),
        ("[lamp]\noff_switch = true\noff_pin = 24\n", ["pin 24 is used twice"]),
        ('[lamp]\nconsent_pin = 5\n[privacy]\nmode = "opt_in"\n', ["pin 5 is used twice"]),
        ('[site]\nopening_hours = "9 to 5"\n', ["site.opening_hours is '9 to 5'", "line 2"]),
        ('[site]\nopening_hours = "mo 18:00-02:00"\n', ["past midnight is the next day's"]),
        ('[site]\ntime_zone = "Mars"\n', ["site.time_zone is 'Mars'", "Europe/Berlin", "line 2"]),
        ("[zone]\npolygon = [[0, 0], [2, 1], [1, 1]]\n", ["zone.polygon", "from 0 to 1"]),
        ("[zone]\npolygon = [[0, 0], [1, 1], [0.5, 0.5]]\n", ["zone.polygon", "nobody fits"]),
        ("[camera]\nmains_hz = 7\n", ["camera.mains_hz is 7", "50, 60 or 0"]),
        ("[camera]\nwidth = 641\n", ["camera.width is 641", "an even number"]),
        ("[release]\nk = 1\n", ["release.k is 1", "5 to 1000"]),
        ("camera = 3\n", ["camera is 3", "[camera]"]),
        ("[camera\n", ["not valid TOML", "line 1"]),
    ],
)
def test_a_wrong_setting_says_what_where_given_and_wanted(load, text, words):
    with pytest.raises(SettingsError) as caught:
        load(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'host = "localhost"\nusername = "box"\ntls = false',
        'host = "127.8.0.1"\nusername = "box"\ntls = false',
        'host = "::1"\nusername = "box"\ntls = false',
        'host = "broker"\nusername = "box"\ntls = false\npassword_in_clear = true',
        'host = "broker"\ntls = false',
        'host = "broker"\nusername = "box"',
    ],
)
def test_a_password_may_go_where_nobody_reads_it(load, text):
    assert load(f"[mqtt]\n{text}\n").mqtt.host


def test_pins_that_nothing_uses_may_be_anybodys(load):
    assert load("[lamp]\nconsent_pin = 5\noff_pin = 24\n").lamp.off_pin == 24


def test_tls_is_on_unless_told_otherwise(load):
    assert load("").mqtt.tls is True
    assert load("").mqtt.port == 8883


def test_a_missing_file_says_where_to_begin(tmp_path):
    with pytest.raises(SettingsError, match=r"device\.example\.toml"):
        load_settings(tmp_path / "none.toml")


VALUES = st.one_of(
    st.booleans(),
    st.integers(-10, 10_000),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.integers(-1, 40), st.lists(st.floats(-1, 2), max_size=3)), max_size=4),
)


def settings_or_a_clear_error(text):
    try:
        assert isinstance(parse_settings(text, Path("device.toml")), Settings)
    except SettingsError as error:
        return str(error)
    return "device.toml"


@given(st.text(max_size=200))
def test_no_text_gives_anything_but_settings_or_a_clear_error(text):
    assert "device.toml" in settings_or_a_clear_error(text)


@given(st.sampled_from(OPTIONS), VALUES)
def test_no_value_gives_anything_but_settings_or_a_clear_error(option, value):
    section, key = option
    written = str(value).lower() if isinstance(value, bool) else json.dumps(value)
    message = settings_or_a_clear_error(f"[{section}]\n{key} = {written}\n")
    assert "device.toml" in message
