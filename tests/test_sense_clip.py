"""Clips and pictures: true times, grey as the camera's, and a clear word on whatever is broken."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from cuelight.errors import InputError
from cuelight.sense.clip import open_clip
from cuelight.sense.picture import read_image

CLIPS = Path(__file__).resolve().parents[1] / "clips"


def write_video(path, *, frames=20, fps=25.0, size=(96, 64), fourcc="mp4v"):
    """A video whose brightness rises by ten a frame, brighter in the lower half."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, size)
    assert writer.isOpened()
    for number in range(frames):
        picture = np.full((size[1], size[0], 3), 10 * number, np.uint8)
        picture[size[1] // 2 :] += 50
        writer.write(picture)
    writer.release()
    return path


@pytest.mark.parametrize(("name", "fourcc"), [("a.mp4", "mp4v"), ("a.avi", "MJPG")])
def test_a_video_gives_every_frame_at_its_time(tmp_path, name, fourcc):
    path = write_video(tmp_path / name, fourcc=fourcc)
    with open_clip(path) as clip:
        frames = list(clip)
        assert clip.fps == pytest.approx(25.0)
        assert clip.size == (96, 64)
    assert [frame.timestamp for frame in frames] == pytest.approx(np.arange(20) / 25.0)
    for number, frame in enumerate(frames):
        assert frame.image.shape == (64, 96)
        assert frame.image.dtype == np.uint8
        assert frame.image[:28].mean() == pytest.approx(10 * number, abs=4)


def test_step_two_is_every_second_frame(tmp_path):
    path = write_video(tmp_path / "a.mp4")
    with open_clip(path) as clip, open_clip(path, step=2) as half:
        every, second = list(clip), list(half)
        assert half.fps == pytest.approx(12.5)
    assert [frame.timestamp for frame in second] == [frame.timestamp for frame in every[::2]]
    for one, other in zip(every[::2], second, strict=True):
        assert (one.image == other.image).all()


def test_a_clip_can_be_played_again_from_its_start(tmp_path):
    with open_clip(write_video(tmp_path / "a.mp4")) as clip:
        first = next(iter(clip))
        again = list(clip)
    assert (first.image == again[0].image).all()
    assert len(again) == 20


@pytest.mark.parametrize("name", ["actress.mp4", "smile.mp4", "no_face.mp4", "face_noface.mov"])
def test_sample_clips_have_times_that_rise_from_zero(name):
    with open_clip(CLIPS / name) as clip:
        times = [frame.timestamp for frame in clip]
    steps = np.diff(times)
    assert times[0] == 0.0
    assert (steps > 0).all()
    assert np.median(steps) == pytest.approx(1 / clip.fps, rel=0.25)


def test_a_variable_frame_rate_stays_true():
    """The phone's clip alternates between 1/24 and 1/30 s; its mean rate would hide that."""
    with open_clip(CLIPS / "face_noface.mov") as clip:
        steps = np.diff([frame.timestamp for frame in clip])
    assert np.isclose(steps, 1 / 24, atol=1e-4).sum() > 60
    assert np.isclose(steps, 1 / 30, atol=1e-4).sum() > 60


class Times:
    """A source with the times that a broken container may give."""

    path = Path("odd.mp4")
    fps = 10.0
    size = (2, 2)

    def __init__(self, times):
        self.times = times
        self.expected = len(times)

    def pictures(self, step):
        for time in self.times:
            yield np.zeros((2, 2), np.uint8), time


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([-0.5, -0.4, -0.2], [0.0, 0.1, 0.3]),
        ([3.0, 3.1, 3.1, 3.1], [0.0, 0.1, 0.2, 0.3]),
        ([0.0, 0.1, 0.05, 0.4], [0.0, 0.1, 0.2, 0.4]),
    ],
)
def test_times_that_repeat_or_turn_back_are_put_right(given, wanted):
    from cuelight.sense.clip import Clip

    assert [frame.timestamp for frame in Clip(Times(given), step=1)] == pytest.approx(wanted)


def test_a_stored_rotation_is_honoured(tmp_path):
    path = write_video(tmp_path / "a.mp4")
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # the track header's matrix, version 0
    quarter = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    content[at : at + 36] = quarter
    path.write_bytes(content)
    with open_clip(path) as clip:
        image = list(clip)[5].image
        assert clip.size == (64, 96)
    assert image.shape == (96, 64)
    # turned clockwise, the brighter lower half is on the left
    assert image[:, :28].mean() > image[:, 36:].mean() + 40


