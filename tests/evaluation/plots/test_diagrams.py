import inspect
import subprocess
import sys
from itertools import combinations
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from cxrlib.evaluation import plots
from cxrlib.evaluation.plots import diagrams
from tests.evaluation.plots.reading import texts

GROUNDS = ("white", "#14181e")  # of the book's pages, by day and by night
RATES = {"head": 1e-3, "backbone": 1e-4}


class Conv2D(SimpleNamespace):
    """A layer, as far as a drawing needs one."""


class MaxPooling2D(Conv2D):
    """Another one."""


class ZeroPadding2D(Conv2D):
    """And a third."""


class Dense(Conv2D):
    """And a fourth."""


def model(*layers):
    """Stand in for a Keras model; a layer is (class, name, shape without the batch)."""
    made = [kind(name=n, output=SimpleNamespace(shape=(None, *s))) for kind, n, s in layers]
    return SimpleNamespace(layers=made)


SMALL = model(
    (Conv2D, "image", (64, 64, 1)), (Conv2D, "rescale", (64, 64, 1)),
    (Conv2D, "conv", (64, 64, 16)), (Conv2D, "norm", (64, 64, 16)),
    (MaxPooling2D, "pool", (32, 32, 16)), (Conv2D, "flatten", (16,)), (Dense, "dense", (16,)),
)  # fmt: skip
DRAWN = {
    "draw_neuron": lambda **how: plots.draw_neuron(**how),
    "draw_backpropagation": lambda **how: plots.draw_backpropagation(**how),
    "draw_convolution": lambda **how: plots.draw_convolution(**how),
    "draw_receptive_field": lambda **how: plots.draw_receptive_field(**how),
    "draw_architecture": lambda **how: plots.draw_architecture(SMALL, **how),
    "draw_batch_norm": lambda **how: plots.draw_batch_norm(**how),
    "draw_fine_tuning": lambda **how: plots.draw_fine_tuning(RATES, **how),
    "draw_residual_blocks": lambda **how: plots.draw_residual_blocks(**how),
}
every_drawing = pytest.mark.parametrize("name", DRAWN)


def luminance(colour):
    c, weights = np.array(to_rgb(colour)), [0.2126, 0.7152, 0.0722]
    return np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ weights


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def inks(ax):
    """Colours of lines, outlines and areas that are drawn on the page itself."""
    for line in ax.lines:
        if line.get_color() != "white":  # between filled cells
            yield line.get_color()
    for patch in ax.patches:
        yield patch.get_facecolor() if patch.get_facecolor()[3] else patch.get_edgecolor()


def test_each_drawing_is_looked_at():
    assert set(DRAWN) == set(dir(diagrams))


@every_drawing
def test_it_can_be_read_by_day_by_night_and_on_a_phone(name):
    ax = DRAWN[name]()
    figure = ax.figure
    assert figure.get_facecolor()[3] == 0
    assert not ax.axison
    assert figure.get_figwidth() <= 5
    assert min(text.get_fontsize() for text in ax.texts) >= 10
    for ground in GROUNDS:
        assert min(contrast(ink, ground) for ink in inks(ax)) >= 4.1
    for text in ax.texts:
        if text.get_color() == "white":
            center = ax.transData.transform(text.get_position())
            around = [patch for patch in ax.patches if patch.contains_point(center)]
            assert contrast("white", around[-1].get_facecolor()) >= 4.1
        else:
            assert min(contrast(text.get_color(), ground) for ground in GROUNDS) >= 4.1


@every_drawing
def test_no_text_lies_on_another_or_outside(name):
    ax = DRAWN[name]()
    figure = ax.figure
    figure.canvas.draw()
    boxes = {text: text.get_window_extent() for text in ax.texts}
    for box in boxes.values():
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
    upright = [text for text in boxes if text.get_rotation() in (0, 90)]
    for one, other in combinations(upright, 2):
        assert not boxes[one].overlaps(boxes[other]), (one.get_text(), other.get_text())


@every_drawing
def test_it_draws_where_it_is_told_to(name, ax):
    assert DRAWN[name](ax=ax) is ax
    assert plt.get_fignums() == [ax.figure.number]


@every_drawing
def test_it_has_a_text_for_those_who_cannot_see_it(name):
    last = inspect.getdoc(getattr(plots, name)).split("\n\n")[-1]
    assert last.startswith("Alt text: ")
    assert len(last) > 100


