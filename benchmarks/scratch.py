"""The course's NumPy convolution against Keras on the CPU, forward and back.

Both convolve the same float32 image with the same 16 kernels of 3 × 3. Ways do not take turns here,
as the threads of one would still be spinning while the other is timed. Keras is timed as a plain
call and inside a ``tf.function``, and the faster of the two is the peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.measuring import Measured, timed
from cxrlib.experiments.speed import Figure, Missing

GOAL = 0.1  # at most ten times as slow as Keras, which is not written for reading


def functions(size: int, kernels: int = 16) -> dict[str, dict[str, Callable]]:
    """Make the functions to time, and see that they agree."""
    import keras
    import tensorflow as tf

    from cxrlib.models import scratch

    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, size=(1, size, size, 1)).astype("float32")
    layer = keras.layers.Conv2D(kernels, 3, padding="same")
    layer.build(x.shape)
    weights = [w.numpy() for w in layer.weights]
    grad_output = rng.normal(size=(*x.shape[:3], kernels)).astype("float32")
    there, error = tf.constant(x), tf.constant(grad_output)

    def slopes() -> list:
        with tf.GradientTape() as tape:
            tape.watch(there)
            out = layer(there)
        return tape.gradient(out, [there, *layer.weights], output_gradients=error)

    compiled, compiled_slopes = tf.function(lambda: layer(there)), tf.function(slopes)
    found = {
        "forward": {
            "cxrlib": lambda: scratch.conv2d(x, *weights, padding="same"),
            "Keras": lambda: layer(there).numpy(),
            "Keras, compiled": lambda: compiled().numpy(),
        },
        "back": {
            "cxrlib": lambda: scratch.conv2d_backward(x, weights[0], grad_output, padding="same"),
            "Keras": lambda: [g.numpy() for g in slopes()],
            "Keras, compiled": lambda: [g.numpy() for g in compiled_slopes()],
        },
    }
    ours, theirs = (found["forward"][way]() for way in ("cxrlib", "Keras"))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    for own, other in zip(*(found["back"][way]() for way in ("cxrlib", "Keras")), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-3, atol=0.01)  # sums of 50,000 terms
    return found


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure both directions."""
    size, repeats = (64, 2) if quick else (224, 30)
    for direction, ways in functions(size).items():
        medians = {}
        for way, call in ways.items():
            found = Measured.alternate({way: timed(call)}, repeats, warm_up=3)
            yield from found.missing
            medians |= found.medians
        peer = min(medians.keys() - {"cxrlib"}, key=lambda way: medians[way]["seconds"])
        what = f"convolution in NumPy, {size} px, {direction}"
        yield from Measured(medians).figures(what, "ms", goals={peer: GOAL}, scale=1000)
