"""The mirror in Chromium, with a real face's clip in place of a webcam; nothing of it is kept."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from browser import chromium
from cuelight.commands.practice import _open_eye
from cuelight.installed import MARKS
from cuelight.practice.mirror.movements import MOVEMENTS, amounts_of
from cuelight.sense.clip import open_clip
from practice_live import LivePractice, opened

CLIPS = Path(__file__).resolve().parents[1] / "clips"
SMILE = CLIPS / "smile.mp4"
PLANTED = str(Path(__file__).parent / "planted_practice.py")

FEELINGS = (
    *("emotion", "neutral", "happ", "joy", "glad", "pleas", "cheer", "smil", "amus", "content"),
    *("surpris", "astonish", "sad", "unhapp", "sorrow", "disappoint", "ang", "annoy", "irritat"),
    *("disgust", "dislik", "fear", "afraid", "worr", "anxi", "nervous", "stress", "tense", "calm"),
    *("contempt", "scept", "bored", "interest", "hesita", "discomfort", "doubt", "confus", "mood"),
    *("friendly", "confiden", "sincere", "honest", "lying", "frown", "smirk"),
)
"""Beginnings of words that would judge a face, not measure it."""


def moving(clip):
    """Give the largest amount of every movement in a clip, as the page reckons them."""
    eye = _open_eye()
    with open_clip(clip) as frames:
        figures = [one.figures for frame in frames if (one := eye.look(frame)).figures]
    rest = [sorted(column)[10] for column in zip(*figures[:20], strict=True)]
    amounts = [amounts_of(one, rest, eye.movements) for one in figures]
    most = [max(column, key=abs) for column in zip(*amounts, strict=True)]
    return dict(zip([one.words for one in eye.movements], most, strict=True))


def until(holds, what):
    """Wait until something holds; tests fail when it never does."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, what


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    one = LivePractice(tmp_path_factory.mktemp("mirror"), "--mirror-source", str(SMILE))
    yield one
    one.close()


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser, live):
    one, trouble = opened(browser, live)
    yield one
    one.context.close()
    assert trouble == []


def to_mirror(page):
    page.get_by_role("link", name="Mirror", exact=True).click()
    page.get_by_text("The camera is closed.").wait_for()


def press_open(page):
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_text("The camera is open. Move.").wait_for()


def is_open(live):
    """Whether the clip is open now; a clip that comes round again is closed for a moment."""
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if live.holds_open(SMILE):
            return True
    return False


WATCH = """(() => {
  window.most = {};
  const look = () => {
    for (const row of document.querySelectorAll('.gauges tbody tr')) {
      const name = row.querySelector('th').textContent;
      const wide = parseFloat(row.querySelector('.mine').style.width) || 0;
      window.most[name] = Math.max(window.most[name] || 0, wide);
    }
    if (!window.enough) requestAnimationFrame(look);
  };
  look();
})()"""


def test_bars_and_lines_follow_the_face_and_nothing_else(page, live):
    to_mirror(page)
    assert not is_open(live), "nothing opens before the button is pressed"
    page.locator("#target").select_option(label="Both lip corners up")
    lines = page.locator(".outline .mine").inner_html()
    press_open(page)
    assert is_open(live)
    page.evaluate(WATCH)
    page.wait_for_function("window.most['left lip corner, up'] > 65")
    assert page.locator(".outline .mine").inner_html() != lines
    page.wait_for_function("parseFloat(document.querySelector('tr.in .mine').style.width) < 25")
    most, real = page.evaluate("window.most"), moving(SMILE)
    wholes = {one.words: one.whole for one in MOVEMENTS}
    assert set(most) == set(real)
    for words in ("left lip corner, up", "right lip corner, up", "upper lip, up", "lips, apart"):
        assert most[words] == pytest.approx(100 * real[words], abs=15), words
    for words, amount in real.items():
        if abs(amount) / wholes[words] < 0.05:
            assert most[words] < 25, words
    # beside them, what the same model reads in the rendered face
    first = page.locator(".gauges tr.in").first
    assert "lip corner, up" in first.inner_text()
    assert float(first.locator("td").nth(2).inner_text()) > 0.7