def test_the_neuron_adds_up_its_inputs():
    written = texts(plots.draw_neuron([2, -1, 0.5], [0.5, 1, -2], 0.25))
    assert {"$x_2$ = −1", "$w_3$ = −2", "bias $b$ = 0.25"} <= set(written)
    z = 2 * 0.5 - 1 - 1 + 0.25
    assert f"$z$ = −{-z:.2f}" in written
    assert f"$p$ = {1 / (1 + np.exp(-z)):.2f}" in written
    with pytest.raises(ValueError, match=r"expected one weight for each input, got 2 for 3"):
        plots.draw_neuron([1, 2, 3], [1, 2])


@pytest.mark.parametrize("second", [1.2, -2])  # with the other one the second ReLU is shut
def test_backpropagation_is_what_finite_differences_measure(second):
    x, y, w1, w2 = (
        np.array([1, 0.5]),
        1,
        np.array([[0.8, -0.4], [0.4, second]]),
        np.array([0.5, -1]),
    )

    def loss(w):
        z = np.maximum(x @ w[:4].reshape(2, 2), 0) @ w[4:]
        return np.logaddexp(0, z) - y * z

    weights, slopes = np.concatenate([w1.ravel(), w2]), []
    for i in range(6):
        nudge = 1e-6 * np.eye(6)[i]
        slopes.append((loss(weights + nudge) - loss(weights - nudge)) / 2e-6)
    ax = plots.draw_backpropagation(x, y, w1, w2)
    orange = [t.get_text() for t in ax.texts if t.get_color() == plots.style.MID_ORANGE]
    back = [t for t in orange if t[0] in "−0123456789"]
    assert [float(t.replace("−", "-")) for t in back] == pytest.approx(slopes, abs=0.0051)
    z = np.maximum(x @ w1, 0) @ w2
    assert f"$p$ = {1 / (1 + np.exp(-z)):.2f}" in texts(ax)
    assert f"truth 1\nloss {loss(weights):.2f}" in texts(ax)


def test_a_kernel_has_weights_in_every_channel_and_its_map_is_smaller():
    written = texts(plots.draw_convolution(4, 3, size=5, kernel=2))
    assert "16 products,\n1 bias,\n1 sum" in written
    assert "4 channels of 5 × 5\nkernel 2 × 2 × 4" in written
    assert "3 kernels, 3 maps\nof 4 × 4" in written
    with pytest.raises(ValueError, match="expected a kernel of 1 to 5 cells, got 6"):
        plots.draw_convolution(size=5, kernel=6)


def solid_widths(ax):
    """Widths of the filled boxes, from below, in the unit of the first."""
    filled = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_facecolor()[3]]
    return [p.get_width() / filled[-1].get_width() for p in filled]


def test_the_field_grows_with_each_layer_and_faster_above_a_pooling():
    ax = plots.draw_receptive_field()
    assert [t for t in texts(ax) if t.startswith("layer")] == [
        f"layer {i}: sees {n} pixels" for i, n in enumerate((3, 5, 7), start=1)
    ]
    assert solid_widths(ax) == pytest.approx([7, 5, 3, 1])
    ax = plots.draw_receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)])
    fields = [t.split()[-2] for t in texts(ax) if t.startswith("layer")]
    assert fields == ["3", "4", "8", "10"]
    # 10 pixels, 8 numbers of the first layer, 4 of twice the width, 2, 1 of four times the width
    assert solid_widths(ax) == pytest.approx([10 / 4, 8 / 4, 8 / 4, 4 / 4, 1])
    filled = [box for box in ax.patches if box.get_facecolor()[3]]
    assert filled[1].get_x() == pytest.approx(filled[2].get_x())  # a pooling lies over its cells


def test_a_network_is_drawn_to_scale():
    ax = plots.draw_architecture(SMALL)
    assert texts(ax) == [
        "image: 64 × 64 × 1", "conv: 64 × 64 × 16", "pool: 32 × 32 × 16", "flatten: 16",
        "dense: 16",
    ]  # fmt: skip
    heights = [box.get_height() for box in ax.patches]
    assert heights[0] == heights[1] == 2 * heights[2]
    assert heights[3] == heights[4] == pytest.approx(heights[0] * 4 / 64)  # a square of 16 numbers
    widths = [box.get_width() for box in ax.patches]
    assert widths[1] == widths[2] == pytest.approx(16 * widths[0], rel=0.5)
    assert [bool(box.get_hatch()) for box in ax.patches] == [False, False, True, False, False]


