"""`cuelight practice` in Chromium, end to end; flashes are measured on the pictures drawn."""

from __future__ import annotations

import json
import re
import stat
import urllib.error
import urllib.request

import pytest

from browser import chromium
from cuelight.cli import main
from cuelight.practice.guide import BY_NAME, FAMILIES, move_of
from cuelight.practice.logbook import Logbook
from cuelight.practice.score import NOTHING
from practice_live import LivePractice, opened


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    one = LivePractice(tmp_path_factory.mktemp("practice"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser, live):
    Logbook(live.scores).erase()
    one, trouble = opened(browser, live)
    yield one
    one.context.close()
    assert trouble == []


def start(page, kind, *, family="Seven expressions", players=("me",), ms=None, strength=None):
    page.get_by_label(family).check()
    page.get_by_label(kind, exact=True).check()
    if ms is not None:
        page.locator("[name=ms]").fill(str(ms))
        page.locator("[name=steps]").fill(str(strength))
    page.get_by_label("Player", exact=True).fill(players[0])
    page.get_by_label("Second player").fill(players[1] if len(players) > 1 else "")
    page.get_by_role("button", name="Start").click()
    ready(page)


def ready(page):
    page.locator("[data-do=flash]:enabled").wait_for()


def shown_by(page):
    """Give the sign that the next flash will show, by the file that the page fetched for it."""
    return page.evaluate("window.cuelightTrial.file").split("-", 1)[1].removesuffix(".webp")


def flash(page):
    page.keyboard.press(" ")
    page.get_by_text("What was it?").wait_for()
    return page.evaluate("window.cuelightSeen")


def name_it(page, family, said, move):
    keys = [*FAMILIES[family]]
    page.keyboard.press("0" if said == NOTHING else str(keys.index(said) + 1))
    if said != NOTHING:
        page.get_by_text("what would you do next").wait_for()
        moves = ["more", "ask", "change", "prove", "simplify"]
        page.keyboard.press(str(moves.index(move) + 1))


def is_late(page):
    return page.get_by_text("too long to count").count() > 0


# ---- who gets in ----


def test_only_the_printed_address_opens_the_page(live):
    for address, data in (
        (live.plain, None),
        (f"{live.plain}?key=guess", None),
        (f"{live.plain}frames/00-fear.webp", None),
        (f"{live.plain}ask/progress", b"{}"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, data)
        assert refused.value.code == 403
        refused.value.close()
    foreign = urllib.request.Request(
        f"{live.plain}ask/erase",
        b"{}",
        {"Origin": "http://elsewhere.example", "Cookie": cookie(live)},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(foreign)
    assert refused.value.code == 403
    refused.value.close()


def cookie(live):
    port = live.plain.rsplit(":", 1)[1].strip("/")
    return f"cuelight_practice_{port}={live.key}"


@pytest.mark.parametrize("path", ["", "static/practice.js", "frames/none"])
def test_every_answer_keeps_other_pages_and_contents_out(live, path):
    for headers in ({}, {"Cookie": cookie(live)}):
        asked = urllib.request.Request(f"{live.plain}{path}", headers=headers)
        try:
            answer = urllib.request.urlopen(asked)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("question", "data"),
    [
        ("start", b"["),
        ("start", b"[]"),
        ("start", b"{}"),
        ("start", b"[" * 5000),
        ("start", b'{"kind":"lesson","family":[],"players":["me"]}'),
        ("start", b'{"kind":"chosen","family":"cues","players":["me"],"ms":1,"steps":9}'),
        ("start", b'{"kind":"chosen","family":"cues","players":["me"],"ms":true,"steps":9}'),
        ("answer", b'{"said":"fear","move":"wait","measured_ms":"soon"}'),
        ("answer", b'{"said":"fear","move":"wait","measured_ms":1e999}'),
        ("start", b" " * 9000),
    ],
)
def test_nonsense_is_answered_in_words(live, question, data):
    asked = urllib.request.Request(f"{live.plain}ask/{question}", data, {"Cookie": cookie(live)})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    with refused.value as answer:
        assert answer.code == 400
        assert json.load(answer)["error"]
    assert "Traceback" not in "".join(live.log)


def test_a_port_that_is_taken_is_told(live, tmp_path, capsys):
    port = live.plain.rsplit(":", 1)[1].strip("/")
    scores = tmp_path / "practice.jsonl"
    assert main(["practice", "--port", port, "--scores", str(scores)]) == 2
    assert "--port" in capsys.readouterr().err
    assert main(["practice", "--port", "99999", "--scores", str(scores)]) == 2
    scores.write_text("")
    scores.chmod(0o644)
    assert main(["practice", "--port", "0", "--scores", str(scores)]) == 2
    assert "chmod 600" in capsys.readouterr().err


# ---- flashes ----

WATCH = """() => {
  const canvas = document.querySelector('.stage canvas');
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const read = () => pen.getImageData(0, 0, canvas.width, canvas.height).data;
  const rest = read();
  const away = (now) => { let sum = 0;
    for (let i = 0; i < now.length; i += 40) sum += Math.abs(now[i] - rest[i]);
    return sum; };
  window.watched = [];
  const look = (at) => {
    if (!canvas.isConnected) return;
    window.watched.push({at, away: away(read())});
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@pytest.mark.parametrize(("ms", "strength"), [(40, 6), (100, 3), (500, 6)])
def test_a_flash_is_what_was_drawn_and_is_measured_on_it(page, ms, strength):
    start(page, "Chosen", ms=ms, strength=strength)
    page.evaluate(WATCH)
    seen = flash(page)
    frames = seen["frames"]
    steps = [one["step"] for one in frames]
    moved = [n for n, step in enumerate(steps) if step > 0]
    # rest, one unbroken movement that reaches its apex and no further, rest
    assert steps[0] == steps[-1] == 0
    assert moved == list(range(moved[0], len(steps) - 1))
    assert max(steps) == strength
    peak = steps.index(strength)
    assert steps[1:peak] == sorted(steps[1:peak])
    last = len(steps) - 1 - steps[::-1].index(strength)
    assert steps[last:] == sorted(steps[last:], reverse=True)
    times = [one["at"] for one in frames]
    assert times == sorted(times)
    assert seen["asked"] == ms
    assert seen["measured"] == pytest.approx(times[-1] - times[moved[0]])

    # An onlooker's own look comes before the page draws, so each refresh shows it what the one
    # before drew: it sees the very same movement, refresh by refresh, and rest before and after.
    watched = page.evaluate("window.watched")
    away = [one["at"] for one in watched if one["away"] > 0]
    assert away == times[moved[0] + 1 :]
    assert watched[0]["away"] == 0
    assert away[-1] - away[0] + (times[moved[0] + 1] - times[moved[0]]) == pytest.approx(
        seen["measured"]
    )


def test_the_apex_is_drawn_however_slow_the_screen(page):
    slow = """async ([ms, wait]) => {
      const { showFlash } = await import('/static/flash.js');
      const real = window.requestAnimationFrame;
      let now = 0;
      const given = [0, 200, 400, 1200, 2000, 2800, 3600, 4400];
      window.requestAnimationFrame = (tick) => { const at = given[now++];
        if (at === undefined) throw new Error('never ended');
        queueMicrotask(() => tick(at)); return now; };
      try {
        const canvas = document.createElement('canvas');
        const strip = document.createElement('canvas'); strip.width = 70; strip.height = 10;
        return await showFlash(canvas, strip,
          {cell: 10, ms, apex: 6, wait_ms: wait, isStill: false});
      } finally { window.requestAnimationFrame = real; }
    }"""
    seen = page.evaluate(slow, [40, 150])
    assert [one["step"] for one in seen["frames"]] == [0, 6, 0]
    assert seen["measured"] == 200
    seen = page.evaluate(slow, [500, 150])
    assert 6 in [one["step"] for one in seen["frames"]]
    assert seen["frames"][-1]["step"] == 0


# ---- sessions ----


def test_a_lesson_tells_the_answer_in_slow_motion_and_writes_it_down(page, live):
    start(page, "Lesson")
    while True:
        wanted = shown_by(page)
        flash(page)
        said = "fear" if wanted != "fear" else "surprise"
        name_it(page, "expressions", said, move_of(wanted))
        page.locator(".verdict, .note.warning").first.wait_for()
        if not is_late(page):
            break
        ready(page)
    sign = BY_NAME[wanted]
    text = page.locator("#practice").inner_text()
    for words in (sign.shows, sign.brings_on, sign.may_mean, sign.advice, "as you said"):
        assert words in text
    assert f"It was: {sign.title}. You said: {BY_NAME[said].title}." in text
    assert page.locator(".stage ellipse.in").count() >= 1
    read = "document.querySelector('.stage canvas').getContext('2d').getImageData(160,160,320,320)"
    before = page.evaluate(f"[...{read}.data].join()")
    page.wait_for_function(f"old => [...{read}.data].join() !== old", arg=before)
    page.get_by_role("button", name="Pause").click()
    scrub = page.get_by_label("From rest to the peak")
    scrub.fill("100")
    assert page.evaluate("document.querySelector('.stage svg').style.opacity") == "1"
    (kept,) = live.answers()
    assert (kept.shown, kept.said, kept.kind, kept.level) == (wanted, said, "lesson", 0)
    assert stat.S_IMODE(live.scores.stat().st_mode) == 0o600
    page.locator("h1").focus()
    page.keyboard.press(" ")
    page.get_by_role("heading", name="Flash 2 of 21").wait_for()


def test_a_first_test_by_keyboard_alone_ends_in_figures_and_progress(page, live):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "cues":
            break
        if page.evaluate("document.activeElement.name") == "family":
            page.keyboard.press("ArrowRight")
            break
    assert page.get_by_label("Seven cues").is_checked()
    page.get_by_label("First test").focus()
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    ready(page)
    while page.get_by_role("heading", name="Done").count() == 0:
        wanted, before = shown_by(page), len(live.answers())
        flash(page)
        name_it(page, "cues", wanted, move_of(wanted))
        page.wait_for_function("() => document.querySelector('[data-do=flash]:enabled, .tiles')")
        if not is_late(page):
            assert len(live.answers()) == before + 1
        assert page.locator(".verdict").count() == 0, "a test tells nothing before its end"
    text = page.locator("#practice").inner_text()
    assert re.search(r"named rightly\s+100\s%", text)
    assert "What was taken for what" in text
    assert len(live.answers()) == 14
    page.keyboard.press(" ")
    page.get_by_role("heading", name="Train the eye").wait_for()
    page.get_by_label("Seven cues").check()
    assert page.get_by_label("First test").is_checked(), "the choice stays"
    page.get_by_role("link", name="Progress").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Progress").wait_for()
    assert page.locator("svg.plot").count() == 2
    assert "Best next: lesson" in page.locator("#practice").inner_text()
    button = page.get_by_role("button", name="Erase")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Press again").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("There is nothing yet").wait_for()
    assert not live.scores.exists()


def test_two_players_take_turns(page, live):
    start(page, "Lesson", players=("ann", "bo"))
    turns = []
    while len(live.answers()) < 4:
        turns.append(page.locator("h1").inner_text().rsplit(": ", 1)[1])
        flash(page)
        name_it(page, "expressions", NOTHING, "wait")
        page.locator(".verdict, .note.warning").first.wait_for()
        if is_late(page):
            turns.pop()
        else:
            page.keyboard.press(" ")
        ready(page)
    assert turns == ["ann", "bo", "ann", "bo"]
    assert [one.player for one in live.answers()] == turns


def test_scenarios_ask_for_the_move_that_fits_the_moment(page, live):
    page.get_by_role("link", name="Scenarios").click()
    page.get_by_role("button", name="A single flash").click()
    for _ in range(3):
        page.locator("[data-do=say]:enabled").wait_for()
        page.keyboard.press(" ")
        page.locator("[data-do=say]").wait_for(state="detached")
    page.get_by_text("What do you do?").wait_for()
    page.keyboard.press("6")
    page.get_by_text("One sign is no pattern").first.wait_for()
    assert "Yes" in page.locator(".verdict").inner_text()
    assert "Brief frown" in page.locator("#practice").inner_text()
    assert live.answers() == [], "nothing is scored"


# ---- for everybody ----


def test_reduced_motion_is_respected(browser, live):
    page, trouble = opened(browser, live, reduced_motion="reduce")
    page.get_by_text("reduced motion").first.wait_for()
    start(page, "Chosen", ms=500, strength=6)
    while True:
        seen = flash(page)
        steps = [one["step"] for one in seen["frames"]]
        assert set(steps) == {0, 6}, "one change there and one back, no ramp"
        name_it(page, "expressions", NOTHING, "wait")
        page.locator(".verdict, .note.warning").first.wait_for()
        if not is_late(page):
            break
        ready(page)
    page.get_by_role("button", name="Play").wait_for()
    assert page.get_by_label("From rest to the peak").input_value() == "100"
    page.context.close()
    assert trouble == []


def test_skipping_to_the_content_keeps_the_session(page):
    start(page, "Lesson")
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.get_by_role("heading", name="Flash 1 of 21").wait_for()


def test_the_help_page_says_what_reading_cannot_tell(page):
    page.get_by_role("link", name="Help").click()
    text = page.locator("#practice").inner_text()
    for words in ("Clues, not truths", "cultures differ", "not pressure", "lie detector"):
        assert words in text
    assert page.locator("h1").count() == 1


def test_a_narrow_phone_scrolls_down_and_never_sideways(browser, live):
    page, trouble = opened(browser, live, reduced_motion="no-preference")
    page.set_viewport_size({"width": 360, "height": 740})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for name in ("Scenarios", "Mirror", "Progress", "Help", "Practise"):
        page.get_by_role("link", name=name, exact=True).click()
        page.locator("h1").wait_for()
        if name == "Mirror":
            page.locator(".gauges tr.in").first.wait_for()
        assert page.evaluate(wide) <= 0, name
    start(page, "Lesson")
    assert page.evaluate(wide) <= 0
    page.context.close()
    assert trouble == []
