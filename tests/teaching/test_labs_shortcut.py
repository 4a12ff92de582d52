import base64
import re

import numpy as np
import pytest

from cxrlib.teaching import labs
from cxrlib.teaching.labs import shortcut as lab_module
from tests.book.lab_pages import MOST, bands, corner, cover, make_image, shortcut
from tests.teaching.test_labs import config

FOUR = ("normal", "bacterial", "viral", "covid")


def stored(lab, which):
    """Return one image's probabilities as the page reads them, (sets, classes)."""
    known = config(lab)
    bytes_ = base64.b64decode(known["cases"][which]["covers"][0]["probabilities"])
    others = np.frombuffer(bytes_, "<u2").reshape(len(known["class_names"]) - 1, -1).T / 65_535
    return np.column_stack([1 - others.sum(axis=1), others])


@pytest.mark.parametrize(
    ("predict", "names", "rows", "columns", "fill"),
    [(corner, FOUR[:2], 4, 3, 0), (bands, FOUR, 3, 2, "mean"), (bands, FOUR, 2, 5, 99.5)],
)
def test_stored_numbers_are_the_network_s(predict, names, rows, columns, fill):
    images = np.stack([make_image(50, 37), make_image(50, 37)[::-1]])
    lab = labs.shortcut_lab(images, predict, names, rows=rows, columns=columns, fill_value=fill)
    for i, one in enumerate(images):
        found = stored(lab, i)
        assert len(found) == 2 ** (rows * columns)
        some = np.random.default_rng(i).choice(len(found), 60)
        grey = one.mean() if fill == "mean" else fill
        made = np.stack([cover(one, covered, rows, columns, grey) for covered in some])
        expected = predict(made[..., None])
        if len(names) == 2:
            expected = np.column_stack([1 - expected, expected])
        np.testing.assert_allclose(found[some], expected, atol=5e-5)


def test_a_keras_model_is_asked_as_it_is():
    from cxrlib import models

    model = models.pooled_cnn((32, 32, 1), (2, 4), seed=0)
    one = make_image(32, 32)
    found = stored(labs.shortcut_lab(one[None, ..., None], model, ("a", "b")), 0)
    some = [0, 5, 1000, 4095]
    made = np.stack([cover(one, covered) for covered in some])[..., None]
    np.testing.assert_allclose(found[some, 1], model.predict(made, verbose=0)[:, 0], atol=1e-3)


def test_the_square_it_used_is_found():
    black = [case["covers"][0] for case in config(shortcut())["cases"]]
    found = [(cover["most"], cover["least"]) for cover in black]
    # In the first, 0.75 and more falls below 0.5; the others answer normal, and all that can be
    # covered speaks against it.
    assert found == [(MOST, 1 << MOST), (None, None), (None, None)]


@pytest.mark.parametrize("seed", range(4))
def test_most_used_and_least_set_by_brute_force(seed):
    rng = np.random.default_rng(seed)
    others = rng.integers(0, 20_000, (64, 2)) * [1, 2]
    table = np.column_stack([65_535 - others.sum(axis=1), others])
    given = table[0].argmax()
    drops = [table[0, given] - table[1 << i, given] for i in range(6)]
    expected = int(np.argmax(drops)) if max(drops) >= 655.35 else None
    assert lab_module.most_influential_square(table) == expected
    found = lab_module.smallest_flipping_set(table)
    changing = [m for m in range(64) if table[m].argmax() != given]
    fewest = min(m.bit_count() for m in changing)
    tied = [m for m in changing if m.bit_count() == fewest]
    assert found in tied
    assert table[found, given] == min(table[m, given] for m in tied)


def test_lungs_are_covered_by_the_fewest_squares():
    for case in config(shortcut())["cases"]:
        assert case["lungs"] == sum(1 << i for i in (3, 5, 6, 8))
        assert case["shares"] == [0.25 if i in (3, 5, 6, 8) else 0 for i in range(12)]
    known = np.array([0.5, 0.3, 0.2, 0])
    assert lab_module.smallest_lung_set(known) == 0b11


def test_without_masks_lungs_lie_left_and_right_of_the_middle():
    assert lab_module.usual_lung_set(3, 3) == 0b101101
    assert lab_module.usual_lung_set(4, 3) == 0b101101101


def test_it_opens_where_the_fewest_squares_change_the_answer():
    def table(*first):  # the share of class 0 for no, one, the other, both squares covered
        return np.column_stack([np.array(first), 65_535 - np.array(first)])

    never, both = table(60_000, 50_000, 50_000, 50_000), table(60_000, 50_000, 50_000, 9)
    one, surer = table(40_000, 9, 50_000, 9), table(50_000, 9, 50_000, 9)
    assert lab_module.easiest_to_flip([[never, both], [both, never]]) == (0, 1)
    assert lab_module.easiest_to_flip([[never, one], [surer, one]]) == (1, 0)


