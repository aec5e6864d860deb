"""Whatever a text file or payload holds: it is understood, or a sentence says what is wrong."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from cuelight.cuebook import load_cuebook
from cuelight.device_toml import example as device_example
from cuelight.device_toml import parse_settings
from cuelight.errors import CuelightError, InputError, SettingsError
from cuelight.price_marks import load_price_marks
from cuelight.records import CountWindow
from cuelight.sense.card import CARD_FILE, load_card
from cuelight.settings import Settings
from cuelight.tell.access import Access
from cuelight.tell.command import PauseOrder, Resend, read_command
from cuelight.tell.topics import Topics
from cuelight.tell.window import from_json
from mutants import HARD_WORDS, VALUES, spoiled_tables, spoiled_texts

MODELS = Path(__file__).resolve().parents[1] / "models"
DEVICE = device_example()
CARD = (MODELS / CARD_FILE).read_text()
CUES = (MODELS / "cues.toml").read_text()
EVENTS = "# price\n0.5,price_mention\n12.25,price_mention\n"
WINDOW = (
    '{"schema":1,"id":"8d3a","site":"berlin","device":"table-1","seq":3,"covers":[1,3],'
    '"from":"2026-03-01T09:00:00Z","to":"2026-03-01T10:00:00Z","visits":6,'
    '"visits_with_price":null,"cells":{"interest":{"n":3,"visits":6,'
    '"from":"2026-03-01T09:00:00Z"}},"withheld":0,"privacy":{"k":5,"floor":3,"epsilon":null}}'
)

fuzz = rules(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("fuzz")
    shutil.copy(MODELS / "expression.tflite", made)
    return made


def good_or_a_sentence(read, kind):
    """Run a reader; a complaint must be of our own kind, in one line, and name something."""
    try:
        return read()
    except kind as error:
        said = error
    assert isinstance(said, CuelightError)
    assert len(str(said)) > 20
    return None


def use(settings):
    """Do with parsed settings what the service does first with the texts in them."""
    assert isinstance(settings, Settings)
    assert str(settings.store_folder)
    Topics(settings.site.name, settings.site.device)
    Access.read(settings.mqtt)


def with_one_changed(place, value):
    fields = json.loads(WINDOW)
    keys = sorted(fields)
    fields[keys[len(place) % len(keys)]] = value
    return json.dumps(fields)


@fuzz
@given(spoiled_texts(DEVICE) | spoiled_tables(tomllib.loads(DEVICE)))
@example('["a("]\nb = 1\n')
@example('[camera]\n"f(" = 1\n')
@example('"camera(" = 1\n')
@example("[camera]\nindex = " + "9" * 5000 + "\n")
@example("x = " + "[" * 3000 + "\n")
@example('[store]\nfolder = "~nobody-here/x"\n')
@example('[mqtt]\nusername = "box"\npassword_file = "a\\u0000b"\n')
@example('[mqtt]\nusername = "box"\npassword_file = "~nobody-here/x"\n')
@example('[mqtt]\nca_file = "a\\u0000b"\n')
@example("[zone]\npolygon = [[1, 1], [1, 1], [1e999, 1]]\n")
@example("[lamp]\npins = [[1], [2], [3]]\n")
@example("[zone]\ndistance_max_m = 1" + "0" * 400 + "\n")
def test_no_settings_give_a_traceback(text):
    settings = good_or_a_sentence(lambda: parse_settings(text, Path("device.toml")), SettingsError)
    if settings is not None:
        good_or_a_sentence(lambda: use(settings), SettingsError)


@fuzz
@given(
    payload=st.binary(max_size=700)
    | spoiled_texts('{"resend_from": 17}').map(lambda text: text.encode("utf-8", "replace"))
    | spoiled_texts('{"pause": true, "at": "2026-11-23T14:00:00Z"}').map(
        lambda text: text.encode("utf-8", "replace")
    )
    | VALUES.map(lambda value: json.dumps({"resend_from": value}).encode())
    | VALUES.map(lambda value: json.dumps({"pause": True, "at": value}).encode()),
    retained=st.booleans(),
)
@example(payload=b'{"resend_from": ' + b"9" * 400 + b"}", retained=False)
@example(payload=b'{"pause": true, "at": "0001-01-01T00:00:00+23:59"}', retained=False)
def test_no_command_gives_a_traceback(payload, retained):
    order = good_or_a_sentence(lambda: read_command(payload, retained=retained), InputError)
    match order:
        case None:
            pass
        case Resend(seq):
            assert 0 <= seq <= 2**53
            assert not retained
        case PauseOrder(_, at):
            assert at.tzinfo is not None
            assert not retained


@fuzz
@given(text=spoiled_texts(CARD) | spoiled_tables(tomllib.loads(CARD)))
@example(text=CARD.replace('file = "expression.tflite"', 'file = "a\\u0000b"'))
@example(text=CARD.replace('file = "expression.tflite"', 'file = "/dev/zero"'))
@example(text=CARD.replace("height = ", "height = 9999999999"))
@example(text=CARD.replace("\nenter = 0", "\nenter = 1" + "0" * 400 + "#"))
def test_no_model_card_gives_a_traceback(text, folder):
    (folder / CARD_FILE).write_text(text, encoding="utf-8", errors="replace")
    good_or_a_sentence(lambda: load_card(folder), CuelightError)


@fuzz
@given(text=spoiled_texts(CUES) | spoiled_tables(tomllib.loads(CUES)))
@example(text="cue = 3\nreading = 4\n")
@example(text=CUES.replace("\nstrength = 0", "\nstrength = 1" + "0" * 400 + "#"))
def test_no_cue_book_gives_a_traceback(text, folder):
    path = folder / "cues.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    good_or_a_sentence(lambda: load_cuebook(path), CuelightError)


@fuzz
@given(
    content=st.binary(max_size=200)
    | spoiled_texts(EVENTS).map(lambda text: text.encode("utf-8", "replace"))
    | st.lists(st.sampled_from(HARD_WORDS)).map(lambda words: ",".join(words).encode())
)
def test_no_side_car_events_give_a_traceback(content, folder):
    path = folder / "events"
    path.write_bytes(content)
    marks = good_or_a_sentence(lambda: load_price_marks(path), InputError)
    assert marks is None or marks == sorted(marks)


@fuzz
@given(spoiled_texts(WINDOW) | st.builds(with_one_changed, st.text(), VALUES))
def test_no_window_gives_a_traceback(text):
    window = good_or_a_sentence(lambda: from_json(text), InputError)
    assert window is None or isinstance(window, CountWindow)


def test_what_is_not_spoiled_is_understood(folder):
    assert parse_settings(DEVICE, Path("device.toml")) == Settings()
    shutil.copy(MODELS / CARD_FILE, folder)
    shutil.copy(MODELS / "cues.toml", folder)
    assert load_card(folder).name
    assert load_cuebook(folder / "cues.toml").cues
    assert from_json(WINDOW).covers == (1, 3)
