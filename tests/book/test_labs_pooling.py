"""pooling_lab in a real browser, against NumPy and Keras."""

import numpy as np
import pytest

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import assert_numbers, choose, make_image, slide, value, values


def keras_pool(x, size, stride, kind):
    import keras

    layer = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind]
    pooled = layer(size, strides=stride)(x[None, :, :, None].astype("float32"))
    return np.asarray(pooled)[0, :, :, 0]


def edges_of(x):
    return scratch.relu(scratch.conv2d(x.astype(float), scratch.SOBEL_X, padding="same"))


def test_every_setting_gives_the_numbers_of_keras(show_one):
    x = make_image()
    lab = show_one(labs.pooling_lab(x, translate_x=0))
    x = edges_of(x)
    for label, kind in (("average", "average"), ("maximum", "max")):
        choose(lab, "Keep the", label)
        for size in (2, 3, 4):
            choose(lab, "Size", str(size))
            assert_numbers(lab, keras_pool(x, size, None, kind))
            for stride in (1, 2, 3, 4):
                choose(lab, "Stride", str(stride))
                assert_numbers(lab, keras_pool(x, size, stride, kind))


def shares(lab):
    return [float(e.get_attribute("data-share")) for e in lab.locator("[data-share]").all()]


def change(before, after):
    return np.abs(after - before).mean() / before.mean()


def make_chest(side=32):
    """Return ribs and a heart: thin edges, as in an X-ray."""
    y, x = np.mgrid[:side, :side]
    ribs = 50 * (np.sin(1.1 * x + 0.4 * y) > 0.6)
    heart = 90 * ((x - 17) ** 2 + (y - 18) ** 2 < 40)
    return (60 + ribs + heart).astype(np.uint8)


def test_how_much_changes_is_that_of_numpy(show_one):
    x = make_image()
    lab = show_one(labs.pooling_lab(x, translate_x=0))
    for right, down in ((0, 0), (1, 0), (4, 0), (0, 3), (2, 1)):
        slide(lab, right, down)
        moved = np.pad(x, ((down, 0), (right, 0)), mode="edge")[: x.shape[0], : x.shape[1]]
        still, edges = edges_of(x), edges_of(moved)
        assert_numbers(lab, scratch.max_pool(edges))
        assert shares(lab)[0] == pytest.approx(change(still, edges), abs=1e-9)
        for size, share in zip((2, 3, 4), shares(lab)[1:], strict=True):
            pair = (scratch.max_pool(one, size) for one in (still, edges))
            assert share == pytest.approx(change(*pair), abs=1e-9)
    choose(lab, "Stride", "1")  # of the chosen size alone
    pair = (scratch.max_pool(one, 2, stride=1) for one in (still, edges))
    assert shares(lab)[1] == pytest.approx(change(*pair), abs=1e-9)
    assert "Pooled by 2 × 2, stride 1" in lab.inner_text()


def test_it_opens_on_an_image_that_moved_and_larger_squares_changed_less(show_one):
    lab = show_one(labs.pooling_lab(make_chest()))
    assert shares(lab) == sorted(shares(lab), reverse=True)
    assert shares(lab)[0] > 1.5 * shares(lab)[1]
    said = [text.split(": ")[1] for text in lab.locator("[data-share]").all_inner_texts()]
    assert said == [f"{100 * share:.0f} %" for share in shares(lab)]


def test_the_square_is_written_out(show_one):
    lab = show_one(labs.pooling_lab(make_image(), translate_x=0, pool_size=3, mode="average"))
    x = edges_of(make_image())
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
