"""Convolution and pooling on arrays small enough for paper, and what they refuse."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrlib.models import scratch

RAMP = np.arange(16.0).reshape(4, 4)  # brighter by 1 rightwards, by 4 downwards
PICTURE = np.array([[1.0, 2, 0, 1], [3, 0, 1, 0], [0, 1, 5, 2], [1, 0, 2, 4]])


def test_one_pixel_by_hand():
    kernel = np.array([[1.0, 2], [3, 4]])
    got = scratch.conv2d(np.array([[1.0, 0], [0, 10]]), kernel)
    np.testing.assert_array_equal(got, [[1 * 1 + 4 * 10]])


def test_the_kernel_is_not_flipped():
    spot = np.zeros((5, 5))
    spot[2, 2] = 1
    kernel = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(scratch.conv2d(spot, kernel), kernel[::-1, ::-1])


def test_the_kernels_do_what_they_are_called():
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.SOBEL_X), np.full((2, 2), 8.0))
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.SOBEL_Y), np.full((2, 2), 32.0))
    np.testing.assert_allclose(scratch.conv2d(RAMP, scratch.BLUR), RAMP[1:-1, 1:-1])
    np.testing.assert_allclose(scratch.conv2d(RAMP, scratch.EDGES), np.zeros((2, 2)), atol=1e-12)
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.IDENTITY, padding="same"), RAMP)
    sharp = scratch.conv2d(PICTURE, scratch.SHARPEN, padding="same")
    edges = scratch.conv2d(PICTURE, scratch.EDGES, padding="same")
    np.testing.assert_allclose(sharp, PICTURE + edges)


def test_the_kernels_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        scratch.SOBEL_X[0, 0] = 5


def test_what_a_window_sees_is_a_view():
    x = RAMP[None, :, :, None].copy()
    view = scratch.windows(x, (2, 2), stride=2)
    np.testing.assert_array_equal(view[0, 0, 0, :, :, 0], [[0, 2], [8, 10]])
    np.testing.assert_array_equal(view[1, 1, 0, :, :, 0], [[5, 7], [13, 15]])
    assert np.shares_memory(view, x)


@pytest.mark.parametrize(
    ("size", "side", "stride", "border"),
    [(4, 3, 1, (1, 1)), (4, 2, 1, (0, 1)), (5, 3, 2, (1, 1)), (4, 3, 2, (0, 1)), (6, 2, 4, (0, 0))],
)
def test_borders_as_keras_has_them(size, side, stride, border):
    x = np.zeros((1, size, size, 1))
    assert scratch.borders(x, (side, side), stride, "same") == [border, border]
    assert scratch.borders(x, (side, side), stride, "valid") == [(0, 0), (0, 0)]


def test_pooling_by_hand():
    np.testing.assert_array_equal(scratch.max_pool(PICTURE), [[3, 1], [1, 5]])
    np.testing.assert_array_equal(scratch.average_pool(PICTURE), [[1.5, 0.5], [0.5, 3.25]])
    assert scratch.max_pool(PICTURE, 3, stride=1).shape == (2, 2)
    assert scratch.max_pool(np.zeros((5, 5))).shape == (2, 2)
    assert scratch.max_pool(np.zeros((5, 5)), padding="same").shape == (3, 3)


def test_nothing_outside_the_picture_counts_in_pooling():
    dark = np.full((3, 3), -2.0)
    np.testing.assert_array_equal(scratch.max_pool(dark, padding="same"), np.full((2, 2), -2.0))
    np.testing.assert_array_equal(scratch.average_pool(dark, padding="same"), np.full((2, 2), -2))


def test_global_pooling_keeps_one_number_a_map():
    x = np.stack([RAMP, PICTURE], axis=-1)[None]
    np.testing.assert_allclose(scratch.global_average_pool(x), [[7.5, 23 / 16]])
    np.testing.assert_array_equal(scratch.global_max_pool(x), [[15, 5]])


def test_who_gets_the_error():
    square = np.array([[1.0, 7], [3, 2]])[None, :, :, None]
    back = np.full((1, 1, 1, 1), 8.0)
    most = scratch.max_pool_gradient(square, back)[0, :, :, 0]
    mean = scratch.average_pool_gradient(square, back)[0, :, :, 0]
    np.testing.assert_array_equal(most, [[0, 8], [0, 0]])
    np.testing.assert_array_equal(mean, [[2, 2], [2, 2]])
    tie = scratch.max_pool_gradient(np.zeros((1, 2, 2, 1)), back)[0, :, :, 0]
    np.testing.assert_array_equal(tie, [[8, 0], [0, 0]])


def slow(x, kernel, stride, padding, dilation):
    """The definition, place by place."""
    x = scratch.padded(x, kernel.shape[:2], stride, padding, dilation)
    high, wide = (dilation * (side - 1) + 1 for side in kernel.shape[:2])
    rows = range(0, x.shape[1] - high + 1, stride)
    columns = range(0, x.shape[2] - wide + 1, stride)
    out = np.zeros((len(x), len(rows), len(columns), kernel.shape[3]))
    for i, r in enumerate(rows):
        for j, c in enumerate(columns):
            under = x[:, r : r + high : dilation, c : c + wide : dilation]
            out[:, i, j] = np.einsum("nijc,ijck->nk", under, kernel)
    return out


STEPS = st.integers(1, 3)
PADDINGS = st.sampled_from(["valid", "same"])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.tuples(STEPS, STEPS), STEPS, PADDINGS, STEPS)
def test_strides_and_dilation_together(seed, shape, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *rng.integers(7, 11, size=2), 2))
    kernel = rng.normal(size=(*shape, 2, 3))
    got = scratch.conv2d(x, kernel, stride=stride, padding=padding, dilation=dilation)
    np.testing.assert_allclose(got, slow(x, kernel, stride, padding, dilation), atol=1e-10)


def assert_gradients(layer, gradients, values, how):
    """Compare gradients of sum(layer(*values) * weight) with those measured by nudging."""
    out = layer(*values, **how)
    weight = np.random.default_rng(1).normal(size=out.shape)
    for i, by_hand in enumerate(gradients(weight)):

        def loss(nudged, i=i):
            return (layer(*values[:i], nudged, *values[i + 1 :], **how) * weight).sum()

        measured = scratch.numeric_gradient(loss, values[i], step=1e-5)
        np.testing.assert_allclose(by_hand, measured, atol=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.tuples(STEPS, STEPS), STEPS, PADDINGS, STEPS)
def test_gradients_of_convolution_equal_the_measured_ones(seed, shape, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *rng.integers(7, 9, size=2), 2))
    kernel, bias = rng.normal(size=(*shape, 2, 2)), rng.normal(size=2)
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    assert_gradients(
        scratch.conv2d,
        lambda back: scratch.conv2d_gradients(x, kernel, back, **how),
        [x, kernel, bias],
        how,
    )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), STEPS, st.one_of(st.none(), STEPS), PADDINGS)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_gradients_of_pooling_equal_the_measured_ones(kind, seed, size, stride, padding):
    rng = np.random.default_rng(seed)
    count = (2, *rng.integers(3, 7, size=2), 2)
    x = rng.permutation(np.prod(count)).reshape(count).astype(float)  # no two are equal
    how = {"size": size, "stride": stride, "padding": padding}
    pool = getattr(scratch, f"{kind}_pool")
    gradient = getattr(scratch, f"{kind}_pool_gradient")
    assert_gradients(pool, lambda back: [gradient(x, back, **how)], [x], how)


@pytest.mark.parametrize("kind", ["max", "average"])
def test_gradients_of_global_pooling_equal_the_measured_ones(kind):
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    pool = getattr(scratch, f"global_{kind}_pool")
    gradient = getattr(scratch, f"global_{kind}_pool_gradient")
    assert_gradients(pool, lambda back: [gradient(x, back)], [x], {})


def test_layers_pass_an_error_back():
    rng = np.random.default_rng(0)
    x, weights, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    assert_gradients(
        scratch.dense,
        lambda back: scratch.dense_gradients(x, weights, back),
        [x, weights, bias],
        {},
    )
    assert_gradients(scratch.relu, lambda back: [scratch.relu_gradient(x, back)], [x], {})


def test_softmax_and_its_loss():
    z, y = np.array([[0.0, 0], [np.log(3), 0]]), np.array([[1.0, 0], [0, 1]])
    np.testing.assert_allclose(scratch.softmax(z), [[0.5, 0.5], [0.75, 0.25]])
    np.testing.assert_allclose(scratch.cross_entropy(y, z), (np.log(2) + np.log(4)) / 2)
    measured = scratch.numeric_gradient(lambda v: scratch.cross_entropy(y, v), z)
    np.testing.assert_allclose(scratch.cross_entropy_gradient(y, z), measured, atol=1e-8)


def test_sums_beyond_any_exponential_stay_finite_and_silent():
    z = np.array([[1e4, 0, -1e4]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(scratch.softmax(z), [[1, 0, 0]])
        np.testing.assert_allclose(scratch.cross_entropy(np.array([[0.0, 1, 0]]), z), 1e4)


def test_inputs_are_left_as_they_were():
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 1))
    kernel, back = np.ones((3, 3, 1, 1)), np.ones((1, 2, 2, 1))
    before = x.copy()
    scratch.conv2d_gradients(x, kernel, back)
    scratch.max_pool_gradient(x, back)
    scratch.average_pool_gradient(x, back)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(back, 1)


def test_single_precision_stays_single():
    x, kernel = np.ones((1, 4, 4, 1), "float32"), np.ones((3, 3, 1, 2), "float32")
    out = scratch.conv2d(x, kernel, padding="same")
    assert out.dtype == scratch.max_pool(out).dtype == np.float32
    assert {g.dtype for g in scratch.conv2d_gradients(x, kernel, out, padding="same")} == {
        np.dtype("float32")
    }


ONE, STACK = np.zeros((4, 4)), np.zeros((2, 4, 4, 3))
KERNEL, KERNELS = np.zeros((3, 3)), np.zeros((3, 3, 3, 5))
NAN = np.full((4, 4), np.nan)


@pytest.mark.parametrize(
    ("x", "kernel", "how", "words"),
    [
        (ONE, np.zeros((5, 5)), {}, r"no larger than the picture of 4×4 pixels, got .* 5×5"),
        (ONE, np.zeros((1, 5)), {}, "over 1×5. Take a smaller kernel, or padding='same'"),
        (ONE, KERNEL, {"dilation": 2}, "over 5×5"),
        (ONE, KERNEL, {"stride": 0}, "`stride` as a whole number from 1, got 0"),
        (ONE, KERNEL, {"stride": 1.5}, "whole number from 1, got 1.5"),
        (ONE, KERNEL, {"stride": True}, "whole number from 1, got True"),
        (ONE, KERNEL, {"dilation": -1}, "`dilation`"),
        (ONE, KERNEL, {"padding": "full"}, "'valid' or 'same', got 'full'"),
        (ONE, KERNEL, {"padding": 1}, "'valid' or 'same', got 1"),
        (ONE, np.zeros((0, 3)), {}, "at least one cell"),
        (np.zeros((0, 4)), KERNEL, {}, "Was a slice empty"),
        (ONE, KERNELS, {}, r"`kernel` as an array with 2 axes"),
        (STACK, KERNEL, {}, r"`kernel` as an array with 4 axes"),
        (STACK[0], KERNEL, {}, r"a stack \(N, H, W, C\): picture\[None"),
        (STACK, np.zeros((3, 3, 1, 5)), {}, "pictures with 3 channels"),
        (STACK, np.zeros((5, 3, 3, 3)).transpose(2, 3, 0, 1), {}, "another order"),
        (STACK, KERNELS, {"bias": np.zeros(3)}, r"one bias a kernel, shape \(5,\), got \(3,\)"),
        (ONE, KERNEL, {"bias": np.zeros(1)}, r"shape \(\), got \(1,\)"),
        (NAN, KERNEL, {}, "NaN"),
        (ONE, np.full((3, 3), np.inf), {}, "finite numbers in `kernel`"),
        (ONE.astype(str), KERNEL, {}, "expected numbers in `x`"),
        (ONE.astype("uint8"), KERNEL.astype("int8"), {}, "overflow in silence"),
        ([[1.0]], KERNEL, {}, "expected `x` as an array"),
    ],
)
def test_convolution_refuses_in_words(x, kernel, how, words):
    with pytest.raises(ValueError, match=words):
        scratch.conv2d(x, kernel, **how)


@pytest.mark.parametrize(
    ("x", "how", "words"),
    [
        (ONE, {"size": 5}, "a square no larger than the picture"),
        (ONE, {"size": 0}, "`size` as a whole number"),
        (ONE, {"size": (2, 2)}, r"`size` as a whole number from 1, got \(2, 2\)"),
        (ONE, {"stride": 0}, "`stride` as a whole number"),
        (ONE, {"padding": "some"}, "'valid' or 'same'"),
        (ONE.astype("uint8"), {"padding": "same"}, "expected floats, got uint8"),
        (NAN, {}, "NaN"),
        (np.zeros(4), {}, "a stack"),
    ],
)
@pytest.mark.parametrize("pool", [scratch.max_pool, scratch.average_pool])
def test_pooling_refuses_in_words(pool, x, how, words):
    with pytest.raises(ValueError, match=words):
        pool(x, **how)


def test_gradients_refuse_an_error_of_another_shape():
    with pytest.raises(ValueError, match=r"\(2, 2, 2, 5\), got \(2, 4, 4, 5\)"):
        scratch.conv2d_gradients(STACK, KERNELS, np.zeros((2, 4, 4, 5)))
    with pytest.raises(ValueError, match=r"\(2, 2, 2, 3\), got \(2, 4, 4, 3\)"):
        scratch.max_pool_gradient(STACK, STACK)
    with pytest.raises(ValueError, match="another stride or padding"):
        scratch.average_pool_gradient(STACK, np.zeros((2, 2, 2, 3)), stride=1)
    with pytest.raises(ValueError, match="expected `x` as an array with 4 axes"):
        scratch.global_max_pool(ONE)