def test_a_convolution_behind_a_pooling_has_a_box_though_the_shape_stays():
    block = [(MaxPooling2D, "pool", (8, 8, 4)), (Conv2D, "conv", (8, 8, 4))]
    ax = plots.draw_architecture(model(*block, (Conv2D, "norm", (8, 8, 4))))
    assert texts(ax) == ["pool: 8 × 8 × 4", "conv: 8 × 8 × 4"]


def test_a_deep_network_has_a_box_for_each_size_of_its_maps():
    deep = [(Conv2D, "image", (32, 32, 3)), (ZeroPadding2D, "pad", (34, 34, 3))]
    for side in (16, 8):
        for i in range(10):
            deep += [(Conv2D, f"wide_{side}_{i}", (side, side, 8))]
            deep += [(Conv2D, f"squeeze_{side}_{i}", (1, 1, 2))]
            deep += [(Conv2D, f"out_{side}_{i}", (side, side, 4))]
    ax = plots.draw_architecture(model(*deep, (Dense, "predictions", (1,))))
    assert texts(ax) == [
        "image: 32 × 32 × 3", "out_16_9: 16 × 16 × 4", "out_8_9: 8 × 8 × 4", "predictions: 1",
    ]  # fmt: skip


def test_a_network_that_is_not_built_says_how_to_build_it():
    with pytest.raises(ValueError, match=r"expected a built model.*keras\.Input"):
        plots.draw_architecture(SimpleNamespace(layers=[Conv2D(name="conv")]))


def test_the_course_s_network_has_its_layers_in_the_drawing():
    from cxrlib import models

    written = texts(plots.draw_architecture(models.custom_cnn((40, 40, 1))))
    assert written[:3] == ["image: 40 × 40 × 1", "conv_1: 40 × 40 × 32", "pool_1: 20 × 20 × 32"]
    assert written[-3:] == ["flatten: 512", "dense: 512", "predictions: 1"]


def test_moving_averages_take_the_share_of_a_step_that_momentum_leaves():
    assert "1 %\neach step" in texts(plots.draw_batch_norm())
    assert "0.1 %\neach step" in texts(plots.draw_batch_norm(momentum=0.999))
    with pytest.raises(ValueError, match="expected `momentum` from 0 to 1, got 99"):
        plots.draw_batch_norm(momentum=99)


def test_each_way_of_fine_tuning_shows_what_learns_at_which_rate():
    ax = plots.draw_fine_tuning({"head": 0.02, "backbone": 0.003})
    inside = [t for t in texts(ax) if t in ("frozen", "fitted", "0.02", "0.003")]
    assert inside == [
        "frozen", "frozen", "fitted",
        "frozen", "0.003", "0.02",
        *["0.003", "0.003", "0.02"] * 2,
    ]  # fmt: skip
    dashed = [box.get_linestyle() == "--" for box in ax.patches]
    assert dashed == [text == "frozen" for text in inside]
    with pytest.raises(ValueError, match=r"expected a rate for head and backbone.*backbone"):
        plots.draw_fine_tuning({"head": 0.02})


def test_blocks_are_as_wide_as_they_have_channels():
    ax = plots.draw_residual_blocks((200, 50), (10, 100))
    bars = [p.get_width() for p in ax.patches if isinstance(p, Rectangle)]
    scale = bars[0] / 200
    assert bars == pytest.approx([scale * n for n in (200, 50, 50, 200, 10, 100, 100, 10)])
    assert f"kernels: {200 * 50 + 9 * 50 * 50 + 50 * 200:,} weights" in texts(ax)
    assert f"kernels: {10 * 100 + 9 * 100 + 100 * 10:,} weights" in texts(ax)


def test_drawing_needs_no_tensorflow():
    code = (
        "import sys, matplotlib; matplotlib.use('Agg')\n"
        "from cxrlib.evaluation import plots\n"
        "plots.draw_neuron(), plots.draw_backpropagation()\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
