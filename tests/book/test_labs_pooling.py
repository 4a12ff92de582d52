"""pooling_lab in a real browser, against NumPy and Keras."""

import numpy as np
import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import assert_numbers, choose, make_image, slide, value, values


def keras_pool(x, size, stride, kind):
    import keras

    layer = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind]
    pooled = layer(size, strides=stride)(x[None, :, :, None].astype("float32"))
    return np.asarray(pooled)[0, :, :, 0]


def test_every_setting_gives_the_numbers_of_keras(show_one):
    x = make_image()
    lab = show_one(labs.pooling_lab(x, translate_x=0))
    for label, kind in (("average", "average"), ("maximum", "max")):
        choose(lab, "Keep the", label)
        for size in (2, 3, 4):
            choose(lab, "Size", str(size))
            assert_numbers(lab, keras_pool(x, size, None, kind))
            for stride in (1, 2, 3, 4):
                choose(lab, "Stride", str(stride))
                assert_numbers(lab, keras_pool(x, size, stride, kind))


def test_the_share_that_changes_is_that_of_numpy(show_one):
    x = make_image()
    lab = show_one(labs.pooling_lab(x, translate_x=0))
    for right, down in ((0, 0), (1, 0), (4, 0), (0, 3), (2, 1)):
        slide(lab, right, down)
        moved = np.pad(x, ((down, 0), (right, 0)), mode="edge")[: x.shape[0], : x.shape[1]]
        before, after = (keras_pool(one, 2, 2, "max") for one in (x, moved))
        assert_numbers(lab, after)
        shares = [float(e.get_attribute("data-share")) for e in lab.locator("[data-share]").all()]
        pixels = np.mean(np.abs(moved.astype(float) - x) > 25.5)
        assert shares == pytest.approx([pixels, np.mean(np.abs(after - before) > 25.5)], abs=1e-9)
    assert shares[0] > 0


def test_the_square_is_written_out(show_one):
    x = make_image().astype(float)
    lab = show_one(labs.pooling_lab(x, translate_x=0, pool_size=3, mode="average"))
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowDown"):
        lab.locator(".lab-view").first.press(key)
        row, column = map(int, values(lab, ".answer", "row", "column"))
        square = x[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        shown = [float(text) for text in lab.locator(".lab-cell").all_inner_texts()]
        assert shown == square.ravel().tolist()
        assert value(lab, ".answer") == pytest.approx(square.mean(), abs=1e-3)
        assert f"{square.sum():.0f} / 9 =" in lab.locator(".answer").inner_text()
    choose(lab, "Keep the", "maximum")
    best = float(lab.locator(".lab-cell.best").inner_text())
    assert best == value(lab, ".answer") == square.max()
