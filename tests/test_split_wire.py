"""The narrow queue and the line beside it: what crosses, comes out; anything else is refused."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.compose import build_sensing
from cuelight.pace import Pace
from cuelight.read.budget import SIGNAL_OF, AlertBudget
from cuelight.read.movement import MovementTimes
from cuelight.read.visit import VisitTimes
from cuelight.records import AlertLedger, Cue, PauseState, Reading, Signal, Status, VisitTally
from cuelight.seats import Seats
from cuelight.settings import Settings
from cuelight.split.child import Child
from cuelight.split.line import (
    UP_MAX,
    Answer,
    Ask,
    Beat,
    Begin,
    Failed,
    Hello,
    Keep,
    LampOut,
    Press,
    SetUp,
    Stop,
    read_down,
    read_up,
    write_down,
    write_up,
)
from cuelight.split.trickle import Trickle
from cuelight.split.wire import EVIDENCE_MAX, PACKET_MAX, Wire, WireError
from cuelight.split.words import SIGNALS, Words

NAMES = ("brief_frown", "discomfort", "interest", "nod", "soft_smile_tilt")
WORDS = Words(tuple(sorted([*NAMES, *(f"after_price.{name}" for name in NAMES)])))
WIRE = Wire(WORDS)

TIMES = st.integers(0, 10**14).map(lambda number: number / 1e6)
PARTS = st.integers(0, 10_000).map(lambda number: number / 10_000)


@st.composite
def cues(draw):
    onset, apex, offset = sorted(draw(st.tuples(TIMES, TIMES, TIMES)))
    return Cue(
        draw(st.sampled_from(NAMES)),
        draw(st.integers(0, 2**32 - 1)),
        *(onset, apex, offset),
        draw(PARTS),
        draw(PARTS),
        provisional=draw(st.booleans()),
        price=draw(st.booleans()),
    )


READINGS = st.builds(
    Reading,
    st.sampled_from(NAMES),
    PARTS,
    TIMES,
    st.lists(cues(), max_size=EVIDENCE_MAX).map(
        lambda found: tuple(sorted(found, key=lambda cue: cue.offset))
    ),
)
SIGNALS_TOLD = st.builds(Signal, st.sampled_from(SIGNALS), st.sampled_from(NAMES), TIMES)
TALLIES = st.builds(VisitTally, st.frozensets(st.sampled_from(WORDS.cells)), price=st.booleans())
RECORDS = st.one_of(READINGS, SIGNALS_TOLD, TALLIES)


@given(RECORDS)
def test_what_is_put_in_comes_out(record):
    packet = WIRE.encode(record)
    assert len(packet) <= PACKET_MAX
    assert WIRE.decode(packet) == record


@given(st.binary(max_size=PACKET_MAX + 9))
def test_any_bytes_are_refused_or_are_just_what_would_have_been_written(packet):
    try:
        record = WIRE.decode(packet)
    except WireError:
        return
    assert WIRE.encode(record) == packet


@given(RECORDS, st.data())
@settings(max_examples=300)
def test_a_packet_that_was_changed_is_refused_or_is_another_record(record, data):
    packet = bytearray(WIRE.encode(record))
    place = data.draw(st.integers(0, len(packet) - 1))
    packet[place] ^= data.draw(st.integers(1, 255))
    try:
        other = WIRE.decode(bytes(packet))
    except WireError:
        return
    assert WIRE.encode(other) == packet
    assert other != record


@given(RECORDS, st.binary(min_size=1, max_size=50))
def test_nothing_can_be_hidden_behind_a_record(record, more):
    with pytest.raises(WireError):
        WIRE.decode(WIRE.encode(record) + more)
    with pytest.raises(WireError):
        WIRE.decode(WIRE.encode(record)[:-1])


@pytest.mark.parametrize(
    "record",
    [
        AlertLedger({}),
        Status("online"),
        "interest",
        Signal("wave", "interest", 0.0),
        Signal("go", "boredom", 0.0),
        Signal("go", "interest", float("nan")),
        Signal("go", "interest", -1.0),
        VisitTally(frozenset({"a name"}), price=False),
        Reading("interest", 1.5, 0.0, ()),
        Reading("interest", 0.5, 0.0, (Cue("nod", 1, 3.0, 2.0, 4.0, 0.5, 0.5),)),
        Reading("interest", 0.5, 0.0, (Cue("nod", -1, 1.0, 2.0, 4.0, 0.5, 0.5),)),
    ],
)
def test_what_is_no_record_in_these_words_is_not_written(record):
    with pytest.raises(WireError):
        WIRE.encode(record)


def test_a_long_reading_crosses_with_its_latest_cues():
    many = tuple(Cue("nod", n, n, n, n + 0.5, 0.5, 0.5) for n in range(30))
    crossed = WIRE.decode(WIRE.encode(Reading("interest", 0.5, 31.0, many)))
    assert crossed.evidence == many[-EVIDENCE_MAX:]


def test_the_words_of_the_real_reader_fit_and_so_do_its_signals():
    words = Words(tuple(sorted(build_sensing(Settings()).countable)))
    assert set(SIGNAL_OF) <= set(words.names)
    assert set(SIGNAL_OF.values()) == set(SIGNALS)
    everything = VisitTally(frozenset(words.cells), price=True)
    assert Wire(words).decode(Wire(words).encode(everything)) == everything


@pytest.mark.parametrize("cells", [("b", "a"), ("a", "a"), ("A face",), ("x" * 41,), ("a\n",)])
def test_what_are_no_words_is_refused(cells):
    with pytest.raises(ValueError, match="words"):
        Words(cells)


# the line

HELLO = Hello("ab" * 32, {"cues": "cd" * 32}, WORDS.cells, {"sensing_without_network": True})
UP = (
    HELLO,
    Failed("ModelError", "There is no model."),
    Ask("light", 1),
    Ask("dark", 2),
    Keep("seats", {"moved": True, "parties": 8}),
    Beat(),
    Beat(last=True),
    Status("stopped", "The camera is gone: é", 30.0, 17, 35.0, 100.0, micro=True),
    Status("online", "", 30.0, 0, 20.0, 400.0, micro=False, fps_read=7.5, backs_off=True),
)
DOWN = (
    SetUp({"camera": {"fps": 30.0}}, 20),
    Begin(paused={"pressed": True}, alerts=[{"now": 1.5}, True], seats=None),
    Answer(3, "no lamp"),
    Press("price", 12.25),
    LampOut(),
    Stop(),
)


@pytest.mark.parametrize("message", UP, ids=repr)
def test_a_message_from_sensing_comes_out(message):
    assert read_up(write_up(message)) == message


@pytest.mark.parametrize("message", DOWN, ids=repr)
def test_a_message_to_sensing_comes_out(message):
    assert read_down(write_down(message)) == message


def test_what_budget_seats_and_pace_really_say_crosses():
    budget = AlertBudget()
    budget.visit_began(100.123456789)
    assert isinstance(budget.ask(Reading("interest", 0.9, 200.987654321, ())), Signal)
    budget.visit_over(300.5)
    seats = Seats(zone="0123456789abcdef", times=VisitTimes())
    for number in range(30):
        for second in range(0, 40, 1):
            seats.update(1000.0 * number + second, [(number % 8, 3, 7)])
    ledger = seats.ledger()
    assert ledger is not None
    for what, kept in (("alerts", budget.snapshot()), ("seats", ledger.kept)):
        assert read_up(write_up(Keep(what, kept))).kept == kept
    pace = Pace(30.0, MovementTimes())
    for number in range(100):
        pace.update(work=0.0123 + number / 1e5, latency=0.0371)
        pace.step(number / 29.97, read=True, skipped=number)
    for fault in ("", "lost\x00\nit" * 200):
        status = pace.status("online", fault, now=5.0)
        crossed = read_up(write_up(status))
        assert replace(crossed, fault="") == replace(status, fault="")
        assert len(crossed.fault) <= 400
        assert "\n" not in crossed.fault
    begin = Begin(paused=asdict(PauseState(pressed=True)), alerts=None, seats=None)
    assert read_down(write_down(begin)) == begin


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
WORD = st.sampled_from(["hello", "failed", "ask", "keep", "beat", "status", "light", "alerts", 0])


@given(st.lists(st.one_of(WORD, JSON), max_size=10), st.booleans())
@settings(max_examples=400)
def test_any_json_is_refused_or_is_just_what_would_have_been_written(told, tight):
    packet = json.dumps(told, separators=(",", ":") if tight else None).encode()
    try:
        message = read_up(packet)
    except WireError:
        return
    assert write_up(message) == packet


@given(st.binary(max_size=80))
def test_any_bytes_on_the_line_are_refused(packet):
    with pytest.raises(WireError):
        read_up(b"\x00" + packet)


@pytest.mark.parametrize(
    "packet",
    [
        b"[" * 5000,
        b'["beat",false' + b" " * 50 + b"]",
        b'["beat", false]',
        b'["beat",0]',
        b'["keep","crop",[1,2]]',
        b'["keep","seats",' + json.dumps(list(range(800)), separators=(",", ":")).encode() + b"]",
        b'["keep","seats",["' + b"A" * 41 + b'"]]',
        b'["keep","seats",[[[[[1]]]]]]',
        b'["keep","seats",[NaN]]',
        b'["status","online","' + b"x" * 401 + b'",0,0,0,0,false,false]',
        b'["status","elsewhere","",0,0,0,0,false,false]',
        b'["status","online","",0.12345678901,0,0,0,false,false]',
        b'["ask","light",-1]',
        b'["hello"]',
        b" " * (UP_MAX + 1),
    ],
    ids=lambda packet: packet[:30].decode(),
)
def test_what_would_be_room_for_more_is_refused(packet):
    with pytest.raises(WireError):
        read_up(packet)


@given(st.lists(st.floats(0.0, 2.0), max_size=200))
def test_a_trickle_never_lets_more_through_than_it_says(gaps):
    trickle, now, through = Trickle(at_once=5, a_second=2), 0.0, 0
    for gap in gaps:
        now += gap
        through += trickle.lets(now)
    assert through <= 5 + 2 * now + 1e-6


FLOOD = """
import os, sys, time
what, line, queue = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def put(where, packet):
    try:
        os.write(where, packet)
    except OSError:
        os._exit(3)
