"""`cuelight zone`: outlines on a real terminal, over a clip; what is drawn is kept when wanted."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import cv2
import pytest

from cuelight.cli import main
from cuelight.device_toml import load_settings
from cuelight.sense.sight import Sight
from cuelight.settings import ZoneSettings
from cuelight.zoning.draft import Draft
from cuelight.zoning.drawing import Canvas
from cuelight.zoning.sitting import Sitting
from planted_box import TILE, pictures
from test_no_frames import Trace

ROOT = Path(__file__).resolve().parents[1]
CLIP = ROOT / "clips" / "smile.mp4"
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
TEXT = """\
# by the window
[zone]
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] # all of it
[store]
folder = "{store}"
[mqtt]
host = ""
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "device.toml"
    path.write_text(TEXT.format(store=tmp_path / "store"))
    return path


class Installer:
    """A person at a real terminal of 100 columns and 40 rows."""

    def __init__(self, *arguments):
        self.mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cuelight", "zone", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm"},
        )
        self.theirs = theirs
        self.shown = ""
        self._letters = codecs.getincrementaldecoder("utf-8")()  # a read may end within one

    def sees(self, words):
        """Read until the words are on the screen; give what was shown since the last time."""
        end = time.monotonic() + 120
        while words not in self.shown:
            assert time.monotonic() < end, f"{words!r} never came: {self.shown[-3000:]!r}"
            if select.select([self.mine], [], [], 0.2)[0]:
                self.shown += self._letters.decode(os.read(self.mine, 65536))
        shown, self.shown = self.shown, ""
        return shown

    def types(self, keys):
        os.write(self.mine, keys.encode())

    def ends(self):
        """Wait for the end; give exit code, stderr and the last words."""
        while True:
            ready = select.select([self.mine], [], [], 0.05)[0]
            if ready:
                self.shown += self._letters.decode(os.read(self.mine, 65536))
            elif self.process.poll() is not None:
                break
        err = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert termios.tcgetattr(self.theirs) == self.before, "the terminal is as it was"
        os.close(self.mine)
        os.close(self.theirs)
        return self.process.returncode, err, self.shown


def test_an_installer_fits_moves_and_saves(config):
    installer = Installer("--config", config, "--clip", CLIP)
    first = installer.sees("is read")
    assert "@" in first, "a corner is chosen"
    assert "outlines only" in first
    for _ in range(8):
        installer.sees("is read")  # half a second of looks and more
    installer.types("f")
    installer.sees("now holds every place")
    installer.types("\t\x1b[C\x1b[C\x1b[A+")
    installer.sees("farthest face: 1.2 m")
    installer.types("s")
    code, err, last = installer.ends()
    assert (code, err) == (0, "")
    assert last.count("\x1b[?1049l") == 1
    zone = load_settings(config).zone
    assert zone.distance_max_m == 1.2
    (left, top), (right, raised), *_ = zone.polygon
    assert (round(left, 1), round(top, 1)) == (0.2, 0.2)
    assert 0.7 < right < 0.8
    assert raised == pytest.approx(top - 0.02)
    text = config.read_text()
    assert text.startswith("# by the window\n[zone]\n")
    assert "]] # all of it\n" in text
    assert f"{config}: written" in last
    assert "confirmed" not in last, "a clip says nothing of how the box stands"


def test_who_leaves_writes_nothing(config):
    before = config.read_text()
    installer = Installer("--config", config, "--clip", CLIP)
    installer.sees("is read")
    installer.types("\t\x1b[Bq")
    code, err, last = installer.ends()
    assert (code, err) == (0, "")
    assert "nothing was written" in last
    assert config.read_text() == before


def test_ctrl_c_leaves_the_terminal_as_it_was_and_writes_nothing(config):
    before = config.read_text()
    installer = Installer("--config", config, "--clip", CLIP)
    installer.sees("is read")
    installer.process.send_signal(2)
    code, err, _ = installer.ends()
    assert code in {0, 1}
    assert "Traceback" not in err
    assert config.read_text() == before


