"""Nothing that a run publishes, logs or writes tells one rep from another.

The same customers come twice, on the same film to the last pixel of their side; across the table
sits another rep each time, or none. Whatever the box said, logged and wrote must be the same.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import fields
from functools import cache
from itertools import islice

import pytest

from broker import Broker, Listener
from cuelight.examine.kept import FILES, examine_store
from cuelight.sense.records import Frame
from cuelight.settings import ReleaseSettings, Settings, ZoneSettings
from cuelight.view.database import open_database
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules
from two_faces import Person, Watched, at, scene
from zone_table import AWAY_FRAMES, Table, at_work, settings_of

ZONE = ZoneSettings(polygon=((0.0, 0.0), (0.55, 0.0), (0.55, 1.0), (0.0, 1.0)))
CUSTOMER, REP = 170.0, 500.0
PARTIES = 6

NAMES = re.compile(
    r"(?i)(?<![a-z])(reps?|sales|seller|vendor|staff|employee|worker|operator|person|people|user"
    r"|shift|badge|login|face|track|who|gender|age)(?![a-z])"
)
"""What would name one; nothing that is published or kept has a key or a topic with such a word."""

MEASURED = {
    *("fps_capability", "fps_read", "latency_p95_ms", "min_detectable_ms", "micro"),
    *("temperature", "backs_off"),
}
"""Of health: how fast this machine just was, and how warm."""


FPS = 12.5
NOW = 1_800_000_000


def plain(text):
    """Take away what is random, and seconds: the teller reads a film's clock while it runs."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"(T\d\d:\d\d):\d\d(\.\d+)?", r"\1", text)
    return re.sub(r"\b177\d{7}\.\d+", "SECONDS", text)


class Film(Table):
    """Begins once the box is at the broker, and ends with its script; then the box does."""

    def __init__(self, pictures):
        super().__init__(pictures)
        self.begins = threading.Event()

    def open(self):
        assert self.begins.wait(120.0)
        return super().open()

    def read(self):
        if not self.script:
            raise EOFError
        where = self.script.pop(0)
        self.time += 2.0 if where == self.empty else 1.0 / FPS
        return Frame(next(self.pictures[where]), self.time)


@cache
def pictures(rep):
    """Two customers' films with this rep across the table, and the rep alone."""
    others = [Person(rep, at(REP))] if rep else []
    found = {"empty": [frame.image for frame in scene(*others, seconds=1.0)]}
    for customer in ("brows", "smiles"):
        frames = scene(Person(customer, at(CUSTOMER), count=340), *others, seconds=13.5)
        found[customer] = [frame.image for frame in islice(frames, 0, None, 2)]
    return found


class Run:
    """All that a box left behind: messages, log lines, and its files' contents."""

    def __init__(self, folder, rep, caplog):
        (folder / "broker").mkdir(parents=True)
        self.store = folder / "store"
        caplog.clear()
        caplog.set_level(logging.DEBUG)
        film = Film(pictures(rep))
        for number in range(PARTIES):
            film.script += ["brows", "smiles"][number % 2 : number % 2 + 1] * round(36.0 * FPS)
            film.script += ["empty"] * AWAY_FRAMES
        with Broker(folder / "broker") as broker, Listener(broker.port) as listener:
            release = ReleaseSettings(window_minutes=1440.0)
            settings = settings_of(self.store, broker.settings(), zone=ZONE, release=release)
            with at_work(film, settings) as (box, heard):
                assert box.feed.wait_for("connected", timeout_seconds=180)
                film.begins.set()
                film.running.join(300.0)
                assert not film.running.is_alive()
                box.teller.close()
                self.window = box.teller.close_window()
                listener.wait_for(lambda heard: heard.on("/counts"))
                box.feed.close()
            self.said, self.told = list(listener.heard), heard
            hidden = [str(folder), str(broker.port)]
        lines = [f"{record.name} {record.getMessage()}" for record in caplog.records]
        self.log = {self._masked(line, hidden) for line in lines}

    @staticmethod
    def _masked(line, hidden):
        for word in hidden:
            line = line.replace(word, "X")
        return line

    def messages(self):
        """Topic and payload of each message, once, without what was measured of the machine."""
        found = set()
        for one in self.said:
            payload = one.payload
            if payload.startswith("{"):
                content = json.loads(payload)
                for key in MEASURED & set(content):
                    content.pop(key)
                payload = json.dumps(content, sort_keys=True)
            found.add((one.topic, plain(payload)))
        return found

    def files(self):
        """What is kept, by file: the database's rows, the others' text."""
        found = {}
        for path in self.store.iterdir():
            if path.suffix == ".sqlite":
                with closing(sqlite3.connect(path)) as base:
                    for (table,) in base.execute(
                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                    ).fetchall():
                        rows = [repr(row) for row in base.execute(f"SELECT * FROM '{table}'")]
                        found[table] = [plain(row) for row in rows if "tries" not in row]
            elif "sqlite" not in path.name:
                found[path.name] = plain(path.read_text())
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Nobody across the table, one rep, and another one."""
    with Caplog() as caplog:
        return {
            rep: Run(tmp_path_factory.mktemp(rep or "nobody"), rep, caplog)
            for rep in ("", "real", "smiles")
        }


class Caplog(logging.Handler):
    """Everything that is logged, at every level."""

    def __init__(self):
        super().__init__(0)
        self.records = []

    def emit(self, record):
        if record.name.startswith("cuelight"):
            self.records.append(record)

    def clear(self):
        self.records = []

    def set_level(self, level):
        logging.getLogger("cuelight").setLevel(level)

    def __enter__(self):
        logging.getLogger("cuelight").addHandler(self)
        return self

    def __exit__(self, *_):
        logging.getLogger("cuelight").removeHandler(self)
        logging.getLogger("cuelight").setLevel(logging.NOTSET)


def keys_of(content):
    """Every key in a JSON value."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from keys_of(value)
    elif isinstance(content, list):
        for value in content:
            yield from keys_of(value)


