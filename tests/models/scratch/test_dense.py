import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cxrlib.models import scratch


def small_problem(seed, n=5, inputs=4, units=3):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, inputs)), rng.integers(0, 2, size=(n, 1)).astype(float)
    w1, b1 = rng.normal(size=(inputs, units)), rng.normal(size=units)
    w2, b2 = rng.normal(size=(units, 1)), rng.normal(size=1)
    return x, y, [w1, b1, w2, b2]


def test_sigmoid_at_numbers_one_knows():
    np.testing.assert_allclose(scratch.sigmoid(np.array([0.0])), [0.5])
    np.testing.assert_allclose(scratch.sigmoid(np.log([3.0, 1 / 3])), [0.75, 0.25])


def test_extreme_logits_stay_finite_and_silent():
    z = np.array([[-1e3], [1e3], [-1e3], [1e3]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = scratch.sigmoid(z)
        loss = scratch.binary_cross_entropy(y, z)
        scratch.neuron_gradients(z, y, np.ones((1, 1)), np.zeros(1))
    np.testing.assert_allclose(p[:, 0], [0, 1, 0, 1])
    np.testing.assert_allclose(loss, 500)  # two right for nothing, two wrong for a thousand


@given(hnp.arrays(float, (7, 1), elements=st.floats(-1e4, 1e4)))
def test_sigmoid_is_symmetric_and_within_bounds(z):
    p = scratch.sigmoid(z)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p + scratch.sigmoid(-z), 1, atol=1e-12)


def test_loss_is_the_textbook_formula():
    y, z = np.array([[1.0], [0.0], [1.0]]), np.array([[0.3], [-1.0], [-2.0]])
    p = 1 / (1 + np.exp(-z))
    expected = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    np.testing.assert_allclose(scratch.binary_cross_entropy(y, z), expected)


def test_relu_and_dense_on_numbers_small_enough_for_paper():
    np.testing.assert_array_equal(scratch.relu(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    x, weights = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    np.testing.assert_array_equal(scratch.dense(x, weights, np.array([10.0, 20.0])), [[11, 18]])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 6))
def test_neuron_gradients_equal_the_measured_ones(seed, n, inputs):
    x, y, _ = small_problem(seed, n, inputs)
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(inputs, 1)), rng.normal(size=1)

    def loss(w, b):
        return scratch.binary_cross_entropy(y, scratch.dense(x, w, b))

    dw, db = scratch.neuron_gradients(x, y, weights, bias)
    np.testing.assert_allclose(
        dw, scratch.numeric_gradient(lambda w: loss(w, bias), weights), atol=1e-7
    )
    np.testing.assert_allclose(
        db, scratch.numeric_gradient(lambda b: loss(weights, b), bias), atol=1e-7
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 6), st.integers(1, 5))
def test_network_gradients_equal_the_measured_ones(seed, n, inputs, units):
    x, y, parameters = small_problem(seed, n, inputs, units)
    by_hand = scratch.network_gradients(x, y, *parameters)
    for i, gradient in enumerate(by_hand):

        def loss(values, i=i):
            changed = [*parameters[:i], values, *parameters[i + 1 :]]
            return scratch.binary_cross_entropy(y, scratch.network(x, *changed)[1])

        measured = scratch.numeric_gradient(loss, parameters[i])
        np.testing.assert_allclose(gradient, measured, atol=1e-6)


def test_numeric_gradient_of_a_parabola():
    values = np.array([1.0, -2.0, 0.5])
    got = scratch.numeric_gradient(lambda v: (v**2).sum(), values)
    np.testing.assert_allclose(got, 2 * values, atol=1e-8)
    np.testing.assert_array_equal(values, [1.0, -2.0, 0.5])


def test_gradient_descent_finds_the_bottom_and_leaves_its_start_alone():
    start = [np.array([4.0]), np.array([-3.0])]
    end = scratch.gradient_descent(lambda a, b: (2 * a, 2 * (b - 1)), start, rate=0.1, steps=200)
    np.testing.assert_allclose(end, [[0.0], [1.0]], atol=1e-8)
    np.testing.assert_array_equal(start, [[4.0], [-3.0]])


def test_a_network_learns_what_one_neuron_cannot():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0.0], [1], [1], [0]])
    rng = np.random.default_rng(1)
    start = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=(8, 1)), np.zeros(1)]

    def gradients(*now):
        return scratch.network_gradients(x, y, *now)

    _, z = scratch.network(x, *scratch.gradient_descent(gradients, start, 0.5, 500))
    np.testing.assert_array_equal(z > 0, y == 1)


@pytest.mark.parametrize(
    ("x", "weights", "bias", "words"),
    [
        (np.zeros((3, 8, 8)), np.zeros((64, 1)), np.zeros(1), "one row a picture"),
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


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        scratch.binary_cross_entropy(np.zeros(3), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="reshape"):
        scratch.neuron_gradients(np.zeros((3, 2)), np.zeros(3), np.zeros((2, 1)), np.zeros(1))


def test_importing_the_rooms_and_scratch_loads_no_tensorflow():
    code = (
        "import sys; from cxrlib import data, models, evaluation, teaching; models.scratch.sigmoid;"
        "teaching.begin('x'); assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
