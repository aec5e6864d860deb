from __future__ import annotations

import json
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.records import Cell, CountWindow, VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.join import closest, covered, join
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import OPEN_SUMS, Spool, Spooled
from cuelight.tell.store_watch import StoreWatch
from cuelight.tell.window import from_json, to_json

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def window(number, *, end=START):
    return CountWindow(
        id=f"id-{number}",
        site="berlin",
        device="table-1",
        seq=0,
        start=end - timedelta(hours=1),
        end=end,
        visits=5 + number,
        visits_with_price=None,
        cells={},
        withheld=0,
        k=5,
        floor=3,
    )


def kept(path, seq=0):
    """Return all windows on disk from `seq` on, sent or not."""
    with closing(sqlite3.connect(path)) as base:
        query = "SELECT seq, id, body FROM windows WHERE seq >= ? ORDER BY seq"
        return [Spooled(*row) for row in base.execute(query, (seq,))]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "spool.db"


@pytest.fixture
def spool(path):
    with Spool(path) as opened:
        yield opened


def test_windows_wait_in_order_until_they_are_acknowledged(path, spool):
    put = [spool.put(window(number), open_sums={}) for number in range(4)]
    assert [one.seq for one in put] == [1, 2, 3, 4]
    assert [from_json(one.body) for one in spool.waiting()] == put
    assert [one.id for one in spool.waiting(after=1, limit=2)] == ["id-1", "id-2"]
    spool.acked(2)
    assert [one.seq for one in spool.waiting()] == [1, 3, 4]
    assert spool.waiting_count() == 3
    assert [one.seq for one in kept(path, 2)] == [2, 3, 4]
    assert spool.wait_again(2) == 3
    assert [one.seq for one in spool.waiting()] == [1, 2, 3, 4]


def test_everything_is_there_after_a_restart(path):
    with Spool(path) as spool:
        spool.put(window(0), open_sums={"interest": {"n": 3}})
        spool.save("budget", {"sent": [1.5, 2.5]})
        spool.acked(1)
        spool.put(window(1), open_sums={"interest": {"n": 4}})
    with Spool(path) as spool:
        assert [one.id for one in spool.waiting()] == ["id-1"]
        assert spool.load(OPEN_SUMS) == {"interest": {"n": 4}}
        assert spool.load("budget") == {"sent": [1.5, 2.5]}
        assert spool.load("never saved") is None


def test_numbers_are_never_used_twice(path):
    with Spool(path) as spool:
        spool.put(window(0), open_sums={})
        spool.acked(1)
        assert spool.prune(START + timedelta(days=91), keep_days=90) == 1
    with Spool(path) as spool:
        assert kept(path, 0) == []
        assert spool.put(window(1), open_sums={}).seq == 2


def test_received_windows_are_kept_for_ninety_days_and_waiting_ones_for_ever(path, spool):
    for number in range(3):
        spool.put(window(number, end=START + timedelta(days=number)), open_sums={})
    spool.acked(1)
    spool.acked(3)
    assert spool.prune(START + timedelta(days=90), keep_days=90) == 0
    assert spool.prune(START + timedelta(days=91.5), keep_days=90) == 1
    assert [one.seq for one in kept(path, 0)] == [2, 3]
    assert spool.prune(START + timedelta(days=4000), keep_days=90) == 1
    assert [one.seq for one in spool.waiting()] == [2]


