import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from cxrlib import models
from cxrlib.models import scratch
from tests.float32 import assert_close
from tests.models.scratch.conftest import assert_gradients


def test_numbers_small_enough_for_paper():
    np.testing.assert_allclose(scratch.sigmoid(np.log([1, 3.0, 1 / 3])), [0.5, 0.75, 0.25])
    np.testing.assert_array_equal(scratch.relu(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    x, weights = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    np.testing.assert_array_equal(scratch.dense(x, weights, np.array([10.0, 20.0])), [[11, 18]])


@given(hnp.arrays(float, (7, 1), elements=st.floats(-1e4, 1e4)))
def test_sigmoid_is_symmetric_and_within_bounds(z):
    p = scratch.sigmoid(z)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p + scratch.sigmoid(-z), 1, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_layers_are_those_of_keras(seed):
    rng = np.random.default_rng(seed)
    n, side, units = (int(rng.integers(*ends)) for ends in ((2, 9), (2, 7), (1, 6)))
    images = rng.integers(0, 256, size=(n, side, side, 1)).astype("float32")
    weights = [rng.normal(size=s) for s in [(side * side, units), (units,), (units, 1), (1,)]]
    twin = models.mlp(images.shape[1:], hidden=(units,))
    twin.set_weights(weights)
    rows = images.reshape(n, -1).astype(float) / 127.5 - 1
    ours = scratch.sigmoid(scratch.mlp_forward(rows, *weights)[1])
    assert_close(ours, twin.predict(images, verbose=0))


def test_layers_pass_an_error_back():
    rng = np.random.default_rng(0)
    x, weights, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    values = [x, weights, bias]
    assert_gradients(scratch.dense, lambda b: scratch.dense_backward(x, weights, b), values)
    assert_gradients(scratch.relu, lambda back: [scratch.relu_backward(x, back)], [x])


@pytest.mark.parametrize(
    ("x", "weights", "bias", "words"),
    [
        (np.zeros((3, 8, 8)), np.zeros((64, 1)), np.zeros(1), "one row an image"),
        (np.zeros((3, 4)), np.zeros(4), np.zeros(1), "one column a neuron"),
        (np.zeros((3, 4)), np.zeros((1, 4)), np.zeros(4), "transposed"),
        (np.zeros((3, 4)), np.zeros((4, 2)), np.zeros(1), r"bias of shape \(2,\)"),
        (np.zeros((3, 4)), np.zeros((4, 2)), 0.0, r"np.zeros\(weights.shape\[1\]\)"),
        (np.full((3, 4), np.nan), np.zeros((4, 2)), np.zeros(2), "NaN"),
        (np.full((3, 4), "a"), np.zeros((4, 2)), np.zeros(2), "expected numbers"),
        ([[1.0]], np.zeros((1, 1)), np.zeros(1), "expected `x` as an array"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(x, weights, bias, words):
    with pytest.raises(ValueError, match=words):
        scratch.dense(x, weights, bias)


def test_importing_the_rooms_and_scratch_loads_no_tensorflow():
    code = (
        "import sys; from cxrlib import data, models, evaluation, teaching; models.scratch.sigmoid;"
        "teaching.start('x'); assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
