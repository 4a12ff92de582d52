"""Chapter 02: going downhill, and checking the slope."""

from __future__ import annotations

import numpy as np


def gradient_descent(gradients, parameters, rate, steps):
    """Take ``steps`` steps against the gradient.

    ``gradients(*parameters)`` returns one gradient for each parameter; the result is the list of
    parameters after the last step. The arrays that came in are left as they were.
    """
    for _ in range(steps):
        slopes = gradients(*parameters)
        pairs = zip(parameters, slopes, strict=True)
        parameters = [p - rate * slope for p, slope in pairs]
    return parameters


def numeric_gradient(loss, values, step=1e-6):
    """Measure the gradient of ``loss(values)``: nudge each number up and down, and look."""
    gradient = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        nudge = np.zeros_like(values)
        nudge[place] = step
        gradient[place] = (loss(values + nudge) - loss(values - nudge)) / (2 * step)
    return gradient