def hours(*lengths, first=1):
    """Return windows of so many hours each, one after the other, from hour `first` on."""
    end = START + timedelta(hours=first - 1)
    windows = []
    for number, length in enumerate(lengths, start=first):
        begun, end = end, end + timedelta(hours=length)
        cells = {"interest": Cell(number, 10 * number, begun), f"only-{number}": Cell(3, 7, begun)}
        window_ = replace(window(number, end=end), start=begun, seq=number, cells=cells)
        windows.append(replace(window_, id=f"id-{number}", withheld=1))
    return windows


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=2, max_size=12))
def test_joining_keeps_every_count_and_names_what_it_covers(lengths):
    windows = hours(*lengths)
    joined = list(windows)
    while len(joined) > 1:
        first, second = closest(joined)
        place = joined.index(first)
        spans = [b.end - a.start for a, b in pairwise(joined)]
        assert second.end - first.start == min(spans)
        joined[place : place + 2] = [join(first, second, new_id=f"joined-{len(joined)}")]
        covers = [covered(one) for one in joined]
        assert [n for a, b in covers for n in range(a, b + 1)] == [one.seq for one in windows]
    (one,) = joined
    assert (one.start, one.end) == (windows[0].start, windows[-1].end)
    assert one.visits == sum(single.visits for single in windows)
    assert one.withheld == len(windows)
    assert one.visits_with_price is None
    numbers = [single.seq for single in windows]
    assert one.cells["interest"] == Cell(sum(numbers), 10 * sum(numbers), windows[0].start)
    assert {one.cells[f"only-{number}"] for number in numbers} == {
        Cell(3, 7, single.start) for single in windows
    }
    assert from_json(to_json(one)) == one
    assert json.loads(to_json(one))["covers"] == [1, one.seq]


def test_only_neighbours_released_by_the_same_rule_are_joined():
    first, second, third = hours(1, 1, 1)
    assert closest([first, third]) is None
    assert closest([first, replace(second, k=6)]) is None
    assert closest([first, replace(second, device="table-2")]) is None
    with pytest.raises(ValueError, match="no neighbours"):
        join(first, third, new_id="x")


@pytest.mark.parametrize("covers", [[1], [0, 3], [3, 3], [1, 2], "1-3", [1, 2, 3], [1.0, 3]])
def test_a_window_that_covers_nonsense_is_refused(covers):
    body = json.loads(to_json(hours(1, 1, 1)[2])) | {"covers": covers}
    with pytest.raises(InputError, match="covers"):
        from_json(json.dumps(body))


def test_only_windows_that_were_never_sent_are_joined(path):
    with Spool(path, waiting_max=4) as spool:
        for single in hours(1, 1, 1, 1):
            spool.put(single, open_sums={})
        assert [one.seq for one in spool.take(limit=2)] == [1, 2]
        for single in hours(1, 1, 1, first=5):
            spool.put(single, open_sums={})
        windows = [from_json(one.body) for one in spool.waiting()]
        assert [(one.id in {"id-1", "id-2"}) for one in windows[:2]] == [True, True]
        assert [covered(one) for one in windows] == [(1, 1), (2, 2), (3, 4), (5, 5), (6, 6), (7, 7)]
        assert spool.waiting_count() == 2 + 4


