"""Pictures → batches: decoded once, kept as bytes, shuffled with a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import tensorflow as tf

from cxrlib.data.cases import DataError
from cxrlib.data.images import ALIGNMENT, Pictures, read_pictures


def dataset(
    pictures: Pictures | pd.DataFrame,
    size: int | None = None,
    *,
    batch_size: int = 32,
    shuffle: bool = False,
    seed: int = 0,
    fit: str = "pad",
) -> tf.data.Dataset:
    """Batches for ``model.fit``, ``evaluate`` and ``predict``.

    The pictures are held in memory as uint8, a quarter of what float32 would take, and turned
    into floats a batch at a time.

    Parameters
    ----------
    pictures : Pictures or DataFrame
        Pictures in memory, or a case table that is read first (then ``size`` is needed).
    size : int, optional
        Side of the pictures in pixels.
    batch_size : int
        Pictures a batch; the last batch may be smaller.
    shuffle : bool
        A new order every epoch, the same series of orders for the same seed.
    seed : int
        Seed of the shuffling.
    fit : {"pad", "squash"}
        See :func:`cxrlib.data.read_image`.

    Returns
    -------
    tf.data.Dataset
        Of ``(pictures, labels)``: float32 (B, size, size, 1) in [0, 255], and float32 (B, 1) for
        two classes or one-hot (B, K).
    """
    if isinstance(pictures, pd.DataFrame):
        if size is None:
            raise DataError("`size` is needed to read a case table, e.g. size=224.")
        pictures = read_pictures(pictures, size, fit)
    elif size is not None and pictures.images.shape[1] != size:
        raise DataError(
            f"the pictures are {pictures.images.shape[1]} px, `size` says {size}. "
            "Leave `size` out, or read the pictures again."
        )
    with tf.device("CPU"):
        images, labels = _tensor(pictures.images), tf.constant(pictures.labels)
    rows = tf.data.Dataset.range(len(pictures))
    if shuffle:
        rng = np.random.default_rng(seed)  # TensorFlow's shuffle depends on its global seed too
        orders = tf.data.Dataset.from_generator(
            lambda: [rng.permutation(len(pictures))],  # one order, drawn anew for each epoch
            output_signature=tf.TensorSpec(len(pictures), tf.int64),
        )
        rows = orders.flat_map(tf.data.Dataset.from_tensor_slices)
        rows = rows.apply(tf.data.experimental.assert_cardinality(len(pictures)))

    def pick(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.cast(tf.gather(images, index), tf.float32), tf.gather(labels, index)

    batches = rows.batch(batch_size, num_parallel_calls=tf.data.AUTOTUNE)
    return batches.map(pick, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _tensor(images: np.ndarray) -> tf.Tensor:
    """Share memory with the array where TensorFlow allows it: a large set should exist once."""
    flags = images.flags
    if (
        len(images)
        and flags.c_contiguous
        and flags.writeable
        and not images.ctypes.data % ALIGNMENT
    ):
        return tf.experimental.dlpack.from_dlpack(images.__dlpack__())
    return tf.constant(images)
