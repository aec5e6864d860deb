"""Changing one value of a device.toml: every other line, comment and right stays."""

from __future__ import annotations

import os
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.amend import amend, amended
from cuelight.device_toml import example, load_settings
from cuelight.errors import SettingsError, StoreError

SQUARE = [[0.1, 0.0], [0.9, 0.0], [0.9, 1.0], [0.1, 1.0]]

TEXT = """\
# Table 4, by the window. Ask Mira before changing anything.
[site]
name = "north" # our name

[zone] # drawn in May
# the mirror is left of it
polygon = [ # from the top left
  [0.2, 0.0],   # the mirror's edge
  [0.9, 0.0],
  [0.9, 1.0], [0.2, 1.0],
]  # four corners
face_min=0.15# small ones

[privacy]
contact = "a # b [zone] 'c'"
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "device.toml"
    path.write_text(TEXT)
    return path


def test_a_value_changes_and_nothing_else(path):
    amend(path, "zone", {"face_min": 0.2})
    assert path.read_text() == TEXT.replace("face_min=0.15# small", "face_min=0.2# small")


def test_a_list_over_several_lines_is_replaced_whole(path):
    amend(path, "zone", {"polygon": SQUARE, "distance_max_m": 1.5})
    text = path.read_text()
    assert load_settings(path).zone.polygon == tuple(map(tuple, SQUARE))
    assert load_settings(path).zone.distance_max_m == 1.5
    before, after = TEXT.splitlines(), text.splitlines()
    assert [line for line in before if line not in after] == before[6:11]
    assert "# the mirror is left of it\npolygon = [[0.1, 0.0]," in text


def test_a_section_that_is_missing_is_added(path):
    path.write_text('[site]\nname = "north"')
    amend(path, "zone", {"distance_max_m": 1.5, "polygon": SQUARE})
    assert path.read_text().startswith('[site]\nname = "north"\n\n[zone]\n')
    assert load_settings(path).zone.distance_max_m == 1.5


def test_an_empty_file_is_enough(path):
    path.write_text("")
    amend(path, "zone", {"polygon": SQUARE})
    assert load_settings(path).zone.polygon == tuple(map(tuple, SQUARE))


def test_the_whole_example_keeps_every_comment(path):
    path.write_text(example())
    amend(path, "zone", {"polygon": SQUARE, "distance_max_m": 1.2, "face_at_1m": 0.2})
    before, after = example().splitlines(), path.read_text().splitlines()
    assert len(before) == len(after)
    changed = [line.partition(" =")[0] for line in after if line not in before]
    assert changed == ["polygon", "distance_max_m", "face_at_1m"]


def test_rights_and_line_ends_and_a_link_stay(path, tmp_path):
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    amend(link, "zone", {"face_min": 0.2})
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == TEXT.count("\n")
    assert load_settings(path).zone.face_min == 0.2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["device.toml", "link.toml"]


@pytest.mark.parametrize(
    "text",
    ["zone = {face_min = 0.2}\n", "zone.face_min = 0.2\n", '["zone"]\nface_min = 0.2\n'],
)
def test_what_it_cannot_change_it_says_and_leaves_alone(path, text):
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"by hand, under \[zone\]: face_min = 0.3"):
        amend(path, "zone", {"face_min": 0.3})
    assert path.read_text() == text


def test_a_value_out_of_bounds_never_reaches_the_file(path):
    with pytest.raises(SettingsError, match=r"zone\.face_min is 7"):
        amend(path, "zone", {"face_min": 7.0})
    assert path.read_text() == TEXT


def test_a_file_that_is_wrong_already_is_left_alone(path):
    path.write_text("[zone]\nface_min = 7.0\n")
    with pytest.raises(SettingsError, match=r"zone\.face_min is 7"):
        amend(path, "zone", {"face_min": 0.2})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_as_a_user(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            amend(path, "zone", {"face_min": 0.2})
    finally:
        path.parent.chmod(0o700)


def test_a_file_that_cannot_be_replaced_is_said_and_stays(path):
    (path.parent / ".device.toml.new").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        amend(path, "zone", {"face_min": 0.2})
    assert path.read_text() == TEXT


words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n", categories=["L", "N", "P"]))


@given(comments=st.lists(words, min_size=4, max_size=4), known=st.booleans())
@settings(deadline=None)
def test_whatever_the_comments_say_they_stay(comments, known):
    first, second, third, last = (f"#{comment}" for comment in comments)
    line = f"face_min = 0.3 {third}\n" if known else ""
    text = f"{first}\n[zone] {second}\n{line}faces_max = 2\n{last}\n"
    fresh = amended(text, "zone", {"face_min": 0.2})
    assert fresh is not None
    assert tomllib.loads(fresh) == {"zone": {"face_min": 0.2, "faces_max": 2}}
    for comment in (first, second, last, *([third] if known else [])):
        assert comment in fresh
