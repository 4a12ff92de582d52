import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import ops

from cxrlib.models import scratch
from tests.models.scratch.conftest import assert_same
from tests.models.scratch.test_convolution import FEW, ONE, PADDINGS, PICTURE, SIZES, STACK


def test_by_hand():
    np.testing.assert_array_equal(scratch.max_pool(PICTURE), [[3, 1], [1, 5]])
    np.testing.assert_array_equal(scratch.average_pool(PICTURE), [[1.5, 0.5], [0.5, 3.25]])
    assert scratch.max_pool(PICTURE, 3, stride=1).shape == (2, 2)
    assert scratch.max_pool(np.zeros((5, 5))).shape == (2, 2)
    assert scratch.max_pool(np.zeros((5, 5), "float32")).dtype == "float32"
    dark = np.full((3, 3), -2.0)  # nothing outside the image counts
    np.testing.assert_array_equal(scratch.max_pool(dark, padding="same"), np.full((2, 2), -2.0))
    np.testing.assert_array_equal(scratch.average_pool(dark, padding="same"), np.full((2, 2), -2))


def test_who_gets_the_error():
    square = np.array([[1.0, 7], [3, 2]])[None, :, :, None]
    back, before = np.full((1, 1, 1, 1), 8.0), square.copy()
    most = scratch.max_pool_backward(square, back)[0, :, :, 0]
    mean = scratch.average_pool_backward(square, back)[0, :, :, 0]
    np.testing.assert_array_equal(most, [[0, 8], [0, 0]])
    np.testing.assert_array_equal(mean, [[2, 2], [2, 2]])
    tie = scratch.max_pool_backward(np.zeros((1, 2, 2, 1)), back)[0, :, :, 0]
    np.testing.assert_array_equal(tie, [[8, 0], [0, 0]])
    np.testing.assert_array_equal(square, before)
    np.testing.assert_array_equal(back, 8)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), SIZES, FEW, st.one_of(st.none(), FEW), PADDINGS, st.booleans())
@pytest.mark.parametrize("kind", ["max", "average"])
def test_it_is_keras_s_in_values_and_gradients(kind, seed, size, side, stride, padding, ties):
    x = np.random.default_rng(seed).normal(size=(2, *size, 3))
    x = (x > 0).astype(float) if ties and padding == "valid" else x
    how = {"size": side, "stride": stride, "padding": padding}
    pool, backward = (getattr(scratch, f"{kind}_pool{end}") for end in ("", "_backward"))
    theirs = {"max": ops.max_pool, "average": ops.average_pool}[kind]
    assert_same(
        lambda x: theirs(x, side, strides=stride or side, padding=padding),
        lambda x: pool(x, **how),
        lambda back: [backward(x, back, **how)],
        x,
    )


@pytest.mark.parametrize(
    ("theirs", "pool", "backward"),
    [
        (ops.mean, scratch.global_average_pool, scratch.global_average_pool_backward),
        (ops.max, scratch.global_max_pool, scratch.global_max_pool_backward),
    ],
)
def test_global_pooling_is_keras_s(theirs, pool, backward):
    x = np.random.default_rng(0).normal(size=(3, 5, 4, 2))
    assert_same(lambda x: theirs(x, (1, 2)), pool, lambda back: [backward(x, back)], x)


@pytest.mark.parametrize(
    ("x", "how", "words"),
    [
        (ONE, {"size": 5}, "a square no larger than the image"),
        (ONE, {"size": 0}, "`size` as a whole number"),
        (ONE, {"size": (2, 2)}, r"`size` as a whole number from 1, got \(2, 2\)"),
        (ONE, {"stride": 0}, "`stride` as a whole number"),
        (ONE, {"padding": "some"}, "'valid' or 'same'"),
        (ONE.astype("uint8"), {"padding": "same"}, "expected floats, got uint8"),
        (np.zeros(4), {}, "a stack"),
    ],
)
@pytest.mark.parametrize("pool", [scratch.max_pool, scratch.average_pool])
def test_it_refuses_in_words(pool, x, how, words):
    with pytest.raises(ValueError, match=words):
        pool(x, **how)


def test_gradients_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match=r"\(2, 2, 2, 3\), got \(2, 4, 4, 3\)"):
        scratch.max_pool_backward(STACK, STACK)
    with pytest.raises(ValueError, match="another stride or padding"):
        scratch.average_pool_backward(STACK, np.zeros((2, 2, 2, 3)), stride=1)
    with pytest.raises(ValueError, match="expected `x` as an array with 4 axes"):
        scratch.global_max_pool(ONE)