def test_no_picture_is_drawn(config):
    """All that comes out is letters for outlines, and one word in each box."""
    command = [sys.executable, "-m", "cuelight", "zone", "--config", config, "--seconds", "1"]
    done = subprocess.run(
        [*map(str, command), "--clip", str(CLIP)], capture_output=True, text=True, check=True
    )
    drawing = [line for line in done.stdout.splitlines() if line[:1] in "|+"]
    assert len(drawing) == 26
    rows = [line[1:-1] for line in drawing[1:-1]]
    assert set("".join(rows)) <= set(" .o@=#+readborderoverlapfaroutside")
    for row in rows:  # between the outlines, and inside them but for one word, it is empty
        assert len(re.findall(r"[^ .=]", row)) <= 10


def test_no_pixel_leaves_the_process(config, tmp_path):
    """A trace of its system calls on pictures with a planted pattern, which is in none of them."""
    trace, clip = tmp_path / "trace", tmp_path / "clip"
    clip.mkdir()
    for number, image in enumerate(pictures()[:30]):
        assert TILE.tobytes() in image.tobytes()
        assert cv2.imwrite(str(clip / f"{number}.png"), image)
    calls = "write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg,mmap"
    tracing = ["strace", "-f", "-y", "-xx", "-s", "2000000", "-o", trace, "-e", f"trace={calls}"]
    command = ["-m", "cuelight", "zone", "--config", config, "--clip", clip, "--seconds", "2"]
    tried = subprocess.run(["strace", "-o", trace, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine lets nobody trace a process")
    done = subprocess.run(
        [*map(str, [*tracing, sys.executable, *command, "--fit", "--save"])],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = Trace(trace.read_text())
    assert any(b"polygon = [[" in one for one in seen.payloads), "what it writes is in the trace"
    assert any(b"is read" in one for one in seen.payloads), "a face was found in these pictures"
    assert seen.cut == 0
    assert seen.holds([TILE.tobytes()]) == []
    assert seen.mapped == set()
    assert load_settings(config).zone.polygon != WHOLE


def test_without_a_terminal_it_fits_prints_and_saves_only_when_told(config, capsys):
    arguments = ["zone", "--config", str(config), "--clip", str(CLIP), "--seconds", "2", "--fit"]
    before = config.read_text()
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "zone.polygon = [[0.2" in out
    assert "nothing was written" in out
    assert config.read_text() == before
    assert main([*arguments, "--distance", "1.5", "--save"]) == 0
    zone = load_settings(config).zone
    assert zone.distance_max_m == 1.5
    assert zone.polygon != WHOLE


def test_corners_given_in_words_are_written(config, capsys):
    arguments = ["zone", "--config", str(config), "--clip", str(CLIP), "--seconds", "0.2"]
    corners = "0.1,0.0 0.9,0.0 0.5,1.0"
    assert main([*arguments, "--polygon", corners, "--save"]) == 0
    assert load_settings(config).zone.polygon == ((0.1, 0.0), (0.9, 0.0), (0.5, 1.0))
    assert "crosses the zone's border: not read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--polygon", "0,0 1,1"], "at least 3 corners"),
        (["--polygon", "0,0 1,1 x,2"], "at least 3 corners"),
        (["--polygon", "0,0 2,1 1,2"], "each 0 to 1"),
        (["--polygon", "0,0 1,1 1,0 0,1"], "cross each other"),
        (["--polygon", "0,0 0.01,0 0.01,0.01", "--save"], "hundredth of the picture"),
        (["--distance", "-1", "--save"], "zone.distance_max_m is -1.0; 0 to 10 is allowed"),
        (["--distance", "0.05", "--save"], "higher than the picture"),
        (["--seconds", "0.05", "--fit"], "No face was seen for long enough"),
    ],
)
def test_what_cannot_be_a_zone_is_refused_and_nothing_is_written(config, capsys, more, words):
    before = config.read_text()
    arguments = ["zone", "--config", str(config), "--clip", str(CLIP), "--seconds", "0.2"]
    assert main([*arguments, *more]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert config.read_text() == before


def test_a_clip_that_is_none_is_refused(config, capsys, tmp_path):
    assert main(["zone", "--config", str(config), "--clip", str(tmp_path / "no.mp4")]) == 2
    assert "No clip at" in capsys.readouterr().err


def test_with_a_camera_the_notice_comes_first(config, capsys):
    assert main(["zone", "--config", str(config), "--seconds", "1"]) == 2
    assert "privacy.mode is not set" in capsys.readouterr().err


def test_without_a_lamp_no_camera(config, capsys):
    text = config.read_text()
    privacy = '[privacy]\nmode = "notice"\ncontact = "me"\n[lamp]\npin_factory = "mock"\n'
    config.write_text(privacy + text)
    assert main(["zone", "--config", str(config), "--seconds", "5"]) == 1
    assert "mock pins" in capsys.readouterr().err


def box(left, top, right, bottom, verdict="read"):
    return Sight(left, top, right, bottom, verdict)


def test_the_canvas_shows_outlines_of_zone_and_faces():
    canvas = Canvas(columns=20, rows=8)
    canvas.zone(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)), chosen=1)
    canvas.face(box(0.1, 0.2, 0.4, 0.8))
    canvas.face(box(0.7, 0.2, 1.3, 0.8, "outside"))
    assert canvas.lines() == [
        "+--------------------+",
        "|o.........@         |",
        "|. +=====+ .  +------|",
        "|. #     # .  |      |",
        "|. #read # .  |outsid|",
        "|. #     # .  |      |",
        "|. #     # .  |      |",
        "|. +=====+ .  +------|",
        "|o.........o         |",
        "+--------------------+",
    ]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (132, 43), (200, 60)])
