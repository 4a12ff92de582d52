"""neuron_lab in a real browser, against NumPy."""

import numpy as np
import pytest

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import choose, lab_in, value


def neuron(name, z):
    return {
        "step": np.heaviside(z, 0),
        "sigmoid": 1 / (1 + np.exp(-z)),
        "ReLU": np.maximum(z, 0),
        "tanh": np.tanh(z),
    }[name]


def loss(name, y, z):
    if name == "sigmoid":
        return scratch.binary_cross_entropy(y, z)
    return np.mean((neuron(name, z) - (2 * y - 1 if name == "tanh" else y)) ** 2)


def test_neuron_output_loss_and_line_are_those_of_numpy(show):
    rng = np.random.default_rng(1)
    points, y = rng.uniform(-2, 2, (30, 2)).round(4), np.arange(30) % 2
    lab = lab_in(show(labs.neuron_lab(points, y, at=(0.7, -0.4))).tab, "neuron_lab")
    ranges = lab.locator("input[type=range]").all()
    for w1, w2, b in ((1, 0.5, -0.3), (-2.4, 3.1, 1.2), (0, 0, 0.5), (5, -5, 5)):
        for slider, number in zip(ranges, (w1, w2, b), strict=True):
            slider.fill(str(number))
        z_all, z = points @ [w1, w2] + b, 0.7 * w1 - 0.4 * w2 + b
        for name in ("step", "sigmoid", "ReLU", "tanh"):
            choose(lab, "Activation", name)
            assert value(lab, ".sum") == pytest.approx(z, abs=1e-3)
            assert value(lab, ".answer") == pytest.approx(neuron(name, z), abs=1e-3)
            assert value(lab, ".loss") == pytest.approx(loss(name, y, z_all), abs=1e-3)
            assert value(lab, ".right", "accuracy") == pytest.approx(np.mean((z_all > 0) == y))
        assert lab.locator(".dots .wrong").count() == np.sum((z_all > 0) != y)
        line = lab.locator("svg .line")
        if w1 == w2 == 0:
            assert line.get_attribute("hidden") is not None
            continue
        reach = 2 if np.abs(points).max() * 2.1 <= 4 else 2.5
        for end in "12":
            at = [float(line.get_attribute(f"{axis}{end}")) for axis in "xy"]
            x1, x2 = (at[0] - 200) * reach / 200, (200 - at[1]) * reach / 200
            assert w1 * x1 + w2 * x2 + b == pytest.approx(0, abs=2e-3 * (abs(w1) + abs(w2)) * reach)


def test_neuron_the_cross_moves_by_key_and_mouse(show):
    tab = show(labs.neuron_lab(at=(0, 0))).tab
    lab = lab_in(tab, "neuron_lab")
    view = lab.locator(".lab-view")
    for key in ("ArrowRight", "Shift+ArrowUp", "ArrowDown"):
        view.press(key)
    assert [value(lab, ".sum", k) for k in "xy"] == pytest.approx([0.1, 0.4])
    assert value(lab, ".sum") == pytest.approx(0.1)
    box = view.bounding_box()
    tab.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    assert [value(lab, ".sum", k) for k in "xy"] == pytest.approx([1, 1], abs=0.03)