def test_the_page_shows_and_fetches_no_picture_of_the_rep(page, live):
    asked, answers = [], []
    page.on("request", lambda one: asked.append((one.method, one.url.removeprefix(live.plain))))
    to_mirror(page)
    press_open(page)
    assert page.locator("img, video").count() == 0
    assert page.locator("canvas").count() == 1, "the rendered target alone"
    text = page.evaluate("""async () => {
      const gone = new AbortController();
      const answer = await fetch('/mirror/look', {method: 'POST', signal: gone.signal});
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let all = '';
      while (all.split('\\n').length < 40) all += (await reader.read()).value;
      gone.abort();
      return all;
    }""")
    answers = [json.loads(line) for line in text.split("\n")[:-1]]
    for one in answers:
        assert set(one) == {"faces", "face", "of"}
        assert len(one["of"]) in (0, page.locator(".gauges tbody tr").count())
        assert all(isinstance(figure, int | float) for figure in one["of"])
    assert {path.split("/")[0] for _, path in asked} <= {"mirror", "frames"}
    page.get_by_text("opened on another page").wait_for()
    until(lambda: not is_open(live), "the camera stayed open")


def test_no_word_of_the_page_says_what_a_face_may_mean(page):
    to_mirror(page)
    seen = [page.locator("#practice").inner_text()]
    press_open(page)
    for label in page.locator("#target option").all_inner_texts():
        page.locator("#target").select_option(label=label)
        page.get_by_role("button", name="Read the figures out").click()
        seen += [page.locator("#practice").inner_text(), page.locator("#said").inner_text()]
    seen += page.locator("#practice [aria-label]").evaluate_all(
        "all => all.map(one => one.ariaLabel)"
    )
    text = "\n".join(seen).lower()
    assert "left lip corner, up" in text
    # the words in which it says what it is not
    for refused in ("a movement is not a feeling", "judges the feelings of people at work"):
        assert refused in re.sub(r"\s+", " ", text)
    found = [word for word in FEELINGS if re.search(rf"\b{word}", text)]
    assert found == []


LEAVING = {
    "another part": lambda page: page.get_by_role("link", name="Help").click(),
    "the button": lambda page: page.get_by_role("button", name="Close the camera").click(),
    "another page": lambda page: page.goto("about:blank"),
    "loading anew": lambda page: page.reload(),
    "closing the tab": lambda page: page.close(),
    "Escape": lambda page: page.keyboard.press("Escape"),
    "hiding": lambda page: page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden'});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    ),
}


STORES = """async () => [{...localStorage}, {...sessionStorage}, document.cookie,
  await indexedDB.databases(), await caches.keys()]"""


@pytest.mark.parametrize("leave", LEAVING)
def test_leaving_closes_the_camera_and_forgets(page, live, leave):
    to_mirror(page)
    stores = page.evaluate(STORES)
    press_open(page)
    assert is_open(live)
    LEAVING[leave](page)
    until(lambda: not is_open(live), f"{leave} left the camera open")
    if leave in ("another part", "loading anew"):
        to_mirror(page)
    if leave not in ("closing the tab", "another page"):
        assert page.locator(".you").all_inner_texts() == [""] * page.locator(".you").count()
        assert page.evaluate(STORES) == stores


