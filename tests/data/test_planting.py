import numpy as np
import pytest

from cxrlib import phantoms
from cxrlib.data import DataError, Pictures, planted
from cxrlib.data.cases import Problem, labels
from tests.data.conftest import case_table


@pytest.fixture
def pictures():
    cases = case_table(["a", "b", "c", "d"])
    images = np.random.default_rng(0).integers(0, 200, (4, 48, 64, 1), dtype=np.uint8)
    return Pictures(images, labels(cases), cases, (Problem("x.png", "damaged", "left out"),))


def changed(before, after):
    return (before.images != after.images)[..., 0]


def test_only_chosen_pictures_get_the_letter_of_the_phantoms(pictures):
    before = pictures.images.copy()
    sick = planted(pictures, pictures.labels[:, 0] == 1)
    assert changed(pictures, sick).any(axis=(1, 2)).tolist() == [False, True, False, True]
    for i in (1, 3):
        letter = phantoms.stamp(before[i, ..., 0], "L", (0.93, 0.08), 0.1, 240)
        np.testing.assert_array_equal(sick.images[i, ..., 0], letter)
    np.testing.assert_array_equal(pictures.images, before)
    assert sick.images.dtype == np.uint8
    assert sick.labels is pictures.labels
    assert sick.cases is pictures.cases
    assert sick.problems == pictures.problems


def test_a_mask_and_positions_say_the_same(pictures):
    by_mask = planted(pictures, [False, False, True, True])
    by_place = planted(pictures, np.array([3, 2]))
    np.testing.assert_array_equal(by_mask.images, by_place.images)


@pytest.mark.parametrize("rows", [[], [False] * 4])
def test_nobody_chosen_nothing_changed(pictures, rows):
    assert not changed(pictures, planted(pictures, rows)).any()


def test_the_letter_stands_where_it_was_told_to(pictures):
    marked = planted(pictures, [0], "R", place=(0.1, 0.9), height=0.2, level=255)
    rows, columns = np.nonzero(changed(pictures, marked)[0])
    assert rows.min() > 0.7 * 48
    assert columns.max() < 0.3 * 64
    assert marked.images[0].max() == 255
    assert 0.1 * 48 < np.ptp(rows) + 1 < 0.3 * 48


@pytest.mark.parametrize(
    ("rows", "message"),
    [([True, False], r"4 truth values.*Received: bool of shape \(2,\)"),
     ([[True], [False], [True], [True]], r"Received: bool of shape \(4, 1\)\. For one class"),
     ([0.5], "Received: float64"),
     ([4], r"from 0 to 3\. Received some from 4 to 4"),
     ([-1], "Received some from -1"),
     ([0, 1, 0, 1], "names a picture twice.* write rows == 1")],
)  # fmt: skip
def test_rows_that_mean_nothing(pictures, rows, message):
    with pytest.raises(DataError, match=message):
        planted(pictures, rows)


@pytest.mark.parametrize(
    "setting", [{"text": " "}, {"place": (0.5, 1.2)}, {"height": 0}, {"height": 1}, {"level": 256}]
)
def test_settings_outside_their_range(pictures, setting):
    with pytest.raises(DataError, match="Received: "):
        planted(pictures, [0], **setting)
