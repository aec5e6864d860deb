"""`cuelight review`: a site's week on one page, from a real store, never of a table or a rep."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime

import pytest

from browser import NEIGHBOURS, fill
from cuelight.cli import main
from cuelight.neighbours import Neighbour
from cuelight.view.board.customers import Choice, look_up
from cuelight.view.board.hours import OpeningHours
from cuelight.view.board.source import Source
from cuelight.view.history import History
from cuelight.view.review import QUESTIONS, draw_review
from cuelight.view.words import READINGS, label

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
LONELY = Neighbour("oslo", "table-1", visits_an_hour=2.0)
AS_OF = "2026-11-22T18:00Z"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "history.db"
    fill(path, (*NEIGHBOURS, LONELY), days=21, now=NOW)
    return path


def shown_of(store, site):
    with History.open(str(store)) as history:
        source = Source(history, OpeningHours.parse("always", UTC), now=lambda: NOW)
        return look_up(source, Choice(site=site, days=7))


def texts_of(page):
    found = [text.get_text() for text in page.texts]
    for axes in page.axes:
        found += [text.get_text() for text in (*axes.texts, *axes.get_yticklabels())]
    return [" ".join(text.split()) for text in found]


@pytest.mark.parametrize("site", ["berlin", "porto"])
def test_the_page_opens_with_the_weeks_one_sentence_and_names_no_table(store, site):
    shown = shown_of(store, site)
    texts = texts_of(draw_review(shown))
    assert texts[0] == f"The week at {site}"
    assert " ".join(shown.summary.split()) in texts[:4]
    assert shown.summary.count(". ") == 0, "one sentence"
    whole = " ".join(texts)
    assert not re.search(r"table-\d", whole)
    assert "are simulated" in whole
    for question in QUESTIONS:
        assert question in whole
    for name in READINGS:
        if any(one.cell == name for one in shown.picture.figures):
            assert label(name) in texts


def test_what_is_withheld_is_said_to_be_and_has_no_figure(store):
    shown = shown_of(store, "porto")
    hidden = sum(one.is_withheld for one in shown.picture.figures)
    assert hidden > 0
    texts = texts_of(draw_review(shown))
    assert texts.count("withheld (not zero)") == hidden


@pytest.mark.parametrize("site", ["berlin", "lyon", "porto"])
def test_all_words_are_on_the_page_and_none_cross(store, site):
    page = draw_review(shown_of(store, site))
    page.canvas.draw()
    boxes = [text.get_window_extent() for text in page.texts if text.get_text()]
    for axes in page.axes:
        rows = [*axes.texts, *axes.get_yticklabels()]
        boxes += [text.get_window_extent() for text in rows if text.get_text()]
    for number, one in enumerate(boxes):
        assert 0 < one.x0 < one.x1 < page.bbox.width
        assert 0 < one.y0 < one.y1 < page.bbox.height
        assert one.count_overlaps(boxes[:number]) == 0


def test_both_kinds_of_file_are_one_page(store, tmp_path, capsys):
    for kind in ("png", "pdf"):
        out = tmp_path / f"week.{kind}"
        given = ["review", "--store", str(store), "--site", "berlin", "--as-of", AS_OF]
        assert main([*given, "--out", str(out)]) == 0
        first = out.read_bytes()
        assert main([*given, "--out", str(out)]) == 0
        assert out.read_bytes() == first, "the same week gives the same file"
    assert capsys.readouterr().out.startswith("In the seven days to 22 November")
    png = (tmp_path / "week.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert height / width == pytest.approx(297 / 210, rel=0.01)
    assert b"/Count 1" in (tmp_path / "week.pdf").read_bytes()


def test_there_is_no_page_for_a_single_table(store, tmp_path, capsys):
    out = tmp_path / "week.pdf"
    assert main(["review", "--store", str(store), "--site", "oslo", "--out", str(out)]) == 2
    assert "one table only" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--site", "nowhere"], "berlin, lyon, oslo, porto"),
        ([], "--site is wanted"),
        (["--site", "berlin", "--as-of", "noon"], "--as-of is 'noon'"),
        (["--site", "berlin", "--out", "week.docx"], ".png or .pdf"),
    ],
)
def test_what_is_asked_wrongly_is_answered_in_words(store, tmp_path, capsys, given, words):
    out = [] if "--out" in given else ["--out", str(tmp_path / "week.png")]
    assert main(["review", "--store", str(store), *given, *out]) == 2
    assert words in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(store, tmp_path, capsys):
    out = tmp_path / "none" / "week.png"
    given = ["review", "--store", str(store), "--site", "berlin", "--as-of", AS_OF]
    assert main([*given, "--out", str(out)]) == 1
    assert "--out" in capsys.readouterr().err


def test_a_week_without_anything_is_a_page_too(store, tmp_path, capsys):
    out = tmp_path / "week.png"
    given = ["review", "--store", str(store), "--site", "berlin", "--as-of", "2020-01-01T00:00Z"]
    assert main([*given, "--out", str(out)]) == 0
    assert "too few visits" in capsys.readouterr().out
    assert out.exists()
