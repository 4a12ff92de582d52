import itertools

import numpy as np
import pytest

from cxrlib.teaching import labs
from cxrlib.teaching.labs import neuron
from tests.teaching.test_labs import config

RNG = np.random.default_rng(0)


def test_the_best_pair_is_that_of_all_fits():
    y = np.arange(80) % 2
    x = RNG.normal(size=(80, 7))
    x[:, 4] = x[:, 2] + 0.5 * y  # alone both say little
    x[:, 5] = 3  # never changes
    x[:, 6] = 2 * x[:, 2]

    def left_over(pair):
        design = np.column_stack([x[:, pair], np.ones(80)])
        return np.sum((y - design @ np.linalg.lstsq(design, y)[0]) ** 2)

    pairs = list(itertools.combinations(range(5), 2))
    found = labs.best_pair(x, y)
    assert sorted(found) == list(min(pairs, key=left_over)) == [2, 4]


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((4, 3, 2)), [0, 1, 0, 1], "cases in rows"),
        (RNG.normal(size=(4, 3)), [0, 1], r"\(4, 3\) and \(2,\)"),
        (RNG.normal(size=(4, 3)), [1, 1, 1, 1], r"the labels \[1\.0\]"),
        (np.ones((4, 3)), [0, 1, 0, 1], "got 0 columns"),
    ],
)
def test_what_has_no_best_pair(x, y, says):
    with pytest.raises(ValueError, match=says):
        labs.best_pair(x, y)


def test_where_a_line_divides_all_the_weights_end_at_their_limit():
    places, truth = np.array([[-1.0, 0], [1, 0]]), np.array([0, 1])
    found = neuron._fit(places, truth, limit=4)
    assert found == {"w1": 4, "w2": 0, "bias": 0, "loss": pytest.approx(np.log1p(np.exp(-4)))}


def test_the_knobs_start_where_one_is_told_or_with_the_first_input_alone():
    x, y = RNG.normal(size=(30, 2)).clip(-3, 3), np.arange(30) % 2
    alone = neuron._fit(x, y, 5, inputs=1)
    start = config(labs.neuron_lab(x, y))["start"]
    assert start | {"loss": alone["loss"]} == start | alone
    given = config(labs.neuron_lab(x, y, weights=(2, -1), bias=0.3))["start"]
    assert (given["w1"], given["w2"], given["bias"]) == (2, -1, 0.3)
