"""The pocket card: what stands on it, that it fits, and that both files can be opened."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.cli import main
from cuelight.practice.card import MOVES, REMINDER, SENTENCES, draw_card, once
from cuelight.practice.sheet import Box, Hill, Sheet, Words, wrapped
from cuelight.tell.signal import RHYTHMS

STEPS = {name: rhythm.steps for name, rhythm in RHYTHMS.items()}


def test_the_card_has_three_rhythms_three_moves_and_two_sentences():
    sheet = draw_card(STEPS)
    text = " ".join(part.text for part in sheet.parts if isinstance(part, Words))
    assert [name for name, _, _ in MOVES] == list(RHYTHMS)
    for _, feels, move in MOVES:
        assert feels in text
        assert move in text
    assert len(SENTENCES) == 2
    for sentence in (*SENTENCES, REMINDER):
        assert sentence in text
    assert sum(isinstance(part, Hill) for part in sheet.parts) == 3


@pytest.mark.parametrize("name", RHYTHMS)
def test_what_is_drawn_is_the_rhythm_that_the_lamp_plays_once(name):
    played = once(STEPS[name])
    assert sum(seconds for seconds, _ in played) == pytest.approx(
        (RHYTHMS[name].duration_seconds - 1.5) / 2
    )
    lit = [level > 0 for _, level in played]
    starts = sum(now and not before for before, now in zip([False, *lit], lit, strict=False))
    assert starts == {"go": 1, "ease": 2, "reassure": 3}[name]


def test_nothing_leaves_the_card():
    sheet = draw_card(STEPS)
    faces = [part for part in sheet.parts if isinstance(part, Box) and part.line is not None]
    assert len(faces) == 2
    for part in sheet.parts:
        places = part.points if isinstance(part, Hill) else [(part.x, part.y)]
        for x, y in places:
            face = faces[0] if x < faces[1].x else faces[1]
            assert face.x <= x <= face.x + face.width
            assert face.y <= y <= face.y + face.height
            if isinstance(part, Words):
                room = face.x + face.width - x
                assert wrapped(part.text, room, size=part.size, bold=part.bold) == [part.text]


def test_both_files_are_written_and_can_be_read(tmp_path, capsys):
    for kind in ("svg", "pdf"):
        assert main(["card", "--out", str(tmp_path / f"card.{kind}")]) == 0
    assert "print at 100 %" in capsys.readouterr().out
    root = ET.fromstring((tmp_path / "card.svg").read_text(encoding="utf-8"))
    assert "Two pulses" in "".join(root.itertext())
    pdf = (tmp_path / "card.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.4")
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF", pdf)[1])
    assert pdf[table:].startswith(b"xref\n0 8\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf[table:]), start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)
    length, start = re.search(rb"/Length (\d+) >>\nstream\n", pdf), pdf.index(b"stream\n") + 7
    assert pdf[start + int(length[1]) :].startswith(b"endstream")
    assert b"\x93This box" in pdf, "quotes as Windows-1252 has them"


def test_a_card_of_another_kind_is_refused(tmp_path, capsys):
    assert main(["card", "--out", str(tmp_path / "card.docx")]) == 2
    assert ".svg or .pdf" in capsys.readouterr().err
    assert main(["card", "--out", str(tmp_path / "none" / "card.pdf")]) == 1
    assert "--out" in capsys.readouterr().err


@given(st.text(max_size=120), st.floats(1.0, 200.0))
def test_wrapping_loses_no_word(text, width):
    assert " ".join(wrapped(text, width, size=3.0)) == " ".join(text.split())


@given(st.text(max_size=60))
def test_any_words_make_a_page_that_can_be_read(text):
    kept = "".join(letter for letter in text if letter.isprintable())
    sheet = Sheet(50.0, 20.0, kept)
    sheet.parts.append(Words(2.0, 9.0, 3.0, kept))
    assert ET.fromstring(sheet.svg().encode()) is not None
    pdf = sheet.pdf()
    assert b"/Length" in pdf
    assert pdf.endswith(b"%%EOF\n")
