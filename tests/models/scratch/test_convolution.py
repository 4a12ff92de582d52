import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib.models import scratch
from tests.models.scratch.conftest import assert_same

RAMP = np.arange(16.0).reshape(4, 4)  # brighter by 1 rightwards, by 4 downwards
PICTURE = np.array([[1.0, 2, 0, 1], [3, 0, 1, 0], [0, 1, 5, 2], [1, 0, 2, 4]])


def test_the_kernel_is_not_flipped():
    spot = np.zeros((5, 5))
    spot[2, 2] = 1
    kernel = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(scratch.conv2d(spot, kernel), kernel[::-1, ::-1])


def test_the_kernels_do_what_they_are_called():
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.SOBEL_X), np.full((2, 2), 8.0))
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.SOBEL_Y), np.full((2, 2), 32.0))
    np.testing.assert_allclose(scratch.conv2d(RAMP, scratch.BLUR), RAMP[1:-1, 1:-1])
    np.testing.assert_allclose(
        scratch.conv2d(RAMP, scratch.LAPLACIAN), np.zeros((2, 2)), atol=1e-12
    )
    np.testing.assert_array_equal(scratch.conv2d(RAMP, scratch.IDENTITY, padding="same"), RAMP)
    sharp = scratch.conv2d(PICTURE, scratch.SHARPEN, padding="same")
    edges = scratch.conv2d(PICTURE, scratch.LAPLACIAN, padding="same")
    np.testing.assert_allclose(sharp, PICTURE + edges)
    with pytest.raises(ValueError, match="read-only"):
        scratch.SOBEL_X[0, 0] = 5


def test_what_a_window_sees_is_a_view():
    x = RAMP[None, :, :, None].copy()
    view = scratch.sliding_windows(x, (2, 2), stride=2)
    np.testing.assert_array_equal(view[0, 0, 0, :, :, 0], [[0, 2], [8, 10]])
    np.testing.assert_array_equal(view[1, 1, 0, :, :, 0], [[5, 7], [13, 15]])
    assert np.shares_memory(view, x)


@pytest.mark.parametrize(
    ("size", "side", "stride", "border"),
    [(4, 3, 1, (1, 1)), (4, 2, 1, (0, 1)), (5, 3, 2, (1, 1)), (4, 3, 2, (0, 1)), (6, 2, 4, (0, 0))],
)
def test_pad_widths_as_keras_has_them(size, side, stride, border):
    x = np.zeros((1, size, size, 1))
    assert scratch.pad_widths(x, (side, side), stride, "same") == [border, border]
    assert scratch.pad_widths(x, (side, side), stride, "valid") == [(0, 0), (0, 0)]


SIZES = st.tuples(st.integers(4, 12), st.integers(4, 12))
PADDINGS = st.sampled_from(["valid", "same"])
FEW = st.integers(1, 3)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10_000), SIZES, st.tuples(FEW, st.integers(1, 4)), FEW, FEW, PADDINGS, FEW, FEW
)
def test_it_is_keras_s_in_values_and_gradients(
    seed, size, shape, channels, kernels, padding, stride, dilation
):
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    rng = np.random.default_rng(seed)
    room = [n + dilation * (side - 1) for n, side in zip(size, shape, strict=True)]
    x = rng.normal(size=(2, *room, channels))
    kernel, bias = rng.normal(size=(*shape, channels, kernels)), rng.normal(size=kernels)

    def layer(x, kernel, bias):
        if 1 in (stride, dilation):
            steps = {"strides": stride, "dilation_rate": dilation}
            return keras.ops.conv(x, kernel, padding=padding, **steps) + bias
        # TensorFlow refuses both at once: every second or third place, then.
        border = scratch.pad_widths(x, shape, stride, padding, dilation)
        x = keras.ops.pad(x, [(0, 0), *border, (0, 0)])
        return keras.ops.conv(x, kernel, dilation_rate=dilation)[:, ::stride, ::stride] + bias

    assert_same(
        layer,
        lambda x, kernel, bias: scratch.conv2d(x, kernel, bias, **how),
        lambda back: scratch.conv2d_backward(x, kernel, back, **how),
        *(x, kernel, bias),
    )


def test_single_precision_stays_single_and_inputs_stay_as_they_were():
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 1)).astype("float32")
    kernel, before = np.ones((3, 3, 1, 2), "float32"), x.copy()
    out = scratch.conv2d(x, kernel, padding="same")
    gradients = scratch.conv2d_backward(x, kernel, out, padding="same")
    assert {array.dtype for array in (out, *gradients)} == {np.dtype("float32")}
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(kernel, 1)


ONE, STACK = np.zeros((4, 4)), np.zeros((2, 4, 4, 3))
KERNEL, KERNELS = np.zeros((3, 3)), np.zeros((3, 3, 3, 5))
NAN = np.full((4, 4), np.nan)


@pytest.mark.parametrize(
    ("x", "kernel", "how", "words"),
    [
        (ONE, np.zeros((5, 5)), {}, r"no larger than the image of 4×4 pixels, got .* 5×5"),
        (ONE, np.zeros((1, 5)), {}, "covers 1×5. Take a smaller kernel, or padding='same'"),
        (ONE, KERNEL, {"dilation": 2}, "covers 5×5"),
        (ONE, KERNEL, {"stride": 0}, "`stride` as a whole number from 1, got 0"),
        (ONE, KERNEL, {"stride": 1.5}, "whole number from 1, got 1.5"),
        (ONE, KERNEL, {"stride": True}, "whole number from 1, got True"),
        (ONE, KERNEL, {"dilation": -1}, "`dilation`"),
        (ONE, KERNEL, {"padding": "full"}, "'valid' or 'same', got 'full'"),
        (ONE, np.zeros((0, 3)), {}, "at least one cell"),
        (np.zeros((0, 4)), KERNEL, {}, "Was a slice empty"),
        (ONE, KERNELS, {}, r"`kernel` as an array with 2 axes"),
        (STACK, KERNEL, {}, r"`kernel` as an array with 4 axes"),
        (STACK[0], KERNEL, {}, r"a stack \(N, H, W, C\): image\[None"),
        (STACK, np.zeros((3, 3, 1, 5)), {}, "images with 3 channels.*another order"),
        (STACK, KERNELS, {"bias": np.zeros(3)}, r"one bias a kernel, shape \(5,\), got \(3,\)"),
        (ONE, KERNEL, {"bias": np.zeros(1)}, r"shape \(\), got \(1,\)"),
        (NAN, KERNEL, {}, "NaN"),
        (ONE, np.full((3, 3), np.inf), {}, "finite numbers in `kernel`"),
        (ONE.astype("uint8"), KERNEL.astype("int8"), {}, "overflow in silence"),
    ],
)
def test_it_refuses_in_words(x, kernel, how, words):
    with pytest.raises(ValueError, match=words):
        scratch.conv2d(x, kernel, **how)


def test_gradients_refuse_an_error_of_another_shape():
    with pytest.raises(ValueError, match=r"\(2, 2, 2, 5\), got \(2, 4, 4, 5\).*another stride"):
        scratch.conv2d_backward(STACK, KERNELS, np.zeros((2, 4, 4, 5)))