def test_a_store_of_an_earlier_version_is_taken_over_and_its_windows_never_joined(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as base:
        base.execute(
            "CREATE TABLE windows (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
            " ended REAL NOT NULL, body TEXT NOT NULL, acked INTEGER NOT NULL DEFAULT 0)"
        )
        for single in hours(1, 1, 1):
            row = (single.id, single.end.timestamp(), to_json(single))
            base.execute("INSERT INTO windows (id, ended, body) VALUES (?, ?, ?)", row)
        base.commit()
    with Spool(path, waiting_max=2) as spool:
        for single in hours(1, 1, first=4):
            spool.put(single, open_sums={})
        assert [one.seq for one in spool.waiting()] == [1, 2, 3, 4, 5]
        spool.put(hours(1, first=6)[0], open_sums={})
        assert [one.seq for one in spool.waiting()] == [1, 2, 3, 5, 6]


def test_what_the_disk_tore_is_not_joined_and_goes_out_as_it_is(path):
    with Spool(path, waiting_max=2) as spool:
        for single in hours(1, 1):
            spool.put(single, open_sums={})
        with closing(sqlite3.connect(path)) as base:
            base.execute("UPDATE windows SET body = '{torn' WHERE seq = 1")
            base.commit()
        for single in hours(1, 1, first=3):
            spool.put(single, open_sums={})
        assert [one.seq for one in spool.waiting()] == [1, 4]
        assert spool.waiting()[0].body == "{torn"


def test_a_failed_put_changes_nothing(path, spool):
    spool.put(window(0), open_sums={"interest": 1})
    with pytest.raises(TypeError):
        spool.put(window(1), open_sums={"interest": object()})
    with pytest.raises(sqlite3.IntegrityError):
        spool.put(window(0), open_sums={"interest": 2})
    assert [one.id for one in kept(path, 0)] == ["id-0"]
    assert spool.load(OPEN_SUMS) == {"interest": 1}
    assert spool.put(window(2), open_sums={}).seq == 2


def test_the_disk_is_told_to_keep_what_it_takes(path, spool):
    base = spool._base  # noqa: SLF001 - only this connection knows its own `synchronous`
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert base.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_earlier_sums_stay_readable_on_disk(path, spool):
    # The difference of two versions of the sums would be one visit's record.
    spool.put(window(0), open_sums={"interest": {"n": 12345671, "more": "x" * 300}})
    spool.save(OPEN_SUMS, {"interest": {"n": 12345672}})
    spool.save(OPEN_SUMS, {"interest": {"n": 12345673}})
    kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"12345673" in kept
    assert b"12345671" not in kept
    assert b"12345672" not in kept


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, but somebody's file" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Spool(path)
    assert path.read_bytes().startswith(b"not a database")


def test_broken_pages_behind_an_intact_header_are_found_on_opening(path):
    with Spool(path) as spool:
        for number in range(30):
            spool.put(window(number), open_sums={})
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    with pytest.raises(sqlite3.DatabaseError):
        Spool(path)


def test_loop_and_network_thread_may_use_it_at_once(path, spool):
    failed = []

    def put(base):
        try:
            for number in range(20):
                seq = spool.put(window(base + number), open_sums={}).seq
                spool.acked(seq)
        except sqlite3.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=put, args=(base,)) for base in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    assert spool.waiting() == []
    assert len(kept(path, 1)) == 60


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.join import closest, covered, join
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import OPEN_SUMS, Spool

now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
spool = Spool(Path(sys.argv[1]))
number = spool.load("visits") or 0
gatherer = Gatherer(
    ReleaseSettings(k=5, floor=0), site="berlin", device="table-1", start=now, names=["interest"]
)
gatherer.restore(spool.load(OPEN_SUMS) or {})
while True:
    for _ in range(7):
        number += 1
        gatherer.add(VisitTally(frozenset({"interest"} if number % 2 else ()), price=False))
        spool.save(OPEN_SUMS, gatherer.snapshot())
        print("visit", flush=True)
    now += timedelta(hours=1)
    window = gatherer.close_window(now)
    if window is not None:
        spool.put(window, open_sums=gatherer.snapshot())
        print("window", window.cells["interest"].visits, flush=True)
"""


def test_kill_9_neither_loses_nor_doubles_a_visit(path):
    """Twelve processes are killed while they write; every window is whole, every visit once."""
    chance = random.Random(5)
    visits_begun = 0
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
            assert process.wait(60) == -signal.SIGKILL
        assert all(lines), "the writer died by itself"
        visits_begun += sum(line == "visit\n" for line in lines)
    with Spool(path) as spool:
        windows = [from_json(one.body) for one in kept(path, 1)]
        sums = spool.load(OPEN_SUMS)
    assert [one.seq for one in windows] == list(range(1, len(windows) + 1))
    assert len({one.id for one in windows}) == len(windows) > 5
    counted = sum(one.visits or 0 for one in windows) + sums.get("visits", {}).get("visits", 0)
    # At each of the 12 deaths: up to two visits may be lost (never written), and one may have been
    # written that was not printed any more.
    assert visits_begun - 2 * 12 <= counted <= visits_begun + 12
    # What visits and the cell say fits together, window by window: no half-written release.
    for one in windows:
        assert one.visits == one.cells["interest"].visits


NO_ROOM_BEHIND_THE_LOG = """
import resource, sqlite3, sys
from dataclasses import replace
from pathlib import Path
from cuelight.tell.spool import Spool
from cuelight.tell.window import from_json

