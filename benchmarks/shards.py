"""Milliseconds an image of four ways to have it: memory, shards, TFRecord, its own JPEG file.

All ways hand over the same grey float32 batches of 32, in a shuffled order, and take turns.
*memory* and *shards* are the course's own pipeline. *TFRecord* is TensorFlow's own format for many
images in few files, with raw grey pixels and a shuffle buffer of 1,000. *JPEG* decodes each file in
each epoch, in tf.data.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.measuring import Measured, timed
from cxrlib import data
from cxrlib.experiments.speed import Figure, Missing

BATCH = 32
TFRECORD, JPEG = "TFRecord", "JPEG files, decoded in tf.data"


def write_records(images: data.ImageSet, folder: Path, each: int = 512) -> list[str]:
    """Write images as raw pixels into TFRecord files."""
    paths = []
    for start in range(0, len(images), each):
        paths.append(str(folder / f"{start:06d}.tfrecord"))
        with tf.io.TFRecordWriter(paths[-1]) as file:
            for pixels in images.images[start : start + each]:
                file.write(pixels.tobytes())
    return paths


def from_records(paths: list[str], size: int) -> tf.data.Dataset:
    def decode(records: tf.Tensor) -> tf.Tensor:
        pixels = tf.io.decode_raw(records, tf.uint8, fixed_length=size * size)
        return tf.cast(tf.reshape(pixels, (-1, size, size, 1)), tf.float32)

    records = tf.data.TFRecordDataset(paths).shuffle(1000).batch(BATCH)
    return records.map(decode, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def from_jpegs(paths: list[str], size: int) -> tf.data.Dataset:
    def read(path: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(tf.io.read_file(path), channels=1, expand_animations=False)
        return tf.image.resize_with_pad(image, size, size)

    files = tf.data.Dataset.from_tensor_slices(paths).shuffle(len(paths))
    images = files.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return images.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def epoch(batches: tf.data.Dataset) -> None:
    """Take every image once."""
    for batch in batches:
        np.asarray(batch[0] if isinstance(batch, tuple) else batch)


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Let the ways take turns."""
    n, size = (64, 64) if quick else (2000, 224)
    cases = data.sample(data.load("pneumonia", quiet=True), n)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        images = data.read_images(cases, size)
        decoding = time.perf_counter() - start
        sharded = data.shards.read_images(cases, size, folder)
        epochs = {
            "memory": data.pipeline.dataset(images, shuffle=True),
            "shards": data.pipeline.dataset(sharded, shuffle=True),
            TFRECORD: from_records(write_records(images, Path(folder)), size),
            JPEG: from_jpegs(cases["path"].tolist(), size),
        }
        ways = {way: timed(lambda b=each: epoch(b)) for way, each in epochs.items()}
        found = Measured.alternate(ways, 1 if quick else 5)
    yield from found.missing
    unit, scale = "ms", 1000 / len(cases)
    goals = dict.fromkeys((TFRECORD, JPEG))
    for way in ("shards", "memory"):
        what = f"an image from {way}, {size} px, shuffled"
        yield from found.figures(what, unit, goals=goals, ours=way, scale=scale)
    yield Figure("an image decoded once, as memory and shards need", unit, decoding * scale)