def test_at_most_64_images_at_once_and_each_set_once():
    sizes = []

    def watched(batch):
        assert batch.dtype == np.float32
        sizes.append(len(batch))
        return corner(batch)

    shortcut(watched)
    assert max(sizes) == 64
    assert sum(sizes) == 2 * 3 * 4096  # black, and the mean grey


def test_six_large_images_of_four_classes_stay_below_700_kb():
    images = np.random.default_rng(0).integers(0, 256, (6, 128, 128), dtype=np.uint8)
    cheap = np.tile([0.1, 0.2, 0.3, 0.4], (64, 1))
    page = labs.shortcut_lab(images, lambda batch: cheap[: len(batch)], FOUR)._repr_html_()
    assert len(page.encode()) < 700_000


def test_labels_of_every_kind_and_names_with_tags():
    for given in ([1, 0, 0], [[1.0], [0.0], [0.0]], [[0, 1], [1, 0], [1, 0]]):
        assert [c["label"] for c in config(shortcut(labels=given))["cases"]] == [1, 0, 0]
    assert "label" not in config(shortcut(labels=None))["cases"][0]
    lab = shortcut(names=("<i>", "x"), titles=["<u>", "b", "c"])
    page = lab._repr_html_()
    assert "<i>" not in page
    assert "<u>" not in page


def test_the_still_says_what_the_network_answers():
    text = re.sub(r"<[^>]+>", " ", shortcut().fallback)
    first = corner(np.float32(255) * np.ones((1, 48, 36, 1)))[0, 0]
    assert 0.75 < first < 1
    assert re.search(r"A: the network answers pneumonia, 0\.\d{3}, its label is pneumonia\.", text)
    assert "diagnos" not in text


X = make_image(20, 20)[None]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"images": X[0]}, r"\(N, H, W, 1\), got shape \(20, 20\).*images\[:1\]"),
        ({"images": np.repeat(X, 7, 0)}, r"1 to 6 grey images.*\(7, 20, 20\)"),
        ({"images": np.zeros((1, 20, 20, 3))}, r"\(1, 20, 20, 3\)"),
        ({"images": np.zeros((1, 224, 224))}, r"16 to 128 pixels a side, got \(224, 224\)"),
        ({"images": np.zeros((1, 15, 20))}, "16 to 128 pixels a side"),
        ({"images": X / 255.0}, r"0 \(black\) to 255"),
        ({"class_names": ["a"]}, "2 to 4 different texts"),
        ({"class_names": [*"abcde"]}, "2 to 4 different texts"),
        ({"class_names": ["a", "a"]}, "2 to 4 different texts"),
        ({"predict": 0.5}, "Keras model or a function, got float"),
        ({"rows": 4, "columns": 4}, r"at most 12 squares, got 4 × 4 = 16.*65,536 times"),
        ({"rows": 1}, "`rows` as one of 2"),
        ({"columns": 2.0}, "`columns`"),
        ({"fill_value": 256}, "`fill_value` as a number from 0 to 255"),
        ({"fill_value": "black"}, "got 'black'"),
        ({"labels": [2]}, "`labels` as 1 whole numbers from 0 to 1"),
        ({"labels": [0, 1]}, r"got shape \(2,\)"),
        ({"labels": [0.5]}, "`labels`"),
        ({"masks": np.ones((1, 9, 9), bool)}, r"shape \(1, 20, 20\).*\(1, 9, 9\)"),
        ({"masks": np.zeros((1, 20, 20), bool)}, "none of them empty"),
        ({"titles": ["a", "b"]}, "`titles` as 1 different texts"),
        ({"titles": "abc"}, "`titles`"),
    ],
)
def test_bad_images_and_settings(given, says):
    usual = {"images": X, "predict": corner, "class_names": ["a", "b"]}
    with pytest.raises(ValueError, match=says):
        labs.shortcut_lab(**usual | given)


@pytest.mark.parametrize(
    ("answer", "names", "says"),
    [
        (np.full((64, 1), 1.5), "ab", r"add up to 1, got 1\.5 to 1\.5.*sigmoid"),
        (np.full((64, 1), np.nan), "ab", "from 0 to 1"),
        (np.full((64, 3), 0.5), "abc", r"add up to 1, got 0\.5 to 0\.5 with sums from 1\.5"),
        (np.full((64, 4), 0.25), "abc", r"shape \(64, 3\).*got \(64, 4\)"),
        (np.full((64, 1), 0.25), "abc", r"for 3 class names, got \(64, 1\)"),
        (np.full(64, 0.5), "ab", r"shape \(64, 1 or 2\).*got \(64,\)"),
        (np.full((3, 1), 0.5), "ab", r"got \(3, 1\)"),
    ],
)
def test_bad_answers(answer, names, says):
    with pytest.raises(ValueError, match=says):
        labs.shortcut_lab(X, lambda batch: answer, list(names))
