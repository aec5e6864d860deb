"""`cuelight privacy`: the statement, its past, and what can be proved, on the real service."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker import USER, Broker, Listener, wait_until
from cuelight.cli import main
from cuelight.declaration import Declaration
from cuelight.examine.kept import examine_store, is_paused, pauses_by_hour
from cuelight.examine.process import examine_process
from cuelight.examine.stated import examine_stated
from cuelight.field_precision import TAPS_NEEDED
from cuelight.places import models_folder
from cuelight.privacy import is_zone_confirmed, is_zone_set, statement
from cuelight.records import VisitTally
from cuelight.sandbox import sandbox_of
from cuelight.settings import (
    LampSettings,
    ModelSettings,
    MqttSettings,
    PrivacySettings,
    ReleaseSettings,
    SandboxSettings,
    Settings,
    ZoneSettings,
)
from cuelight.statement_log import KEEP_DAYS, StatementLog
from cuelight.tell.pauses import HOURS, count_pause, read_pauses
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import Spool
from cuelight.view.board.fleet import judge
from cuelight.view.board.promises import doubts, promises
from cuelight.view.board.tables import promises_list
from cuelight.view.database import open_database
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import STATEMENT_KEYS, TEXT_BYTES, read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules
from stand_in import PAUSE_PIN, Bench

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
SAID = {"mode": "notice", "k": 5}


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    bench.camera("fine")
    return bench


def privacy(bench, *more):
    command = [*bench.command("privacy"), "--runtime-folder", str(bench.state), *more]
    return subprocess.run(command, env=bench.environ(), capture_output=True, text=True, check=False)


# the statement


def test_the_statement_says_what_holds_and_fits_the_wire():
    said = statement(Settings(), model_sha256="0" * 64, sandbox=sandbox_of())
    assert (said["k"], said["floor"], said["epsilon"], said["lab_mode"]) == (5, 3, None, False)
    assert said["field_precision"] == "unknown"
    assert f"on itself (cuelight privacy), from {TAPS_NEEDED} judged" in said["field_precision_why"]
    assert said["zone_set"] is False
    assert len(json.dumps(said)) < TEXT_BYTES / 2


def test_a_zone_counts_as_set_once_somebody_drew_it():
    assert not is_zone_set(ZoneSettings())
    assert is_zone_set(ZoneSettings(polygon=((0.1, 0.0), (0.9, 0.0), (0.9, 1.0), (0.1, 1.0))))


def test_the_kernel_is_asked_how_far_a_process_is_locked_in(tmp_path):
    here = sandbox_of()
    assert set(here) >= {"system_calls_filtered", "no_new_privileges", "no_capabilities"}
    locked = tmp_path / "7"
    locked.mkdir()
    (locked / "status").write_text("Seccomp:\t2\nNoNewPrivs:\t1\nCapEff:\t0000000000000000\n")
    (locked / "limits").write_text(
        "Max core file size         0                    0       bytes\n"
    )
    assert all(sandbox_of(7, proc=tmp_path).values())
    assert sandbox_of(8, proc=tmp_path) is None


def test_pauses_are_sums_by_hour_of_the_day(tmp_path):
    with Spool(tmp_path / "windows.sqlite") as spool:
        for moment in (START, START + timedelta(days=40), START + timedelta(hours=2)):
            count_pause(spool, moment)
    since, sums = pauses_by_hour(tmp_path)
    assert (since, sums[9], sums[11], sum(sums)) == ("2026-03-01", 2, 1, 3)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_pauses_that_make_no_sense_begin_anew(kept):
    assert read_pauses({"since": "2026-03-01", "by_hour": kept}) == ("", [0] * HOURS)
    assert read_pauses(kept) == ("", [0] * HOURS)


# its past


def test_a_line_is_added_only_when_something_changed(tmp_path):
    log = StatementLog(tmp_path / "store" / "privacy.jsonl")
    assert log.note(SAID, now=START)
    assert not log.note(SAID, now=START + timedelta(days=1))
    assert log.note(SAID | {"k": 6}, now=START + timedelta(days=2))
    assert [one.statement["k"] for one in log.stated()] == [5, 6]
    assert log.breaks() == 0

    def at(days):
        begin = START + timedelta(days=days)
        return [one.statement["k"] for one in log.in_force(begin, begin + timedelta(days=1))]

    assert [at(days) for days in (-2, 0, 1.5, 3)] == [[], [5], [5, 6], [6]]


def test_a_clock_that_is_not_set_yet_does_not_change_the_past(tmp_path):
    log = StatementLog(tmp_path / "privacy.jsonl")
    log.note(SAID, now=START)
    log.note(SAID | {"k": 6}, now=START - timedelta(days=400))
    assert [one.start for one in log.stated()] == [START, START]


def test_a_changed_line_a_missing_one_and_a_torn_one_are_noticed(tmp_path):
    path = tmp_path / "privacy.jsonl"
    log = StatementLog(path)
    for k in (5, 6, 7):
        log.note(SAID | {"k": k}, now=START + timedelta(days=k))
    whole = path.read_text()
    path.write_text(whole.replace('"k": 6', '"k": 9'))
    assert log.breaks() == 1
    lines = whole.splitlines()
    path.write_text(f"{lines[0]}\n{lines[2]}\n")
    assert log.breaks() == 1
    path.write_text(whole[:-20])
    assert log.breaks() == 1
    assert log.note(SAID | {"k": 8}, now=START + timedelta(days=9)), "it goes on after a torn line"
    assert log.stated()[-1].statement["k"] == 8


@settings(deadline=None)  # every line is synced to the disk
@given(st.lists(st.tuples(st.integers(5, 8), st.integers(0, 120)), max_size=12))
def test_six_months_are_kept_and_what_was_in_force_then(tmp_path_factory, changes):
    log = StatementLog(tmp_path_factory.mktemp("log") / "privacy.jsonl")
    now, real = START, []
    for k, days in changes:
        now += timedelta(days=days)
        if log.note({"k": k}, now=now):
            real.append((now, k))
    oldest = now - timedelta(days=KEEP_DAYS)
    for place, (start, k) in enumerate(real):
        until = real[place + 1][0] if place + 1 < len(real) else now + timedelta(days=1)
        inside = max(start, oldest)
        if until > inside:
            found = log.in_force(inside, inside + timedelta(seconds=1))
            assert k in [one.statement["k"] for one in found]
    assert log.breaks() == 0
    last = real[-1][0] - timedelta(days=KEEP_DAYS) if real else oldest  # pruned at a change
    assert len(log.stated()) <= 1 + sum(start >= last for start, _ in real)


# the command on the real service


def test_the_running_box_states_publishes_and_proves(bench, tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as broker, Listener(broker.port) as listener:
        password = folder / "password"
        bench.write(host="127.0.0.1", port=broker.port, user=USER, password=password)
        with bench.running() as service:
            listener.wait_for(lambda heard: heard.on("/privacy"))
            service.wait_for("STATUS=online")
            published = json.loads(listener.on("/privacy")[-1].payload)
            assert published["sandbox"]["system_calls_filtered"] in (True, False)
            assert set(published["models"]) == {"expression", "detector", "cues", "looks"}
            assert "pauses" not in json.dumps(published), "never published (DESIGN section 5)"
            with bench.pressed(PAUSE_PIN):
                wait_until(lambda: is_paused(bench.state))
            said = json.loads(privacy(bench, "--json").stdout)
            assert said["statement"] == published
            assert sum(said["pauses"]["by_hour_utc"]) == 1
            proof = json.loads(privacy(bench, "--prove", "--json").stdout)["findings"]
            for name in ("store", "models", "files", "ports", "camera", "swap"):
                assert proof[name]["verdict"] == "good", (name, proof[name])
            assert "paused" in proof["camera"]["text"]
        plain = privacy(bench).stdout
    assert "mode                      notice" in plain
    assert "privacy@example.com" in plain
    assert "field precision           unknown" in plain


def test_what_it_said_on_a_day_is_kept_after_a_change(bench):
    with bench.running() as service:
        service.wait_for("READY=1")
        service.stop()
    today = datetime.now(UTC).date()
    bench.write(more="\n[release]\nk = 7\n")
    changed = json.loads(privacy(bench, "--json").stdout)
    assert (changed["statement"]["k"], changed["changed_by_next_start"]) == (5, ["k"])
    with bench.running() as service:
        service.wait_for("READY=1")
        service.stop()
    said = json.loads(privacy(bench, "--json", "--at", today.isoformat()).stdout)["statements"]
    assert [one["statement"]["k"] for one in said] == [5, 7]
    early = privacy(bench, "--at", "2020-01-01")
    assert early.returncode == 2
    assert "nothing was stated" in early.stderr
    wrong = privacy(bench, "--at", "soon")
    assert (wrong.returncode, "a date as" in wrong.stderr) == (2, True)


def test_before_the_first_start_it_says_so(bench, capsys):
    assert main(["privacy", "--config", str(bench.config)]) == 0
    assert "never started yet" in capsys.readouterr().out
    assert main(["privacy", "--config", str(bench.config), "--prove"]) == 0
    assert "does not run" in capsys.readouterr().out


# the proof must be able to fail


def store(folder):
    gatherer = Gatherer(ReleaseSettings(), site="s", device="d", start=START, names=["interest"])
    for number in range(10):
        gatherer.add(VisitTally(frozenset({"interest"} if number % 2 else ()), price=False))
    window = gatherer.close_window(START + timedelta(hours=1))
    for _ in range(3):
        gatherer.add(VisitTally(frozenset(), price=False))
    with Spool(folder / "windows.sqlite") as spool:
        spool.put(window, open_sums=gatherer.snapshot())
        spool.try_write()
    return folder


def test_a_sound_store_is_good(tmp_path):
    found = examine_store(store(tmp_path))
    assert (found.verdict, found.figures["windows"]) == ("good", 1), found.text


PLANTED = [
    ("INSERT INTO meta VALUES ('visit 1', '{}')", "a value is kept as 'visit 1'"),
    ("CREATE TABLE visits (at REAL)", "table visits has columns at"),
    ("ALTER TABLE windows ADD COLUMN crop BLOB", "table windows has columns"),
    ("UPDATE windows SET body = 'x'", "window 1 is none"),
    (
        "UPDATE windows SET body = replace(body, '\"n\":5', '\"n\":1')",
        "window 1 gives 1 of 10 visits for interest",
    ),
    (
        """UPDATE meta SET value = '{"a":{"n":0,"visits":1}}' WHERE key = 'open_sums'""",
        "the open sum of a holds",
    ),
    ("INSERT INTO meta VALUES ('pauses', '[\"2026-03-01T09:12\"]')", "no sums by hour"),
    ("INSERT INTO meta VALUES ('paused', '\"by anna\"')", "paused holds"),
    ("UPDATE meta SET value = '[[[' WHERE key = 'open_sums'", "open_sums holds [[["),
    ("UPDATE meta SET value = '[7]' WHERE key = 'open_sums'", "open_sums holds [7]"),
    ("UPDATE meta SET value = '{\"a\":3}' WHERE key = 'open_sums'", "open_sums holds"),
]


@pytest.mark.parametrize(("change", "said"), PLANTED)
def test_what_is_planted_in_the_database_is_found(tmp_path, change, said):
    store(tmp_path)
    with closing(sqlite3.connect(tmp_path / "windows.sqlite")) as base, base:
        base.execute(change)
    found = examine_store(tmp_path)
    assert found.verdict == "failed"
    assert said in found.text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("crop.jpg", "\xff\xd8", "crop.jpg is no file of ours"),
        ("alerts.json", "{}", "is no alert budget"),
        (
            "alerts.json",
            '{"boot": "b", "rep": "anna", "kept": {"now": null, "given": [], "visit": []}}',
            "holds more than the alert budget",
        ),
        ("privacy.jsonl", "{}\n", "was changed in 1 places"),
    ],
)
def test_what_is_planted_in_the_store_is_found(tmp_path, name, text, said):
    store(tmp_path)
    (tmp_path / name).write_text(text)
    found = examine_store(tmp_path)
    assert found.verdict == "failed"
    assert said in found.text


LEAKS = {
    "files": "kept = open(sys.argv[1] + '/frames.raw', 'wb')",
    "ports": "kept = socket.create_server(('127.0.0.1', 0))",
    "camera": "kept = open(sys.argv[1] + '/video0')",
}


@pytest.mark.parametrize("name", [*LEAKS, "sound"])
def test_a_process_that_leaks_is_found_out(tmp_path, name):
    (tmp_path / "video0").touch()
    leak = LEAKS.get(name, "kept = None")
    code = f"import socket, sys; {leak}; print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        found = examine_process(process.pid, folders=[tmp_path / "store"], paused=True)
        process.stdin.close()
    verdicts = {one.name: one.verdict for one in found}
    assert {key: verdicts[key] for key in LEAKS} == {
        key: "failed" if key == name else "good" for key in LEAKS
    }
    assert verdicts["sandbox"] == ("good" if all(sandbox_of().values()) else "failed")


def test_a_process_that_ended_is_said_and_not_raised():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    (found,) = examine_process(done.pid, folders=[], paused=False)
    assert "ended meanwhile" in found.text


def test_a_unix_socket_that_accepts_is_found(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "door"))
        listening.listen()
        found = {one.name: one for one in examine_process(os.getpid(), folders=[], paused=False)}
    assert found["ports"].verdict == "failed"
    assert "door" in found["ports"].text


# what part 5 of the statement promises to name


def test_the_statement_names_all_that_it_must():
    said = statement(
        replace(Settings(), privacy=PrivacySettings(mode="notice", contact="a", epsilon=4.0)),
        model_sha256="0" * 64,
        sandbox=sandbox_of(),
        zone_confirmed=False,
        epsilon_spent=3.0,
    )
    assert set(said["versions"]) >= {"cuelight", "python", "numpy", "opendp"}
    assert (said["epsilon"], said["epsilon_spent"]) == (4.0, 3.0)
    assert said["noise"]["epsilon_a_release"] == 1.0
    assert (said["zone_set"], said["zone_confirmed"]) == (False, False)
    assert (said["lab_mode"], "none" in said["lab_mode_why"]) == (False, True)
    plain = statement(Settings(), model_sha256="")
    assert (plain["epsilon"], plain["epsilon_spent"], plain["noise"]) == (None, None, None)
    assert "opendp" not in plain["versions"]
    assert set(said) == set(plain)


def test_what_the_statement_says_is_kept_and_shown_by_the_managers_page(tmp_path):
    said = statement(
        replace(
            Settings(),
            privacy=PrivacySettings(mode="notice", contact="ask@b", epsilon=4.0),
            lamp=LampSettings(off_switch=True),
            mqtt=MqttSettings(pause=True),
            sandbox=SandboxSettings(split=True),
        ),
        model_sha256="ab" * 32,
        models={"expression": "ab" * 32, "detector": "cd" * 32, "cues": "ef" * 32},
        sandbox={"no_core_dumps": True, "no_capabilities": False},
        zone_confirmed=False,
        epsilon_spent=3.0,
    )
    topic, payload = "cuelight/north/table-1/privacy", json.dumps(said).encode()
    news = read_news(topic, payload, retained=True, now=int(START.timestamp()), rules=Rules())
    kept = json.loads(news.text)
    assert kept == {key: said[key] for key in kept}
    assert set(said) - set(kept) == {"schema"}, "the page knows it by its own"
    base = open_database(str(tmp_path / "history.db"), schema=TABLES)
    Intake(base).take([news], now=int(START.timestamp()))
    with History(base) as history:
        (device,) = history.fleet()
    fleet = judge([device], now=START, is_open=False)
    text = promises_list(fleet)
    for told in (
        "k 5, floor 3",
        "zone is the whole picture",
        "no lab mode",
        "not locked in: no capabilities",
        "noise: epsilon 4 in 28 days, 3 of it spent",
        "customers ask ask@b",
        "expression abababababab",
        "a switch for the customer",
        "an operator may pause it",
        "sensing apart from the network",
    ):
        assert told in text
    assert "nobody confirmed its zone" in " ".join(fleet.states[0].notes)
    assert promises_list(judge([], now=START, is_open=False)) == ""


def test_a_lab_mode_that_a_device_states_is_no_small_matter(tmp_path):
    assert doubts({"lab_mode": True})
    assert not doubts({"lab_mode": False, "zone_confirmed": True})
    assert doubts({}) == promises({}) == ()
    assert promises({"k": 5, "epsilon": 10**400, "epsilon_spent": float("nan")}) == ()


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
known = st.sampled_from(STATEMENT_KEYS)


@given(st.dictionaries(known | st.text(), nested, max_size=8))
def test_whatever_a_device_states_the_page_neither_raises_nor_lets_deep_things_in(said):
    topic, payload = "cuelight/north/table-1/privacy", json.dumps(said).encode()
    if len(payload) > TEXT_BYTES:
        return
    news = read_news(topic, payload, retained=True, now=int(START.timestamp()), rules=Rules())
    kept = json.loads(news.text)
    assert set(kept) <= set(STATEMENT_KEYS)
    told = (*promises(kept), *doubts(kept))
    assert all(isinstance(one, str) for one in told)


def test_a_statement_that_changes_is_noted_and_said_again_and_one_that_does_not_is_not(tmp_path):
    log = StatementLog(tmp_path / "privacy.jsonl")
    declaration = Declaration(SAID, log, utc=lambda: START)
    said = []
    declaration.publish_with(said.append)
    declaration.amend(k=5)
    assert said == []
    declaration.amend(epsilon_spent=1.0)
    declaration.amend(epsilon_spent=1.0)
    assert [json.loads(one) for one in said] == [{**SAID, "epsilon_spent": 1.0}]
    assert json.loads(declaration.text) == json.loads(said[0])
    assert [one.statement.get("epsilon_spent") for one in log.stated()] == [None, 1.0]


def test_a_zone_counts_as_confirmed_until_the_box_was_moved():
    assert is_zone_confirmed(None, zone="a")
    assert is_zone_confirmed({"moved": False, "zone": "a"}, zone="a")
    assert is_zone_confirmed({"moved": True, "zone": "b"}, zone="a"), "another zone's"
    assert not is_zone_confirmed({"moved": True, "zone": "a"}, zone="a")


def test_models_that_are_not_those_stated_are_found(tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(models_folder(""), folder, ignore=shutil.ignore_patterns("training", "report"))
    settings = replace(Settings(), model=ModelSettings(folder=str(folder)))
    hashes = {
        name: hashlib.sha256((folder / file).read_bytes()).hexdigest()
        for name, file in (
            ("expression", "expression.tflite"),
            ("cues", "cues.toml"),
            ("looks", "looks.toml"),
        )
    }
    assert examine_stated(settings, None).verdict == "note"
    assert examine_stated(settings, {"models": hashes}).verdict == "good"
    (folder / "cues.toml").write_text((folder / "cues.toml").read_text() + "\n# other\n")
    found = examine_stated(settings, {"models": hashes})
    assert (found.verdict, "cues.toml" in found.text) == ("failed", True)
    assert examine_stated(settings, {"models": "none"}).verdict == "failed"
    (folder / "looks.toml").unlink()
    assert "looks (gone)" in examine_stated(settings, {"models": hashes}).text
    (folder / "cues.toml").unlink()
    assert examine_stated(settings, {"models": hashes}).verdict == "failed"


NOISED_SUMS = {"period": 1, "from": "x", "cells_max": 2, "visits": 3, "priced": 0, "n": {"a": 2}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"visits": 4}, "hold 4 visits"),
        ({"priced": 1}, "hold 3 visits, 1 with a price"),
        ({"n": {"a": 3, "b": 3, "c": 1}}, "more than visits may add to"),
        ({"last": "interest"}, "the open sums hold cells_max"),
    ],
)
def test_open_sums_with_noise_are_held_to_their_own_rule(tmp_path, changes, said):
    store(tmp_path)
    with Spool(tmp_path / "windows.sqlite") as spool:
        spool.save("open_sums", {"noised": {**NOISED_SUMS, **changes}})
    found = examine_store(tmp_path)
    assert found.verdict == ("failed" if said else "good"), found.text
    assert said in found.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"spent": [[20517, 1000000]]}', ""),
        ('{"spent": [[20517, 1], [20517, 1]]}', "names a release twice"),
        ('{"spent": "anna"}', "no account of the privacy budget"),
    ],
)
def test_the_account_of_the_privacy_budget_is_held_to_what_it_may_hold(tmp_path, text, said):
    store(tmp_path)
    (tmp_path / "epsilon.json").write_text(text)
    found = examine_store(tmp_path)
    assert found.verdict == ("failed" if said else "good"), found.text
    assert said in found.text
