"""Similarities and crops: what is carried where, and how a crop looks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.sense.crop import Cropper
from cuelight.sense.geometry import Fit, Similarity

ANGLES = st.floats(-np.pi, np.pi)
SHIFTS = st.floats(-500, 500)


def similarity(side, degrees, x0, y0):
    turn = np.radians(degrees)
    return Similarity(side * np.cos(turn), side * np.sin(turn), x0, y0)


def smooth(shape=(240, 320), seed=0, blur=3.0):
    noise = np.random.default_rng(seed).random(shape)
    picture = cv2.GaussianBlur(noise, (0, 0), blur)
    return cv2.normalize(picture, None, 5, 250, cv2.NORM_MINMAX).astype(np.uint8)


def cut(image, where, side=112, shrink=None):
    cropper = Cropper(side)
    out = np.full((side, side), 99, np.uint8)
    cropper.cut(image, where, shrink=shrink or cropper.shrink(where), out=out)
    return out


@given(side=st.floats(1, 500), angle=ANGLES, x0=SHIFTS, y0=SHIFTS, seed=st.integers(0, 99))
@settings(max_examples=60)
def test_a_fit_finds_the_similarity_that_moved_the_points(side, angle, x0, y0, seed):
    template = np.random.default_rng(seed).random((7, 2)).astype(np.float32)
    wanted = similarity(side, np.degrees(angle), x0, y0)
    found = Fit(template)(wanted.points(template))
    assert found.distance(wanted) < 1e-3


@given(seed=st.integers(0, 99))
@settings(max_examples=30)
def test_a_fit_is_the_least_squares_one(seed):
    """No small change of turn, scale or shift brings the points closer."""
    rng = np.random.default_rng(seed)
    template, seen = rng.random((7, 2)), 100 * rng.random((7, 2))
    found = Fit(template)(seen.astype(np.float32))

    def error(each):
        turn = np.array([[each.a, -each.b], [each.b, each.a]])
        return float(np.sum((template @ turn.T + [each.x0, each.y0] - seen) ** 2))

    best = error(found)
    for change in np.vstack([np.eye(4), -np.eye(4)]) * 0.05:
        a, b, x0, y0 = np.array([found.a, found.b, found.x0, found.y0]) + change
        assert error(Similarity(a, b, x0, y0)) > best - 1e-3


def test_a_mirrored_face_is_not_fitted_by_mirroring():
    template = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    found = Fit(template)(np.array([[0, 0], [-1, 0], [0, 1]], np.float32))
    assert np.linalg.det(found.matrix[:, :2]) > 0


def test_roll_is_clockwise_as_seen():
    """The top of the head goes to the image's right: the person's left shoulder."""
    turned = similarity(100, 20, 0, 0)
    assert turned.roll_degrees == pytest.approx(20)
    top, bottom = turned.point(0.5, 0.0), turned.point(0.5, 1.0)
    assert top[0] > bottom[0]


def test_matrix_point_and_points_agree():
    where = similarity(80, -30, 12, 34)
    points = np.random.default_rng(2).random((5, 2)).astype(np.float32)
    by_matrix = points @ where.matrix[:, :2].T + where.matrix[:, 2]
    by_point = [where.point(x, y) for x, y in points.tolist()]
    assert where.points(points) == pytest.approx(by_matrix, abs=1e-3)
    assert where.points(points) == pytest.approx(np.array(by_point), abs=1e-3)


def test_distance_is_the_farthest_corner_by_the_side():
    here = similarity(100, 0, 0, 0)
    assert here.distance(similarity(100, 0, 3, 4)) == pytest.approx(0.05)
    assert here.distance(similarity(110, 0, 0, 0)) == pytest.approx(0.1 * np.sqrt(2))
    half = here.moved_towards(similarity(110, 0, 0, 0), 0.5)
    assert half.side == pytest.approx(105)


def test_an_upright_crop_of_its_own_size_is_the_picture_itself():
    image = smooth()
    assert (cut(image, similarity(112, 0, 60, 40)) == image[40:152, 60:172]).all()


@given(
    side=st.floats(60, 190),
    degrees=st.floats(-40, 40),
    x0=st.floats(-80, 250),
    y0=st.floats(-80, 200),
)
@settings(max_examples=60, deadline=None)
def test_a_crop_is_opencvs_bilinear_warp_with_the_border_repeated(side, degrees, x0, y0):
    image = smooth()
    where = similarity(side, degrees, x0, y0)
    matrix = where.matrix.astype(float)
    matrix[:, :2] /= 112
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = cv2.warpAffine(image, matrix, (112, 112), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(cut(image, where, shrink=1).astype(int) - wanted).max() <= 2


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 50), (50, 1), (3, 2), (113, 7)])
@pytest.mark.parametrize("side", [5.0, 112.0, 700.0])
def test_any_picture_can_be_cut_from(width, height, side):
    image = np.full((height, width), 200, np.uint8)
    assert (cut(image, similarity(side, 15, -20, 30)) == 200).all()


@given(
    side=st.floats(40, 450), degrees=st.floats(-40, 40), x0=st.floats(0, 150), y0=st.floats(0, 50)
)
@settings(max_examples=50, deadline=None)
def test_a_crop_of_any_size_lies_where_the_similarity_says(side, degrees, x0, y0):
    """A ramp of brightness tells where each pixel came from, however much it was averaged."""
    rows, columns = np.mgrid[:480, :640]
    image = np.round(columns * 0.2 + rows * 0.25).astype(np.uint8)
    where = similarity(side, degrees, x0 + 80, y0 + 60)
    along, down = np.meshgrid(np.arange(112) / 112, np.arange(112) / 112)
    x, y = where.point(along, down)
    inside = (x > 12) & (x < 628) & (y > 12) & (y < 468)
    difference = cut(image, where) - (x * 0.2 + y * 0.25)
    assert np.abs(difference[inside]).max() < 1.6
    assert abs(difference[inside].mean()) < 0.3


def test_fine_texture_does_not_alias_in_a_large_crop():
    stripes = np.tile(np.array([0, 255], np.uint8), (480, 320))
    crop = cut(stripes, similarity(448, 3, 60, 10))
    assert crop.std() < 12
    assert crop.mean() == pytest.approx(127.5, abs=2)


def test_shrinking_does_not_flicker_between_two_sizes():
    cropper = Cropper(112)
    answers, last = [], 1
    for ratio in (1.0, 1.78, 1.74, 1.78, 1.74, 1.9, 1.78, 1.74, 1.6):
        last = cropper.shrink(similarity(112 * ratio, 0, 0, 0), last)
        answers.append(last)
    assert answers == [1, 1, 1, 1, 1, 2, 2, 2, 1]