if what == "records":
    for _ in range(500):
        put(queue, bytes([3, 0, 0]))
elif what == "messages":
    for _ in range(900):
        put(line, b'["beat",false]')
elif what == "log":
    for number in range(5000):
        print(f"{number} \\x1b[31m" + "y" * 3000, flush=True)
elif what == "long":
    put(queue, bytes(5000))
time.sleep(60)
"""


@pytest.fixture
def child(request, capsys):
    opened = Child((sys.executable, "-c", FLOOD, request.param))
    yield opened
    opened.kill()
    opened.close()


def attend(child, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        child.poll(0.05)
        child.pass_log_on()
        child.records(WORDS)
        for _ in child.messages():
            pass


@pytest.mark.parametrize("child", ["records", "messages", "long"], indirect=True)
def test_a_flood_is_refused(child):
    with pytest.raises(WireError):
        attend(child)


@pytest.mark.parametrize("child", ["log"], indirect=True)
def test_a_flood_of_log_lines_is_cut_short(child, capsys):
    attend(child, 3.0)
    lines = capsys.readouterr().err.splitlines()
    assert 50 <= len(lines) <= 70
    assert max(map(len, lines)) <= 300
    assert all(line.isprintable() for line in lines)


def test_the_queue_leads_one_way():
    with_program = Child((sys.executable, "-c", "import os,sys; os.read(int(sys.argv[2]), 9)"))
    try:
        assert with_program.process.wait(60) == 0, "it reads an end of file at once"
    finally:
        with_program.close()


def test_nobody_waits_for_a_process_that_does_not_read():
    silent = Child((sys.executable, "-c", "import time; time.sleep(60)"))
    done = threading.Event()

    def talk():
        for number in range(20_000):
            silent.send(Press("price", float(number)))
        done.set()

    threading.Thread(target=talk, daemon=True).start()
    assert done.wait(60)
    assert silent.kill()
    silent.close()
