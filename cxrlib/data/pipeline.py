"""Images → batches: decoded once, kept as bytes, shuffled and augmented with a seed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import tensorflow as tf

from cxrlib.data import augmentation
from cxrlib.data.cases import DataError
from cxrlib.data.images import ImageSet, read_images
from cxrlib.data.shards import ShardedImages

AHEAD = 2  # batches that are made before they are asked for


def dataset(
    image_set: ImageSet | pd.DataFrame,
    size: int | None = None,
    *,
    batch_size: int = 32,
    shuffle: bool = False,
    augment: augmentation.Recipe | None = None,
    seed: int = 0,
    first_epoch: int = 0,
    resize: str = "pad",
) -> tf.data.Dataset:
    """Batches for ``model.fit``, ``evaluate`` and ``predict``.

    The images are held in memory as uint8, a quarter of what float32 would take, and turned
    into floats a batch at a time; or they lie on disk, see :mod:`cxrlib.data.shards`.

    Parameters
    ----------
    image_set : ImageSet or DataFrame
        Images in memory, or a case table that is read first (then ``size`` is needed).
    size : int, optional
        Side of the images in pixels.
    batch_size : int
        Images a batch; the last batch may be smaller.
    shuffle : bool
        A new order every epoch, the same series of orders for the same seed. An epoch counts when
        its last batch was handed out, so that looking at a few changes nothing.
    augment : str, mapping or Augmentation, optional
        Change every image anew each epoch, by a name in ``data.augmentation.PRESETS``, or by
        settings of your own. For training images only.
    seed : int
        Seed of the orders and of the augmentation.
    first_epoch : int
        The epoch to begin with, where an interrupted training goes on.
    resize : {"pad", "stretch"}
        See :func:`cxrlib.data.read_image`.

    Returns
    -------
    tf.data.Dataset
        Of ``(images, labels)``: float32 (B, size, size, 1) in [0, 255], and float32 (B, 1) for
        two classes or one-hot (B, K).
    """
    if isinstance(image_set, pd.DataFrame):
        if size is None:
            raise DataError("expected `size` with a case table, got none. Try size=224.")
        image_set = read_images(image_set, size, resize)
    elif size is not None and image_set.images.shape[1] != size:
        raise DataError(
            f"expected images of {size} px as `size` says, got {image_set.images.shape[1]} px. "
            "Leave `size` out, or read the images again."
        )
    recipe = None if augment is None else augmentation.get(augment)
    if recipe:
        _check_for_training(image_set)
    look_up = _look_up(image_set.images)
    with tf.device("CPU"):
        labels = tf.constant(image_set.labels)
    n = len(image_set)
    epoch, no_transforms = first_epoch, np.empty((n, 0), np.float32)
    shapes = tf.TensorSpec(n, tf.int64), tf.TensorSpec((n, None), tf.float32)

    def plan() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # NumPy draws: TensorFlow's shuffle and random layers depend on its global seed too.
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(n) if shuffle else np.arange(n)
        drawn = augmentation.random_transforms(recipe, n, rng) if recipe else no_transforms
        yield order, drawn

    def pick(index: tf.Tensor, settings: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.cast(look_up(index), tf.float32)
        if recipe:
            chosen = augmentation.apply_transforms(chosen, settings, recipe)
        return chosen, tf.gather(labels, index)

    batches = tf.data.Dataset.from_generator(plan, output_signature=shapes)
    batches = batches.flat_map(
        lambda *plan: tf.data.Dataset.from_tensor_slices(plan).batch(batch_size)
    )
    batches = batches.apply(tf.data.experimental.assert_cardinality(math.ceil(n / batch_size)))
    batches = batches.map(pick, num_parallel_calls=os.cpu_count()).prefetch(AHEAD)
    options = tf.data.Options()
    # With it, the end of an epoch can wait for a sleeping thread: up to as long as the epoch took.
    options.autotune.enabled = False
    batches = batches.with_options(options)
    if not (shuffle or recipe):
        return batches

    def next_epoch() -> np.int64:
        nonlocal epoch
        epoch += 1
        return np.int64(epoch)

    return _when_read(batches, math.ceil(n / batch_size), next_epoch)


def _look_up(images: np.ndarray | ShardedImages) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return what gives the images of some rows, from memory or from disk."""
    if not isinstance(images, ShardedImages):
        with tf.device("CPU"):
            in_memory = tf.constant(images)
        return lambda rows: tf.gather(in_memory, rows)

    def read(rows: tf.Tensor) -> tf.Tensor:
        found = tf.numpy_function(lambda i: np.asarray(images[i]), [rows], tf.uint8)
        return tf.ensure_shape(found, (None, *images.shape[1:]))

    return read


def _when_read(batches: tf.data.Dataset, n: int, call: Callable[[], np.int64]) -> tf.data.Dataset:
    """Call a function whenever the last of ``n`` batches is handed out, and not before."""

    def hand_out(i: tf.Tensor, batch: tuple) -> tuple:
        last = tf.equal(i, n - 1)
        done = tf.cond(last, lambda: tf.numpy_function(call, [], tf.int64), lambda: np.int64(0))
        with tf.control_dependencies([done]):
            return tf.nest.map_structure(tf.identity, batch)

    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False  # it would run ahead of the reader
    return batches.enumerate().map(hand_out).with_options(options)


def _check_for_training(images: ImageSet) -> None:
    splits = images.cases["split"]
    others = splits[~(splits == "train").fillna(False)]
    if len(others):
        raise DataError(
            f"expected training images for augmentation, got {len(others):,} of {len(splits):,} "
            f"of split {str(others.iloc[0])!r}. A network is judged on images as they are: "
            "changed ones are other images, and their score is another number. Leave `augment` "
            "out here. To look at changed copies, use data.augmentation.augment_images."
        )
