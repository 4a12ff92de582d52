import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cxrlib.data import DataError, occlusion

KEEPING = (occlusion.only_border, occlusion.only_corners, occlusion.without_centre)
SIDES = st.integers(1, 20)
SHARES = st.floats(0.01, 0.49)


@st.composite
def pictures(draw, masks=False):
    shape = (draw(st.integers(0, 3)), draw(SIDES), draw(SIDES))
    kind = draw(st.sampled_from([np.uint8, np.float32]))
    seed = draw(st.integers(0, 9))
    images = np.random.default_rng(seed).integers(1, 256, (*shape, 1)).astype(kind)
    return (images, draw(arrays(bool, shape))) if masks else images


def one(rows):
    return np.array(rows, np.uint8)[None, :, :, None]


def test_what_a_border_and_corners_keep():
    ones = np.ones((1, 5, 8, 1), np.uint8)
    border, corners = occlusion.only_border(ones, 1 / 4), occlusion.only_corners(ones, 1 / 4)
    np.testing.assert_array_equal(
        border,
        one([
            [1, 1, 1, 1, 1, 1, 1, 1],
            [1, 1, 0, 0, 0, 0, 1, 1],
            [1, 1, 0, 0, 0, 0, 1, 1],
            [1, 1, 0, 0, 0, 0, 1, 1],
            [1, 1, 1, 1, 1, 1, 1, 1],
        ]),
    )  # fmt: skip
    np.testing.assert_array_equal(
        corners,
        one([
            [1, 1, 0, 0, 0, 0, 1, 1],
            [0, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0, 1, 1],
        ]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kept"),
    [("full picture", 64**2), ("border only", 64**2 - 52**2), ("corners only", 4 * 12**2),
     ("centre blacked out", 64**2 - 48**2), ("8 × 8 thumbnail", 64**2)],
)  # fmt: skip
def test_defaults_are_those_of_the_audit(name, kept):
    assert occlusion.COVERS[name](np.ones((1, 64, 64, 1), np.uint8)).sum() == kept


def test_a_coarse_picture_has_means_of_squares():
    picture = one([[0, 10, 20, 20, 7], [0, 11, 20, 20, 9], [5, 5, 5, 5, 6]])
    means = np.array([[(10 + 20 + 11 + 20) / 6, (20 + 7 + 20 + 9) / 4], [5, 5.5]])
    expected = means.repeat([2, 1], axis=0).repeat([3, 2], axis=1)
    got = occlusion.coarse(picture.astype(np.float64), 2)[0, ..., 0]
    np.testing.assert_allclose(got, expected)
    np.testing.assert_array_equal(occlusion.coarse(picture, 2)[0, ..., 0], np.rint(expected))


def test_squares_of_one_pixel_change_nothing():
    picture = one([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    np.testing.assert_array_equal(occlusion.coarse(picture, 3), picture)


def test_masks_keep_one_side_each():
    picture, mask = one([[1, 2], [3, 4]]), np.array([[[True, False], [False, True]]])
    np.testing.assert_array_equal(occlusion.only(picture, mask), one([[1, 0], [0, 4]]))
    np.testing.assert_array_equal(occlusion.without(picture, mask), one([[0, 2], [3, 0]]))


def test_a_box_goes_around_all_parts_and_an_empty_mask_stays_empty():
    masks = np.zeros((3, 5, 6), bool)
    masks[0, 1, 2] = masks[0, 3, 4] = masks[1, 4, 0] = True
    expected = np.zeros_like(masks)
    expected[0, 1:4, 2:5] = expected[1, 4, 0] = True
    np.testing.assert_array_equal(occlusion.boxes(masks), expected)


@given(pictures(), SHARES)
def test_kept_pixels_stay_and_the_rest_is_black(images, share):
    before = images.copy()
    for cover in KEEPING:
        seen = cover(images, share)
        assert (seen.dtype, seen.shape) == (images.dtype, images.shape)
        kept = cover(np.ones_like(images), share) == 1
        np.testing.assert_array_equal(seen, images * kept)
        np.testing.assert_array_equal(cover(seen, share), seen)
        assert kept.size == 0 or kept[:, 0, 0].all(), "at least a pixel stays"
    np.testing.assert_array_equal(images, before)


@given(pictures(), st.integers(1, 20))
def test_covering_coarsely_twice_changes_nothing(images, squares):
    squares = min(squares, *images.shape[1:3])
    before = images.copy()
    seen = occlusion.coarse(images, squares)
    assert (seen.dtype, seen.shape) == (images.dtype, images.shape)
    np.testing.assert_array_equal(occlusion.coarse(seen, squares), seen)
    np.testing.assert_array_equal(images, before)
    for image, squared in zip(images, seen, strict=True):
        assert len(np.unique(squared)) <= squares**2
        assert image.min() <= squared.min() <= squared.max() <= image.max()


@given(pictures(masks=True))
def test_inside_and_outside_together_give_the_picture(given_):
    images, masks = given_
    inside, outside = occlusion.only(images, masks), occlusion.without(images, masks)
    assert inside.dtype == outside.dtype == images.dtype
    np.testing.assert_array_equal(inside + outside, images)
    assert not (inside * outside).any()
    np.testing.assert_array_equal(occlusion.only(inside, masks), inside)
    np.testing.assert_array_equal(occlusion.without(outside, masks), outside)


@given(pictures(masks=True))
def test_a_box_is_the_smallest_rectangle(given_):
    _, masks = given_
    for mask, box in zip(masks, occlusion.boxes(masks), strict=True):
        assert (box | ~mask).all(), "it holds the mask"
        expected = np.zeros_like(mask)
        if mask.any():
            (top, left), (bottom, right) = np.argwhere(mask).min(0), np.argwhere(mask).max(0)
            expected[top : bottom + 1, left : right + 1] = True
        np.testing.assert_array_equal(box, expected)


def test_what_is_not_a_number_is_covered_too():
    picture = np.full((1, 8, 8, 1), np.nan, np.float32)
    assert np.isnan(occlusion.only_corners(picture, 1 / 8)).sum() == 4


@pytest.mark.parametrize("cover", occlusion.COVERS.values())
def test_pictures_of_another_shape_or_type(cover):
    with pytest.raises(DataError, match=r"\(N, H, W, 1\)\. Received: \(9, 9\)\. For one grey"):
        cover(np.ones((9, 9), np.uint8))
    with pytest.raises(DataError, match=r"Received: \(2, 9, 9, 3\)"):
        cover(np.ones((2, 9, 9, 3), np.uint8))
    with pytest.raises(DataError, match=r"uint8 or float\. Received: int64"):
        cover(np.ones((2, 9, 9, 1), np.int64))


@pytest.mark.parametrize("cover", KEEPING)
@pytest.mark.parametrize("share", [0, 0.5, -0.1, 6, float("nan")])
def test_a_share_lies_between_nothing_and_a_half(cover, share):
    with pytest.raises(DataError, match=r"between 0 and 0\.5 .* Received: "):
        cover(np.ones((1, 9, 9, 1), np.uint8), share)


@pytest.mark.parametrize("squares", [0, 8, 2.5])
def test_no_more_squares_than_pixels(squares):
    with pytest.raises(DataError, match=r"from 1 to 7, the pictures' shorter side"):
        occlusion.coarse(np.ones((1, 9, 7, 1), np.uint8), squares)


@pytest.mark.parametrize("cover", [occlusion.only, occlusion.without])
def test_masks_that_do_not_fit(cover):
    images = np.ones((2, 9, 9, 1), np.uint8)
    with pytest.raises(DataError, match=r"shape \(2, 9, 9\)\. Received: \(2, 8, 9\)\. Read both"):
        cover(images, np.ones((2, 8, 9), bool))
    with pytest.raises(DataError, match=r"must be bool .* Received: uint8 .* write > 127"):
        cover(images, np.ones((2, 9, 9), np.uint8))
    with pytest.raises(DataError, match=r"of shape \(2, 9, 9, 1\)"):
        occlusion.boxes(np.ones((2, 9, 9, 1), bool))
