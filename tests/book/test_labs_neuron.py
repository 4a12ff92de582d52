"""neuron_lab in a real browser, against NumPy."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import choose, slide, value, values

ACTIVATIONS = {
    "step": lambda z: np.heaviside(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "ReLU": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
}


def loss(name, y, z):
    if name == "sigmoid":
        return scratch.binary_cross_entropy(y, z)
    return np.mean((ACTIVATIONS[name](z) - (2 * y - 1 if name == "tanh" else y)) ** 2)


def test_output_loss_and_line_are_those_of_numpy(show_one):
    points = np.random.default_rng(1).uniform(-2, 2, (30, 2)).round(4)
    y, reach = np.arange(30) % 2, 2 if np.abs(points).max() * 2.1 <= 4 else 2.5
    offered = [name.lower() for name in ACTIVATIONS]
    lab = show_one(labs.neuron_lab(points, y, at=(0.7, -0.4), activations=offered))
    line = lab.locator("svg .line")
    for w1, w2, b in ((1, 0.5, -0.3), (-2.4, 3.1, 1.2), (0, 0, 0.5), (5, -5, 5)):
        slide(lab, w1, w2, b)
        z_all, z = points @ [w1, w2] + b, 0.7 * w1 - 0.4 * w2 + b
        for name, activation in ACTIVATIONS.items():
            choose(lab, "Activation", name)
            assert value(lab, ".sum") == pytest.approx(z, abs=1e-3)
            assert value(lab, ".answer") == pytest.approx(activation(z), abs=1e-3)
            assert value(lab, ".loss") == pytest.approx(loss(name, y, z_all), abs=1e-3)
            assert value(lab, ".right", "accuracy") == pytest.approx(np.mean((z_all > 0) == y))
        assert lab.locator(".dots .wrong").count() == np.sum((z_all > 0) != y)
        assert (line.get_attribute("hidden") is not None) == (w1 == w2 == 0)
        for end in "12" if w1 or w2 else "":
            x, down = [float(line.get_attribute(f"{axis}{end}")) - 200 for axis in "xy"]
            at_end = w1 * x * reach / 200 - w2 * down * reach / 200 + b
            assert at_end == pytest.approx(0, abs=2e-3 * (abs(w1) + abs(w2)) * reach)


def test_the_cross_moves_by_key_and_mouse(show_one):
    lab = show_one(labs.neuron_lab(at=(0, 0), weights=(1, 0), bias=0))
    view = lab.locator(".lab-view")
    for key in ("ArrowRight", "Shift+ArrowUp", "ArrowDown"):
        view.press(key)
    assert values(lab, ".sum", "x", "y", "value") == pytest.approx([0.1, 0.4, 0.1])
    box = view.bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    assert values(lab, ".sum", "x", "y") == pytest.approx([1, 1], abs=0.03)


def two_inputs():
    """Return 60 cases that their two inputs tell apart, and neither of them well."""
    y, rng = np.arange(60) % 2, np.random.default_rng(0)
    both = rng.normal(size=60)
    x = np.column_stack([both + 0.7 * y, both - 0.7 * y]) + rng.normal(0, 0.3, (60, 2))
    return x.clip(-3, 3), y


def test_it_opens_with_one_input_and_a_lower_loss_is_in_sight(show_one):
    x, y = two_inputs()
    lab = show_one(labs.neuron_lab(x, y))
    alone = LogisticRegression(C=np.inf).fit(x[:, :1], y)
    opening = log_loss(y, alone.predict_proba(x[:, :1]))
    assert value(lab, ".loss") == pytest.approx(opening, abs=2e-3)
    lowest = lab.get_by_text("lowest 0.")
    assert float(lowest.inner_text().split()[1]) < 0.5 * opening < opening < np.log(2)
    assert "zero weights 0.693" in lab.locator(".known").inner_text()
    assert lab.get_by_role("group", name="Activation").count() == 0
    assert not any(word in lab.inner_text() for word in ("ReLU", "tanh", "step"))


def test_the_button_goes_where_training_would_end(show_one):
    x, y = two_inputs()
    lab = show_one(labs.neuron_lab(x, y, limit=50))
    button = lab.get_by_role("button", name="Go to the lowest")
    button.press("Enter")
    best = LogisticRegression(C=np.inf, max_iter=1000).fit(x, y)
    assert value(lab, ".loss") == pytest.approx(log_loss(y, best.predict_proba(x)), abs=1e-3)
    assert button.is_disabled()
    slide(lab, 0)
    assert button.is_enabled()
