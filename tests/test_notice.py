"""`cuelight notice`: what stands on the table, readable by people and by their telephones."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest

from cuelight.cli import main
from cuelight.notice import CHILDREN, LAMP, NOT_DONE, draw_notice
from cuelight.practice.raster import paint
from cuelight.practice.sheet import LETTER_WIDTH, Box, Sheet, Words
from cuelight.settings import LampSettings, PrivacySettings, Settings

URL = "https://example.com/notice/berlin"
SET = '[privacy]\nmode = "{mode}"\ncontact = "Jörg <j@example.com>"\n{more}\n'


@pytest.fixture
def config(tmp_path):
    def write(mode="notice", more=f'notice_url = "{URL}"'):
        path = tmp_path / "device.toml"
        path.write_text(SET.format(mode=mode, more=more))
        return path

    return write


def write(config, out, *, wanted=0):
    assert main(["notice", "--config", str(config), "--out", str(out)]) == wanted
    return out


def said(svg):
    root = ET.fromstring(svg.read_text())
    return " ".join(one.text for one in root.iter("{http://www.w3.org/2000/svg}text"))


def picture(svg, dots_a_mm=8):
    """Print the page as a camera would see it: rectangles only."""
    page = np.full((210 * dots_a_mm, 148 * dots_a_mm), 255, np.uint8)
    for one in ET.fromstring(svg.read_text()).iter("{http://www.w3.org/2000/svg}rect"):
        if one.get("fill") == "#000000":
            x, y, wide, high = (float(one.get(k)) for k in ("x", "y", "width", "height"))
            right, bottom = round((x + wide) * dots_a_mm), round((y + high) * dots_a_mm)
            page[round(y * dots_a_mm) : bottom, round(x * dots_a_mm) : right] = 0
    return page


def test_it_says_what_is_and_is_not_done_and_whom_to_ask(config, tmp_path):
    text = said(write(config(), tmp_path / "notice.svg"))
    for part in (LAMP, *NOT_DONE, CHILDREN, "Jörg <j@example.com>", URL, "at least 5 visits"):
        assert part in text
    assert "hold the pause button for 2 seconds" in text


def test_with_opt_in_it_names_the_button(config, tmp_path):
    text = said(write(config(mode="opt_in"), tmp_path / "notice.svg"))
    assert "stays closed until you press the button" in text
    assert "pause button" not in text


def test_a_telephone_reads_its_code(config, tmp_path):
    page = picture(write(config(), tmp_path / "notice.svg"))
    assert cv2.QRCodeDetector().detectAndDecode(page)[0] == URL


def test_without_an_address_there_is_no_code_and_a_warning(config, tmp_path, caplog):
    page = picture(write(config(more=""), tmp_path / "notice.svg"))
    assert page.min() == 255
    assert "notice_url is not set" in caplog.text


@pytest.mark.parametrize("mode", ["notice", "opt_in"])
@pytest.mark.parametrize("contact", ["a@b.de", "The data protection officer, " * 4])
def test_everything_lies_on_the_page_and_nothing_on_the_code(mode, contact):
    privacy = PrivacySettings(mode=mode, contact=contact, notice_url=URL)
    code = [[1] * 33] * 33
    sheet = draw_notice(replace(Settings(), privacy=privacy), code=code)
    boxes = [part for part in sheet.parts if isinstance(part, Box)]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    for part in sheet.parts:
        width = 0.53 * part.size * len(part.text) if isinstance(part, Words) else part.width
        assert part.x >= 8.0
        assert part.x + width <= sheet.width - 8.0
        assert part.y <= sheet.height - 5.0
        if isinstance(part, Words) and part.y > top:
            assert part.x + width <= left


def test_the_pdf_holds_the_same_words(config, tmp_path):
    pdf = write(config(), tmp_path / "notice.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    words = b" ".join(re.findall(rb"\((.*?)\) Tj", pdf))
    assert b"With children at the table we pause it." in words
    assert "Jörg".encode("cp1252") in words


def test_the_picture_is_an_a5_page_with_the_same_code_and_words(config, tmp_path):
    path = write(config(), tmp_path / "notice.png")
    page = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    dots = 300 / 25.4
    assert page.shape == (round(210 * dots), round(148 * dots))
    assert cv2.QRCodeDetector().detectAndDecode(page)[0] == URL
    privacy = PrivacySettings(mode="notice", contact="Jörg <j@example.com>", notice_url=URL)
    sheet = draw_notice(replace(Settings(), privacy=privacy), code=[[1] * 33] * 33)
    for part in sheet.parts:
        if isinstance(part, Words):
            line = page[round((part.y - part.size) * dots) : round((part.y + part.size / 3) * dots)]
            right = part.x + LETTER_WIDTH["bold" if part.bold else "normal"] * part.size * len(
                part.text
            )
            inside = line[:, round(part.x * dots) : round(right * dots) + 2]
            share = (inside < 128).mean()
            assert 0.005 < share < 0.5, f"{part.text!r} is drawn where it was laid out"
            assert line[:, : round((part.x - 0.5) * dots)].min() == 255 or part.x > 13
    margins = (page[:, : round(8 * dots)], page[:, -round(8 * dots) :], page[-round(5 * dots) :])
    assert all(margin.min() == 255 for margin in margins)


def test_the_same_settings_give_the_same_picture(config, tmp_path):
    first = write(config(), tmp_path / "a.png").read_bytes()
    assert write(config(), tmp_path / "b.png").read_bytes() == first


def test_letters_beyond_western_europe_are_in_the_picture():
    words = [Words(10.0, 20.0, 6.0, text) for text in ("Łódź", "?ód?")]
    pages = [paint(Sheet(60.0, 40.0, "", parts=[one])) for one in words]
    drawn = [
        cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE) < 128 for page in pages
    ]
    assert (drawn[0] ^ drawn[1]).sum() > 0.2 * drawn[0].sum()


def test_letters_that_a_pdf_lacks_are_said(config, tmp_path, caplog):
    path = config()
    write(path, tmp_path / "a.pdf")
    assert "fonts lack" not in caplog.text
    path.write_text(path.read_text().replace("Jörg", "Łukasz"))
    for name in ("a.png", "a.svg"):
        write(path, tmp_path / name)
    assert "fonts lack" not in caplog.text
    write(path, tmp_path / "a.pdf")
    assert "fonts lack Ł, so it has question marks" in caplog.text


def test_a_switch_on_the_customers_side_is_named():
    for mode in ("notice", "opt_in"):
        privacy = PrivacySettings(mode=mode, contact="a@b.de")
        for has_switch in (True, False):
            lamp = LampSettings(off_switch=has_switch)
            sheet = draw_notice(replace(Settings(), privacy=privacy, lamp=lamp))
            text = " ".join(part.text for part in sheet.parts if isinstance(part, Words))
            assert ("turn the switch off" in text) is has_switch


@pytest.mark.parametrize(
    ("more", "out", "says"),
    [
        ('notice_url = "example.com"', "n.pdf", "a web address"),
        ('notice_url = "https://[x"', "n.pdf", "a web address"),
        (f'notice_url = "https://example.com/{"x" * 200}"', "n.pdf", "at most 200 letters"),
        ("", "n.doc", "ending in .svg, .pdf or .png"),
    ],
)
def test_what_is_wrong_is_said(config, capsys, more, out, says):
    path = config(more=more)
    write(path, path.parent / out, wanted=2)
    assert says in capsys.readouterr().err


def test_without_mode_or_contact_there_is_no_notice_to_make(tmp_path, capsys):
    path = tmp_path / "device.toml"
    path.write_text("")
    write(path, tmp_path / "n.pdf", wanted=2)
    assert "privacy.mode is not set" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said(config, tmp_path, capsys):
    write(config(), tmp_path / "nowhere" / "n.pdf", wanted=1)
    assert "Name another with --out" in capsys.readouterr().err
