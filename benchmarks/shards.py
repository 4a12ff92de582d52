"""Milliseconds an image of four ways to have it: memory, shards, TFRecord, its own JPEG file.

    python benchmarks/shards.py [--data pneumonia] [--images 2000] [--size 224] > shards.json

All ways hand over the same grey float32 batches of 32, in a shuffled order, and take turns; the
median epoch counts, after a first one that is not counted. *memory* and *shards* are the course's
own pipeline. *TFRecord* is TensorFlow's own format for many images in few files, with raw grey
pixels and a shuffle buffer of 1,000. *JPEG* decodes each file in each epoch, in tf.data.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf

from cxrlib import data
from cxrlib.experiments.run import environment

BATCH = 32


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


def seconds(batches: tf.data.Dataset) -> float:
    """Time an epoch."""
    start = time.perf_counter()
    for batch in batches:
        np.asarray(batch[0] if isinstance(batch, tuple) else batch)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="pneumonia")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    cases = data.sample(data.load(options.data, quiet=True), options.images)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        images = data.read_images(cases, options.size)
        decoding = time.perf_counter() - start
        sharded = data.shards.read_images(cases, options.size, folder)
        records = write_records(images, Path(folder))
        ways = {
            "memory": data.pipeline.dataset(images, shuffle=True),
            "shards": data.pipeline.dataset(sharded, shuffle=True),
            "TFRecord": from_records(records, options.size),
            "JPEG": from_jpegs(cases["path"].tolist(), options.size),
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        for epoch in range(options.epochs + 1):
            for way, batches in ways.items():
                took = seconds(batches)
                if epoch:
                    times[way].append(took)
            print(f"epoch {epoch} of {options.epochs}", file=sys.stderr, flush=True)
    each = {way: 1000 * statistics.median(t) / len(cases) for way, t in times.items()}
    answer = {
        "benchmark": "shards",
        "images": len(cases),
        "source": cases.attrs["source"],
        "median_size": [int(cases[side].median()) for side in ("width", "height")],
        "size": options.size,
        "machine": platform.node(),
        **{key: environment()[key] for key in ("device", "versions")},
        "milliseconds_an_image": {way: round(value, 3) for way, value in each.items()},
        "milliseconds_to_decode_once": round(1000 * decoding / len(cases), 3),
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
