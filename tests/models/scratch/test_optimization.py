import numpy as np
from hypothesis import given, settings, strategies as st

from cxrlib.models import scratch


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 6), st.integers(1, 5))
def test_gradients_equal_the_measured_ones(seed, n, inputs, units):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, inputs)), rng.integers(0, 2, size=(n, 1)).astype(float)
    shapes = (inputs, units), (units,), (units, 1), (1,)
    layers = [rng.normal(size=shape) for shape in shapes]
    neuron = [rng.normal(size=(inputs, 1)), rng.normal(size=1)]

    def of_neuron(weights, bias):
        return scratch.dense(x, weights, bias)

    def of_network(*weights):
        return scratch.mlp_forward(x, *weights)[1]

    for answer, values, by_hand in (
        (of_neuron, neuron, scratch.neuron_gradients(x, y, *neuron)),
        (of_network, layers, scratch.mlp_gradients(x, y, *layers)),
    ):
        for i, gradient in enumerate(by_hand):

            def loss(nudged, i=i, answer=answer, values=values):
                z = answer(*values[:i], nudged, *values[i + 1 :])
                return scratch.binary_cross_entropy(y, z)

            measured = scratch.numerical_gradient(loss, values[i])
            np.testing.assert_allclose(gradient, measured, atol=1e-6)


def test_numerical_gradient_of_a_parabola():
    values = np.array([1.0, -2.0, 0.5])
    got = scratch.numerical_gradient(lambda v: (v**2).sum(), values)
    np.testing.assert_allclose(got, 2 * values, atol=1e-8)
    np.testing.assert_array_equal(values, [1.0, -2.0, 0.5])


def test_gradient_descent_finds_the_bottom_and_leaves_its_start_alone():
    start = [np.array([4.0]), np.array([-3.0])]
    end = scratch.gradient_descent(
        lambda a, b: (2 * a, 2 * (b - 1)), start, learning_rate=0.1, steps=200
    )
    np.testing.assert_allclose(end, [[0.0], [1.0]], atol=1e-8)
    np.testing.assert_array_equal(start, [[4.0], [-3.0]])


def test_a_network_learns_what_one_neuron_cannot():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0.0], [1], [1], [0]])
    rng = np.random.default_rng(1)
    start = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=(8, 1)), np.zeros(1)]

    def gradients(*now):
        return scratch.mlp_gradients(x, y, *now)

    _, z = scratch.mlp_forward(x, *scratch.gradient_descent(gradients, start, 0.5, 500))
    np.testing.assert_array_equal(z > 0, y == 1)
