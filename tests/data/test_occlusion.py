import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from cxrlib import phantoms
from cxrlib.data import DataError, ImageSet, add_marker, occlusion
from cxrlib.data.cases import Problem, labels
from tests.data.conftest import case_table

KEEPING = (occlusion.keep_border, occlusion.keep_corners, occlusion.mask_center)
SHARES = st.floats(0.01, 0.49)


@st.composite
def images(draw, masks=False, least=1):
    shape = (draw(st.integers(0, 3)), *(draw(st.integers(least, 20)) for _ in range(2)))
    kind = draw(st.sampled_from([np.uint8, np.float32]))
    images = np.random.default_rng(draw(st.integers(0, 9))).integers(1, 256, (*shape, 1))
    return (images.astype(kind), draw(arrays(bool, shape))) if masks else images.astype(kind)


def one(rows):
    return np.array(rows, np.uint8)[None, :, :, None]


def test_what_a_border_and_corners_keep():
    ones = np.ones((1, 5, 8, 1), np.uint8)
    border = np.ones((5, 8), np.uint8)
    border[1:4, 2:6] = 0
    np.testing.assert_array_equal(occlusion.keep_border(ones, 1 / 4), one(border))
    corners = np.zeros((5, 8), np.uint8)
    corners[[[0], [4]], [0, 1, 6, 7]] = 1
    np.testing.assert_array_equal(occlusion.keep_corners(ones, 1 / 4), one(corners))


@pytest.mark.parametrize(
    ("name", "kept"),
    [("full image", 64**2), ("border only", 64**2 - 52**2), ("corners only", 4 * 12**2),
     ("centre blacked out", 64**2 - 48**2), ("8 × 8 thumbnail", 64**2)],
)  # fmt: skip
def test_defaults_are_those_of_the_audit(name, kept):
    assert occlusion.OCCLUSIONS[name](np.ones((1, 64, 64, 1), np.uint8)).sum() == kept