def test_colour_becomes_the_cameras_luma(tmp_path):
    """Full-range ITU-R BT.601, as libcamera's sYCC: Y = 0.299 R + 0.587 G + 0.114 B."""
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    picture = np.repeat(np.repeat(blocks, 16, axis=0), 16, axis=1)
    wanted = picture[:, :, ::-1] @ np.array([0.299, 0.587, 0.114])
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert np.abs(read_image(tmp_path / "a.png") - wanted).max() <= 1.0
    writer = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, picture.shape[1::-1]
    )
    for _ in range(3):
        writer.write(picture)
    writer.release()
    with open_clip(tmp_path / "a.avi") as clip:
        seen = next(iter(clip)).image
    # compressed, so compare the blocks' middles
    assert np.abs(seen[8::16, 8::16].astype(float) - wanted[8::16, 8::16]).mean() < 4


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No clip at"),
        (b"", "is empty"),
        (b"not a video at all" * 100, "is no video that can be read"),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path, content, complaint):
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=complaint) as error:
        open_clip(path)
    assert str(path) in str(error.value)


def test_a_clip_whose_index_is_cut_off_is_refused_in_one_line(tmp_path):
    """In a process of its own, where OpenCV's native complaints would reach stderr."""
    whole = write_video(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    code = (
        "import sys; from pathlib import Path; from cuelight.sense.clip import open_clip\n"
        "try: open_clip(Path(sys.argv[1]))\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "half.mp4"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cut short" in done.stdout
    assert done.stderr == ""


def test_a_clip_that_breaks_midway_gives_what_came_before_and_says_so(tmp_path, caplog):
    whole = (CLIPS / "actress.mp4").read_bytes()  # its index comes first
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    with open_clip(tmp_path / "half.mp4") as clip:
        frames = list(clip)
    assert 100 < len(frames) < 400
    (record,) = caplog.records
    assert f"breaks off after {len(frames)} of about 472 frames" in record.getMessage()


def test_a_whole_clip_says_nothing(caplog):
    with open_clip(CLIPS / "no_face.mp4") as clip:  # its container counts three frames too many
        assert len(list(clip)) == 95
    assert not caplog.records


def test_step_must_be_positive(tmp_path):
    with pytest.raises(InputError, match="step is 0"):
        open_clip(tmp_path, step=0)


def test_a_folder_of_images_plays_in_the_order_of_its_numbers(tmp_path):
    for number in (1, 2, 10, 11):
        cv2.imwrite(str(tmp_path / f"frame_{number}.png"), np.full((8, 12), number, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    with open_clip(tmp_path) as clip:
        frames = list(clip)
        assert clip.size == (12, 8)
    assert [int(frame.image[0, 0]) for frame in frames] == [1, 2, 10, 11]
    assert [frame.timestamp for frame in frames] == pytest.approx(np.arange(4) / 30.0)
    with open_clip(tmp_path, step=2) as half:
        assert [int(frame.image[0, 0]) for frame in half] == [1, 10]


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(InputError, match="No pictures in the folder"):
        open_clip(tmp_path)


def test_a_broken_picture_ends_a_folder_with_a_warning(tmp_path, caplog):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((8, 8), np.uint8))
    (tmp_path / "1.png").write_bytes(b"broken")
    with open_clip(tmp_path) as clip:
        assert len(list(clip)) == 1
    assert "1.png is no picture" in caplog.text


def test_pictures_of_two_sizes_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((8, 8), np.uint8))
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 9), np.uint8))
    with open_clip(tmp_path) as clip, pytest.raises(InputError, match="9 x 8 pixels"):
        list(clip)


def gradient():
    """Dark at the top left, wider than high."""
    return np.add.outer(np.arange(40) * 2, np.arange(60) * 2).astype(np.uint8)


def test_exif_orientation_is_honoured(tmp_path):
    good, jpeg = cv2.imencode(".jpg", gradient(), [cv2.IMWRITE_JPEG_QUALITY, 98])
    assert good
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)  # 6: turn right
    exif = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "a.jpg").write_bytes(jpeg.tobytes()[:2] + segment + jpeg.tobytes()[2:])
    seen = read_image(tmp_path / "a.jpg")
    assert seen.shape == (60, 40)
    assert np.abs(seen.astype(int) - np.rot90(gradient(), -1)).mean() < 2


def test_sixteen_bits_and_transparency_are_read(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), gradient().astype(np.uint16) * 257)
    assert np.abs(read_image(tmp_path / "deep.png").astype(int) - gradient()).max() <= 1
    clear = np.dstack([gradient()] * 3 + [np.full((40, 60), 128, np.uint8)])
    cv2.imwrite(str(tmp_path / "clear.png"), clear)
    assert np.abs(read_image(tmp_path / "clear.png").astype(int) - gradient()).max() <= 1


def test_a_name_beyond_ascii_is_read(tmp_path):
    good, png = cv2.imencode(".png", gradient())
    assert good
    (tmp_path / "Gesicht-ä-顔.png").write_bytes(png.tobytes())
    assert (read_image(tmp_path / "Gesicht-ä-顔.png") == gradient()).all()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "Cannot read the picture"),
        (b"", "is empty"),
        (b"GIF89a nonsense", "is no picture"),
        (b"\x89PNG\r\n\x1a\n" + zlib.compress(b"nonsense"), "is no picture"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, content, complaint):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        read_image(tmp_path / "a.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)
