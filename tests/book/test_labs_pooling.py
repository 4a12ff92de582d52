"""pooling_lab in a real browser, against NumPy and Keras."""

import numpy as np
import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import choose, lab_in, make_image, numbers, value


def keras_pool(x, size, stride, kind):
    import keras

    layer = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind]
    return np.asarray(layer(size, strides=stride)(x[None, :, :, None].astype("float32")))[
        0, :, :, 0
    ]


def test_pooling_every_setting_gives_the_numbers_of_keras(show):
    x = make_image()
    lab = lab_in(show(labs.pooling_lab(x, translate_x=0)).tab, "pooling_lab")
    for label, kind in (("average", "average"), ("maximum", "max")):
        choose(lab, "Keep the", label)
        for size in (2, 3, 4):
            choose(lab, "Size", str(size))
            np.testing.assert_allclose(numbers(lab), keras_pool(x, size, None, kind), atol=1e-3)
            for stride in (1, 2, 3, 4):
                choose(lab, "Stride", str(stride))
                np.testing.assert_allclose(
                    numbers(lab), keras_pool(x, size, stride, kind), atol=1e-3
                )


def test_pooling_the_share_that_changes_is_that_of_numpy(show):
    x = make_image()
    lab = lab_in(show(labs.pooling_lab(x, translate_x=0)).tab, "pooling_lab")
    across, down = lab.locator("input[type=range]").all()
    for right, below in ((0, 0), (1, 0), (4, 0), (0, 3), (2, 1)):
        across.fill(str(right))
        down.fill(str(below))
        moved = np.pad(x, ((below, 0), (right, 0)), mode="edge")[: x.shape[0], : x.shape[1]]
        before, after = (keras_pool(one, 2, 2, "max") for one in (x, moved))
        np.testing.assert_allclose(numbers(lab), after, atol=1e-3)
        shares = [float(e.get_attribute("data-share")) for e in lab.locator("[data-share]").all()]
        pixels = np.mean(np.abs(moved.astype(float) - x) > 25.5)
        assert shares == pytest.approx([pixels, np.mean(np.abs(after - before) > 25.5)], abs=1e-9)
    assert shares[0] > 0


def test_pooling_the_square_is_written_out(show):
    x = make_image()
    lab = lab_in(
        show(labs.pooling_lab(x, translate_x=0, pool_size=3, mode="average")).tab, "pooling_lab"
    )
    view = lab.locator(".lab-view").first
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowDown"):
        view.press(key)
        row, column = (int(value(lab, ".answer", k)) for k in ("row", "column"))
        square = x[3 * row : 3 * row + 3, 3 * column : 3 * column + 3].astype(float)
        assert [
            float(t) for t in lab.locator(".lab-cell").all_inner_texts()
        ] == square.ravel().tolist()
        assert value(lab, ".answer") == pytest.approx(square.mean(), abs=1e-3)
        assert f"{square.sum():.0f} / 9 =" in lab.locator(".answer").inner_text()
    choose(lab, "Keep the", "maximum")
    assert (
        float(lab.locator(".lab-cell.best").inner_text()) == value(lab, ".answer") == square.max()
    )