spool = Spool(Path(sys.argv[1]))
window = from_json(spool.waiting()[0].body)
free = resource.RLIM_INFINITY
size = Path(sys.argv[1]).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, free))
log = Path(sys.argv[1] + "-wal")
behind = 0
for number in range(100):  # the log has room for a while, the file behind it none
    late = replace(window, id=f"late-{number}")
    try:
        print(spool.put(late, open_sums={}).seq)
    except sqlite3.Error:
        break
    behind += log.stat().st_size > 0
assert behind > 0, "the log was always emptied: nothing was shown"
assert number < 99, "the log was never full"
resource.setrlimit(resource.RLIMIT_FSIZE, (free, free))
print(spool.put(late, open_sums={}).seq)
assert log.stat().st_size == 0
"""


def test_a_log_that_cannot_be_emptied_is_no_failed_put(path):
    """What a put has committed must not be put again: its id is taken, and it would never end."""
    cells = {f"cell-{number}": Cell(3, 7, START) for number in range(40)}
    with Spool(path) as spool:
        while path.stat().st_size < 200_000:
            number = spool.waiting_count()
            spool.put(replace(window(number), cells=cells), open_sums={})
        last = number + 1
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM_BEHIND_THE_LOG, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seqs = [int(line) for line in done.stdout.splitlines()]
    assert seqs == list(range(last + 1, last + 1 + len(seqs)))
    assert [one.seq for one in kept(path)] == list(range(1, seqs[-1] + 1))
    assert [one.id for one in kept(path)][-1] == f"late-{len(seqs) - 1}"


def test_the_store_is_tried_on_a_schedule_that_no_visit_moves():
    class Disk:
        tries = 0
        full = False

        def try_write(self):
            self.tries += 1
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")

    disk = Disk()
    watch = StoreWatch(disk)
    said = {}
    for second in range(0, 4000, 7):
        disk.full = 1000 <= second < 2500
        watch.update(float(second))
        said[second] = watch.fault
    assert disk.tries == 5, "at once, and every quarter of an hour"
    faults = [second for second, fault in said.items() if fault]
    assert (faults[0] // 900, faults[-1] // 900) == (2, 2), "told from the next quarter hour on"
    assert said[faults[0]] == "the store cannot be written: database or disk is full"


def test_what_was_put_but_not_snapshotted_would_be_counted_twice(path):
    # Why put takes both: an old snapshot after a release counts its visits again.
    rule = ReleaseSettings(k=5, floor=0)
    gatherer = Gatherer(rule, site="berlin", device="table-1", start=START)
    for _ in range(5):
        gatherer.add(VisitTally(frozenset(), price=False))
    with Spool(path) as spool:
        spool.save(OPEN_SUMS, gatherer.snapshot())
        released = gatherer.close_window(START + timedelta(hours=1))
        assert released is not None
        spool.put(released, open_sums=gatherer.snapshot())
    with Spool(path) as spool:
        again = Gatherer(rule, site="berlin", device="table-1", start=START)
        again.restore(spool.load(OPEN_SUMS))
        assert again.close_window(START + timedelta(hours=2)) is None
        assert spool.waiting_count() == 1


def test_unreadable_state_is_said_and_started_without(path, caplog):
    with Spool(path) as spool:
        spool.save("budget", {"sent": []})
    base = sqlite3.connect(path)
    for broken in ("'{broken'", "CAST(x'7bff' AS TEXT)"):  # no JSON, and not even UTF-8
        base.execute(f"UPDATE meta SET value = {broken}")
        base.commit()
        with Spool(path) as spool:
            assert spool.load("budget") is None
    base.close()
    assert "budget cannot be read" in caplog.text


def test_json_on_disk_is_the_json_of_the_contract(spool):
    spool.put(window(0), open_sums={})
    (one,) = spool.waiting()
    assert json.loads(one.body)["seq"] == one.seq == 1