def test_a_browser_that_is_killed_leaves_no_camera_open(browser, live, tmp_path):
    mark = f"--lang=xx-{tmp_path.name}"
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    own = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=[*args, "--disable-gpu", mark]
    )
    page, _ = opened(own, live)
    to_mirror(page)
    press_open(page)
    assert is_open(live)
    for process in processes_with(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until(lambda: not is_open(live), "the camera stayed open")


def processes_with(mark):
    """Find the processes whose command line holds a mark of ours."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "cmdline").read_bytes():
                    yield int(folder.name)


def test_the_program_ends_at_once_with_the_mirror_open(browser, tmp_path):
    one = LivePractice(tmp_path, "--mirror-source", str(SMILE))
    page, _ = opened(browser, one)
    to_mirror(page)
    press_open(page)
    one.close()  # fails when it takes longer than 20 s
    page.get_by_text("The camera is closed.").wait_for()
    page.context.close()
    assert "Traceback" not in "".join(one.log)


def test_a_look_by_keyboard_alone_is_read_out(page, live):
    def tab_to(what):
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({what!r})"):
                return
        pytest.fail(f"Tab never comes to {what}")

    tab_to("a[href='#mirror']")
    page.keyboard.press("Enter")
    page.get_by_text("The camera is closed.").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.keyboard.press(" ")
    page.get_by_text("The camera is open. Move.").wait_for()
    tab_to("[data-do=takeRest]")
    page.keyboard.press("Enter")
    page.get_by_text("Rest your face for a moment").wait_for()
    page.get_by_text("The camera is open. Move.").wait_for()
    tab_to("[data-do=readOut]")
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('said').textContent.includes('target 0.')")
    assert re.search(r"brow, up: [\d.]+, target 0\.\d", page.locator("#said").inner_text())
    tab_to("#target")
    page.keyboard.press("ArrowDown")
    assert page.locator("#target").input_value() == "1"
    page.keyboard.press("Escape")
    page.get_by_text("The camera is closed.").wait_for()
    until(lambda: not is_open(live), "the camera stayed open")


def test_with_reduced_motion_figures_step_and_the_target_stands_still(browser, live):
    page, trouble = opened(browser, live, reduced_motion="reduce")
    to_mirror(page)
    page.get_by_text("figures change twice a second").wait_for()
    read = "document.querySelector('.stage canvas').getContext('2d').getImageData(0,0,640,640).data"
    page.wait_for_function(f"{read}.some((each) => each)")
    still = page.evaluate(f"[...{read}].join()")
    page.get_by_role("button", name="Open the camera").click()
    page.evaluate("""() => {
      window.changes = [];
      new MutationObserver(() => window.changes.push(performance.now()))
        .observe(document.querySelector('.outline'), {childList: true});
    }""")
    page.wait_for_function("window.changes.length >= 5")
    times = page.evaluate("window.changes")
    assert min(b - a for a, b in itertools.pairwise(times)) >= 499
    assert page.evaluate(f"[...{read}].join()") == still
    page.context.close()
    assert trouble == []


def test_page_and_program_reckon_alike(page):
    to_mirror(page)
    cases = [
        ([0.0, 0.5, 1.0, 12.0], [0.2, 0.2, 0.99, -4.0]),
        ([1.0, 0.3, 0.0, -3.5], [0.0, 0.3, 1.0, 9.0]),
    ]
    movements = (*MOVEMENTS[:3], next(one for one in MOVEMENTS if one.is_angle))
    told = page.evaluate(
        """async ([cases, angles]) => {
          const { amountsOf } = await import('/static/mirror-figures.js');
          return cases.map(([now, then]) => amountsOf(now, then, angles.map((angle) => ({angle}))));
        }""",
        [cases, [one.is_angle for one in movements]],
    )
    for (now, then), found in zip(cases, told, strict=True):
        assert found == pytest.approx(amounts_of(now, then, movements))


# ---- faults ----


@pytest.mark.parametrize(
    ("source", "words"),
    [("63", "/dev/video63 does not exist"), (str(CLIPS / "no_face.mp4"), "sees no face")],
)
def test_no_webcam_and_no_face_are_said_in_words(browser, tmp_path, source, words):
    one = LivePractice(tmp_path, "--mirror-source", source)
    page, trouble = opened(browser, one)
    to_mirror(page)
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_text(words).wait_for()
    assert trouble == []
    page.context.close()
    one.close()


# ---- who may, and where ----


def test_no_other_page_opens_the_camera(live):
    port = live.plain.rsplit(":", 1)[1].strip("/")
    cookie = f"cuelight_practice_{port}={live.key}"
    for headers, method, code in (
        ({}, "POST", 403),
        ({"Cookie": cookie, "Origin": "http://elsewhere.example"}, "POST", 403),
        ({"Cookie": cookie}, "GET", 404),
    ):
        asked = urllib.request.Request(f"{live.plain}mirror/look", headers=headers, method=method)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        assert refused.value.code == code
        refused.value.close()
    assert not is_open(live)


def test_an_installed_unit_has_no_mirror_and_says_why(browser, tmp_path):
    mark = tmp_path / "root" / MARKS[0]
    mark.parent.mkdir(parents=True)
    mark.mkdir()
    one = LivePractice(
        tmp_path, "--mirror-source", str(SMILE), program=(PLANTED, str(tmp_path / "root"))
    )
    page, trouble = opened(browser, one)
    page.get_by_role("link", name="Mirror", exact=True).click()
    page.get_by_role("heading", name="Not on this machine").wait_for()
    text = page.get_by_role("alert").inner_text()
    for words in (f"/{MARKS[0]}", "customer's side", "no camera was opened", "of your own"):
        assert words in text
    assert page.get_by_role("button").count() == 0
    page.keyboard.press(" ")
    refused = page.evaluate(
        "fetch('/mirror/look', {method: 'POST'}).then(async (a) => [a.status, await a.text()])"
    )
    assert refused[0] == 403
    assert "customer's side" in refused[1]
    assert not is_open(one)
    trouble = [line for line in trouble if "403" not in line]
    assert trouble == []
    page.context.close()
    one.close()


# ---- nothing is kept ----


@pytest.fixture
def strace(tmp_path):
    program = shutil.which("strace")
    if program is None:
        pytest.fail("no strace here; run scripts/install-test-tools")
    tried = subprocess.run([program, "-o", "/dev/null", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"this machine lets nobody trace a process: {tried.stderr.decode()[:200]}")
    return program


WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
CALLS = (
    "open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,"
    "mkdirat,truncate,ftruncate,memfd_create,connect,sendto,io_uring_setup"
)


def test_the_mirror_writes_no_file_and_reaches_nobody(browser, tmp_path, strace):
    home = tmp_path / "home"
    home.mkdir()
    log = tmp_path / "trace"
    one = LivePractice(
        tmp_path,
        *("--mirror-source", str(SMILE)),
        before=(strace, "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS}"),
        environ={"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(home)},
    )
    page, trouble = opened(browser, one)
    to_mirror(page)
    before = log.stat().st_size
    press_open(page)
    page.evaluate(WATCH)
    page.wait_for_function("window.most['left lip corner, up'] > 50")
    page.get_by_role("link", name="Help").click()
    until(lambda: not is_open(one), "the camera stayed open")
    page.context.close()
    one.close()
    assert trouble == []
    with log.open("rb") as file:
        file.seek(before)
        lines = file.read().decode("utf-8", "replace").splitlines()
    opens = [line for line in lines if re.search(r"\bopen(at2?)?\(", line)]
    assert any(str(SMILE) in line for line in opens), "the trace shows what the mirror opens"
    written = [line for line in opens if WRITES.search(line) and "/dev/null" not in line]
    changed = [
        line
        for line in lines
        if re.search(r"\b(creat|rename|link|symlink|mkdir|truncate|ftruncate|memfd|io_uring)", line)
    ]
    reached = [
        line for line in lines if re.search(r"\b(connect|sendto)\(", line) and "AF_INET" in line
    ]
    assert (written, changed, reached) == ([], [], [])
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert not one.scores.exists() or one.scores.stat().st_size == 0
    said = "".join(one.log)
    assert not re.search(r"lip|face [0-9]|AU\d", said), said
    assert SMILE.name not in said
