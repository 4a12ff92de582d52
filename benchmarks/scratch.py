"""Time the course's NumPy convolution against Keras on the CPU, side by side.

    python benchmarks/scratch.py [--size 224] [--kernels 16] [--images 1] [--repeats 30]

Both convolve the same float32 images with the same 3×3 kernels, forward and back, one after the
other in one process: by turns, the threads of one would still be spinning while the other is timed.
Given is the median; Keras is timed as a plain call and inside a ``tf.function``, and the
faster of the two is what NumPy is compared with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# One thread for NumPy, all for Keras: on a busy machine OpenBLAS's threads wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
GOAL = 10  # at most so many times as slow as Keras


def ways(size: int, kernels: int, images: int) -> dict[str, Callable]:
    """Make the functions to time, and see that they agree."""
    import keras
    import numpy as np
    import tensorflow as tf

    from cxrlib.models import scratch

    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, size=(images, size, size, 1)).astype("float32")
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

    forward = tf.function(lambda: layer(there))
    backward = tf.function(slopes)
    found = {
        "numpy": lambda: scratch.conv2d(x, *weights, padding="same"),
        "keras": lambda: layer(there).numpy(),
        "keras_compiled": lambda: forward().numpy(),
        "numpy_backward": lambda: scratch.conv2d_backward(
            x, weights[0], grad_output, padding="same"
        ),
        "keras_backward": lambda: [g.numpy() for g in slopes()],
        "keras_compiled_backward": lambda: [g.numpy() for g in backward()],
    }
    assert np.abs(found["numpy"]() - found["keras"]()).max() < 1e-5
    for ours, theirs in zip(found["numpy_backward"](), found["keras_backward"](), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-3, atol=0.01)  # sums of 50,000 terms
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--kernels", type=int, default=16)
    parser.add_argument("--pictures", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    functions = ways(options.size, options.kernels, options.pictures)
    times = {name: [] for name in functions}
    for name, function in functions.items():
        for turn in range(options.repeats + 3):
            start = time.perf_counter()
            function()
            if turn >= 3:  # the first turns compile and warm up
                times[name].append(1000 * (time.perf_counter() - start))
    median = {name: round(statistics.median(found), 3) for name, found in times.items()}
    ratios = {
        what: median[f"numpy{what}"] / min(median[f"keras{what}"], median[f"keras_compiled{what}"])
        for what in ("", "_backward")
    }
    answer = {
        **vars(options),
        "numpy_threads": os.environ["OPENBLAS_NUM_THREADS"],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "milliseconds": median,
        "numpy_times_as_slow_as_keras": {
            k.strip("_") or "forward": round(r, 2) for k, r in ratios.items()
        },
        "goal": GOAL,
        "reached": max(ratios.values()) <= GOAL,
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