def test_everything_fits_on_the_terminal(columns, rows):
    draft = Draft(ZoneSettings(), seat_distance_m=0.8)
    draft.see([box(0.4, 0.3, 0.6, 0.55)] * 9)
    sitting = Sitting(draft, seconds=None, now=lambda: 0.0)
    screen = Screen(columns, rows)
    sitting.open(None, screen)
    screen.pressed = ["x"]
    sitting.tick()
    assert len(screen.lines) < rows
    assert max(map(len, screen.lines)) <= columns


class Screen:
    """A terminal of a size, and what was drawn on it."""

    def __init__(self, columns, rows):
        self.size, self.pressed, self.lines = (columns, rows), [], []

    def keys(self):
        pressed, self.pressed = self.pressed, []
        return pressed

    def draw(self, lines):
        self.lines = lines


def test_a_draft_measures_at_the_seats_distance():
    draft = Draft(ZoneSettings(), seat_distance_m=0.8)
    draft.press("m")
    assert draft.values == {}
    for _ in range(10):
        draft.see([box(0.4, 0.3, 0.6, 0.55)])
    draft.press("m")
    assert draft.values == {"face_at_1m": 0.2}
    draft.press("+")
    draft.press("-")
    assert draft.values["distance_max_m"] == pytest.approx(1.1)
    draft.press("0")
    assert draft.values == {"face_at_1m": 0.2}


def test_a_fitted_zone_holds_every_place_of_the_nearest_face_with_half_a_face_to_spare():
    draft = Draft(ZoneSettings(), seat_distance_m=0.8)
    for step in range(10):
        left = 0.4 + 0.01 * step
        draft.see([box(left, 0.3, left + 0.2, 0.6), box(0.85, 0.3, 0.95, 0.45, "outside")])
    draft.press("f")
    assert draft.zone.polygon == ((0.3, 0.15), (0.79, 0.15), (0.79, 0.75), (0.3, 0.75))
    draft.press("w")
    assert draft.values == {}


def test_corners_are_inserted_moved_taken_away_and_never_fewer_than_three():
    draft = Draft(ZoneSettings(), seat_distance_m=0.8)
    draft.press("i")
    assert draft.zone.polygon[1] == (0.5, 0.0)
    for key in ("down", "down", "left", "nonsense", "\x00"):
        draft.press(key)
    assert draft.zone.polygon[1] == (0.48, 0.04)
    for _ in range(9):
        draft.press("x")
    assert len(draft.zone.polygon) == 3
    for _ in range(200):
        draft.press("left")
        draft.press("up")
    assert all(0.0 <= part <= 1.0 for corner in draft.zone.polygon for part in corner)
