from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.data import DataError, read_masks, read_pictures
from cxrlib.data.masks import same_shape
from cxrlib.data.validation import drop_misfits
from tests.data.conftest import case_table, picture


def outline(path, size=(24, 20), inside=255, mode="L"):
    """Write a mask whose upper left quarter is inside."""
    pixels = np.zeros(size[::-1], np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = inside
    Image.fromarray(pixels).convert(mode).save(path)
    return str(path)


@pytest.fixture
def cases(tmp_path):
    """Two pictures of 24 × 20 pixels: a mask of their size, and one four times as large."""
    table = case_table(["a", "b"])
    table["path"] = [str(picture(tmp_path / f"{i}.png", i)) for i in range(2)]
    sizes = ((24, 20), (96, 80))
    table["mask_path"] = [outline(tmp_path / f"{i}_mask.png", s) for i, s in enumerate(sizes)]
    return table


def with_mask(cases, path):
    return cases.assign(mask_path=[cases.mask_path[0], path])


def test_masks_lie_on_their_pictures(cases):
    masks = read_masks(cases, 24)
    assert (masks.dtype, masks.shape) == (bool, read_pictures(cases, 24).images.shape[:3])
    expected = np.zeros((24, 24), bool)
    expected[2:12, :12] = True  # two rows of padding above the 20 of the picture
    np.testing.assert_array_equal(masks[0], expected)
    np.testing.assert_array_equal(masks[1], expected)


def test_masks_are_fitted_as_the_pictures_are(cases):
    squashed = read_masks(cases, 12, fit="squash")
    assert squashed[:, :6, :6].all()
    assert squashed.sum() == 2 * 36


def test_rows_keep_their_order_whatever_their_index(cases, tmp_path):
    other = outline(tmp_path / "empty.png", inside=0)
    table = with_mask(cases, other).set_axis([7, 3])
    assert read_masks(table, 24).any(axis=(1, 2)).tolist() == [True, False]
    assert read_masks(table[::-1], 24).any(axis=(1, 2)).tolist() == [False, True]


def test_other_columns_and_kinds_of_files(cases, tmp_path):
    lesions = [outline(tmp_path / f"{i}.lesion.png", mode="1P"[i]) for i in range(2)]
    table = cases.assign(lesion_path=lesions)
    np.testing.assert_array_equal(read_masks(table, 24, "lesion_path"), read_masks(cases, 24))


@pytest.mark.parametrize("size", [(20, 24), (24, 18), (22, 20), (96, 84)])
def test_a_mask_of_another_shape_is_refused(cases, tmp_path, size):
    wrong = with_mask(cases, outline(tmp_path / "other.png", size))
    with pytest.raises(DataError) as error:
        read_masks(wrong, 24)
    said = str(error.value)
    assert said.startswith(wrong.mask_path[1])
    assert f"is {size[0]}×{size[1]}, expected 24×20" in said
    assert said.endswith(f"Picture: {wrong.path[1]}, 24×20.")


@pytest.mark.parametrize(
    ("mask", "picture", "same"),
    [((24, 20), (24, 20), True), ((512, 427), (1024, 853), True), ((512, 427), (1024, 860), False),
     ((100, 100), (1000, 1009), True), ((100, 100), (1000, 1020), False)],
)  # fmt: skip
def test_proportions_are_the_same_to_less_than_a_pixel(mask, picture, same):
    assert same_shape(mask, picture) is same


def test_a_row_without_a_mask(cases):
    for nothing in (pd.NA, np.nan, None):
        with pytest.raises(DataError) as error:
            read_masks(with_mask(cases, nothing), 24)
        said = str(error.value)
        assert (
            f"1 of 2 pictures have no mask in 'mask_path' (first: {cases.path[1]}, 24×20)" in said
        )
        assert "cases[cases['mask_path'].notna()]" in said


def test_a_file_that_cannot_be_read(cases, tmp_path):
    (tmp_path / "text.png").write_text("not a mask")
    whole = Path(cases.mask_path[1]).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[:60])
    for name, what in (
        ("gone", "no such file"),
        ("text", "not a JPEG or PNG"),
        ("half", "damaged"),
    ):
        path = str(tmp_path / f"{name}.png")
        with pytest.raises(DataError, match=what) as error:
            read_masks(with_mask(cases, path), 24)
        assert str(error.value).startswith(path)
        assert str(error.value).endswith(f"Picture: {cases.path[1]}, 24×20.")


def test_a_mask_of_zeros_and_ones_is_no_empty_mask(cases, tmp_path):
    dark = with_mask(cases, outline(tmp_path / "dark.png", inside=1))
    with pytest.raises(DataError, match="the brightest value of this mask is 1; expected 0 out"):
        read_masks(dark, 24)


def test_bad_arguments(cases):
    with pytest.raises(DataError, match="missing column 'lesion_path'"):
        read_masks(cases, 24, "lesion_path")
    with pytest.raises(DataError, match="`fit` must be one of pad, squash"):
        read_masks(cases, 24, fit="crop")
    with pytest.raises(DataError, match=r"`size` must be a positive whole number.*Received: 0$"):
        read_masks(cases, 0)


def test_what_loading_keeps_can_be_read(cases):
    rows = cases.to_dict("records")
    kept = drop_misfits(rows)
    assert [p.action for p in kept] == ["kept"]
    assert read_masks(pd.DataFrame(rows), 24).any(axis=(1, 2)).all()
