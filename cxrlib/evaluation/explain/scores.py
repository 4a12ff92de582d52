"""The number that an explanation is about: the score of one class, before sigmoid or softmax.

A sigmoid that is sure is flat: its gradient is nearly zero, and covering the lesion hardly moves
it. The logit before it is not, so gradients are taken of the logit.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers as kl
from keras import ops
from numpy.typing import ArrayLike

SQUASHING = (keras.activations.sigmoid, keras.activations.softmax)


def logits(model: keras.Model) -> tuple[keras.KerasTensor, Callable]:
    """Find the logits without touching the model or its weights.

    Returns
    -------
    source : KerasTensor
        What to fetch from the model.
    finish : callable
        Turns what was fetched into logits, shape (N, K). A model without sigmoid or softmax at its
        end puts its logits out as they are.
    """
    last = model.get_layer(model.output_names[0])
    if isinstance(last, kl.Dense) and last.activation in SQUASHING:
        return last.input, lambda x: _dense(last, x)
    squashes = isinstance(last, kl.Activation) and last.activation in SQUASHING
    if squashes or isinstance(last, kl.Softmax):
        return last.input, lambda x: ops.cast(x, "float32")
    return model.outputs[0], lambda x: ops.cast(x, "float32")


def _dense(layer: kl.Dense, x: ArrayLike) -> ArrayLike:
    """Compute a dense layer without its activation, in full precision."""
    y = ops.matmul(ops.cast(x, "float32"), ops.cast(layer.kernel, "float32"))
    return y if layer.bias is None else y + ops.cast(layer.bias, "float32")


def wanted(model: keras.Model, output: int | ArrayLike | None, n: int) -> np.ndarray | None:
    """Return the class to explain for each of ``n`` pictures; None is the one with the top score.

    Raises
    ------
    ValueError
        If there is no such class, or not one for each picture.
    """
    outputs = int(model.outputs[0].shape[-1])
    classes = max(outputs, 2)
    if output is None:
        return np.ones(n, int) if outputs == 1 else None
    chosen = np.asarray(output)
    if chosen.dtype.kind not in "iu" or chosen.shape not in ((), (n,)):
        raise ValueError(
            f"expected `output` as the number of a class, or one for each of {n:,} pictures, got "
            f"{output!r}. A name becomes a number with data.classes(cases).index(name), labels "
            "(N, 1) with labels[:, 0].astype(int), one-hot ones with labels.argmax(axis=1)."
        )
    if chosen.min() < 0 or chosen.max() >= classes:
        raise ValueError(
            f"expected `output` from 0 to {classes - 1}, as the model tells {classes} classes "
            f"apart, got {output!r}."
        )
    return np.broadcast_to(chosen, (n,))


def of_class(scores: ArrayLike, chosen: np.ndarray | None, total: float = 0.0) -> ArrayLike:
    """Take from (N, K) the score of each picture's class, shape (N,).

    Parameters
    ----------
    scores : tensor, shape (N, K)
        Logits, or probabilities.
    chosen : array of int, shape (N,), optional
        From :func:`wanted`; None takes the highest.
    total : float
        What the scores of two classes add up to, where one column stands for both: 0 for logits,
        1 for probabilities.
    """
    if scores.shape[-1] == 1:
        first = ops.cast(chosen == 0, scores.dtype)
        return (1 - 2 * first) * scores[:, 0] + first * total
    columns = ops.argmax(scores, axis=-1) if chosen is None else chosen
    return ops.sum(scores * ops.one_hot(columns, scores.shape[-1], dtype=scores.dtype), axis=-1)