def test_a_coarse_image_has_means_of_squares():
    small = np.arange(64.0).reshape(8, 8)
    large = small.repeat([2] + [1] * 7, axis=0).repeat([3] + [1] * 7, axis=1)
    wobble = np.zeros_like(large)
    wobble[0, :3], wobble[1, :3] = 0.25, -0.25
    got = occlusion.pixelate((large + wobble)[None, ..., None])[0, ..., 0]
    places = [np.arange(n) * 8 // n for n in large.shape]  # 0, 0, 1 … and 0, 0, 1, 2 …
    for row in range(8):
        for column in range(8):
            square = np.ix_(places[0] == row, places[1] == column)
            np.testing.assert_allclose(got[square], (large + wobble)[square].mean())
    whole = small.astype(np.uint8)
    np.testing.assert_array_equal(occlusion.pixelate(one(whole)), one(whole))
    assert occlusion.pixelate(one(np.array([[0, 1]] * 8).repeat(8, axis=1))).dtype == np.uint8


def test_masks_keep_one_side_each():
    image, mask = one([[1, 2], [3, 4]]), np.array([[[True, False], [False, True]]])
    np.testing.assert_array_equal(occlusion.keep_region(image, mask), one([[1, 0], [0, 4]]))
    np.testing.assert_array_equal(occlusion.mask_out(image, mask), one([[0, 2], [3, 0]]))


@given(images(), SHARES)
@settings(max_examples=40)
def test_kept_pixels_stay_and_the_rest_is_black(images, share):
    before = images.copy()
    for cover in KEEPING:
        seen = cover(images, share)
        assert (seen.dtype, seen.shape) == (images.dtype, images.shape)
        kept = cover(np.ones_like(images), share) == 1
        np.testing.assert_array_equal(seen, images * kept)
        assert kept.size == 0 or kept[:, 0, 0].all(), "at least a pixel stays"
    np.testing.assert_array_equal(images, before)


@given(images(least=8))
@settings(max_examples=40)
def test_covering_coarsely_twice_changes_nothing(images):
    seen = occlusion.pixelate(images)
    assert (seen.dtype, seen.shape) == (images.dtype, images.shape)
    np.testing.assert_array_equal(occlusion.pixelate(seen), seen)
    for image, squared in zip(images, seen, strict=True):
        assert image.min() <= squared.min() <= squared.max() <= image.max()


@given(images(masks=True))
@settings(max_examples=40)
def test_a_box_is_the_smallest_rectangle(given_):
    _, masks = given_
    for mask, box in zip(masks, occlusion.bounding_box_masks(masks), strict=True):
        expected = np.zeros_like(mask)
        if mask.any():
            (top, left), (bottom, right) = np.argwhere(mask).min(0), np.argwhere(mask).max(0)
            expected[top : bottom + 1, left : right + 1] = True
        np.testing.assert_array_equal(box, expected)


def test_what_is_not_a_number_is_covered_too():
    image = np.full((1, 8, 8, 1), np.nan, np.float32)
    assert np.isnan(occlusion.keep_corners(image, 1 / 8)).sum() == 4


@pytest.mark.parametrize("cover", occlusion.OCCLUSIONS.values())
def test_images_of_another_shape_or_type(cover):
    with pytest.raises(DataError, match=r"\(N, H, W, 1\), got \(9, 9\)\. For one grey"):
        cover(np.ones((9, 9), np.uint8))
    with pytest.raises(DataError, match=r"uint8 or float, got int64"):
        cover(np.ones((2, 9, 9, 1), np.int64))


@pytest.mark.parametrize("share", [0, 0.5, -0.1, 6, float("nan")])
def test_a_share_lies_between_nothing_and_a_half(share):
    for cover in KEEPING:
        with pytest.raises(DataError, match=r"between 0 and 0\.5 .* got "):
            cover(np.ones((1, 9, 9, 1), np.uint8), share)
    with pytest.raises(DataError, match="at least 8 pixels a side, got 9 × 7"):
        occlusion.pixelate(np.ones((1, 9, 7, 1), np.uint8))


@pytest.mark.parametrize("cover", [occlusion.keep_region, occlusion.mask_out])
def test_masks_that_do_not_fit(cover):
    images = np.ones((2, 9, 9, 1), np.uint8)
    with pytest.raises(DataError, match=r"shape \(2, 9, 9\), got \(2, 8, 9\)\. Read both"):
        cover(images, np.ones((2, 8, 9), bool))
    with pytest.raises(DataError, match=r"masks of bool, .* got uint8 .* write > 127"):
        cover(images, np.ones((2, 9, 9), np.uint8))


# ---- add_marker letters


@pytest.fixture
def images():
    cases = case_table(["a", "b", "c", "d"])
    images = np.random.default_rng(0).integers(0, 200, (4, 48, 64, 1), dtype=np.uint8)
    return ImageSet(images, labels(cases), cases, (Problem("x.png", "damaged", "left out"),))


def changed(before, after):
    return (before.images != after.images)[..., 0]


def test_only_chosen_images_get_the_letter_of_the_phantoms(images):
    before = images.images.copy()
    sick = add_marker(images, images.labels[:, 0] == 1)
    assert changed(images, sick).any(axis=(1, 2)).tolist() == [False, True, False, True]
    letter = phantoms.draw_marker(before[3, ..., 0], "L", (0.93, 0.08), 0.1, 240)
    np.testing.assert_array_equal(sick.images[3, ..., 0], letter)
    np.testing.assert_array_equal(images.images, before)
    assert sick.labels is images.labels
    assert sick.problems == images.problems
    np.testing.assert_array_equal(add_marker(images, np.array([3, 1])).images, sick.images)
    assert not changed(images, add_marker(images, [])).any()


@pytest.mark.parametrize(
    ("rows", "got"),
    [([True, False], r"bool of shape \(2,\)"), ([0.5], r"float64 of shape \(1,\)"),
     ([4], "1 from 4 to 4"), ([-1], "1 from -1 to -1"), ([0, 1, 0, 1], "4 from 0 to 1")],
)  # fmt: skip
def test_rows_that_mean_nothing(images, rows, got):
    with pytest.raises(DataError, match=rf"4 truth values.* each named once, got {got}\."):
        add_marker(images, rows)