def test_the_run_counts_visits_so_there_is_something_to_tell_apart(runs):
    window = runs[""].window
    assert window.visits == PARTIES
    assert window.cells, "some cue was seen in half of the visits and is released"


@pytest.mark.parametrize("rep", ["real", "smiles"])
def test_with_another_rep_every_message_log_line_and_file_is_the_same(runs, rep):
    nobody, other = runs[""], runs[rep]
    assert other.messages() == nobody.messages()
    assert other.log == nobody.log
    assert other.files() == nobody.files()
    assert other.told == nobody.told


def test_with_the_whole_picture_as_zone_the_rep_would_be_read():
    """So the runs above are alike because of the zone, and not since nobody sees the rep."""
    whole = Seen(pictures("real")["brows"], ZoneSettings())
    assert whole.tracks == {1, 2}
    assert Seen(pictures("real")["brows"], ZONE).tracks == {1}


class Seen:
    """Which faces are read in pictures with this zone."""

    def __init__(self, images, zone):
        frames = (Frame(image, number / FPS) for number, image in enumerate(images[:40]))
        self.tracks = {read.track for read in Watched(zone).play(frames).reads}


def test_no_topic_key_column_or_log_line_has_a_word_for_a_rep(runs):
    run = runs["real"]
    words = {topic for topic, _ in run.messages()}
    for topic, payload in run.messages():
        if payload.startswith("{"):
            words |= set(keys_of(json.loads(payload)))
        assert not re.search(r"face|track|rep\b", topic)
    for name, content in run.files().items():
        words.add(name)
        for line in content if isinstance(content, list) else content.splitlines():
            with suppress(ValueError):
                words |= set(keys_of(json.loads(line)))
    with closing(sqlite3.connect(run.store / "windows.sqlite")) as base:
        for (table,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            words |= {row[1] for row in base.execute(f"PRAGMA table_info('{table}')")}
    named = {word for word in words if NAMES.search(word.replace("_", " ").replace("/", " "))}
    assert named == set()
    log = {line.replace("face_detection_short_range.tflite", "detector") for line in run.log}
    assert {line for line in log if NAMES.search(line)} == set()


def test_the_store_holds_known_files_only(runs):
    assert {path.name for path in runs["real"].store.iterdir()} <= FILES
    assert examine_store(runs["real"].store).verdict == "good"


def test_what_collectors_and_pages_keep_has_no_column_for_a_rep(runs, tmp_path):
    """The pages show what this database holds; it takes every message of the run."""
    base = open_database(str(tmp_path / "history.sqlite"), schema=TABLES)
    try:
        intake = Intake(base)
        news = [
            read_news(one.topic, one.payload.encode(), retained=False, now=NOW, rules=Rules())
            for one in runs["real"].said
        ]
        taken = [one for one in news if one is not None]
        assert {type(one).__name__ for one in taken} >= {"Window", "Health", "Statement"}
        intake.take(taken, now=NOW)
    finally:
        base.close()
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as history:
        tables = history.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = {row[1] for row in history.execute(f"PRAGMA table_info('{table}')")}
            assert {c for c in columns | {table} if NAMES.search(c.replace("_", " "))} == set()


def test_no_setting_names_a_rep():
    for section in fields(Settings):
        for option in fields(getattr(Settings(), section.name)):
            assert not NAMES.search(option.name.replace("_", " ")) or option.name in KNOWN


KNOWN = {"username", "face_min", "faces_max", "face_at_1m"}
"""The broker's account of the box, and the sizes of faces."""
