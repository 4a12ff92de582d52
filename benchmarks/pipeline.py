"""Images per second and peak memory of three ways to feed a network, side by side.

    python benchmarks/pipeline.py [--folder FOLDER] [--size 224] [--epochs 4] > pipeline.json

Each way runs in a process of its own, one after the other, on the same folder (by default the
training folder of ``pneumonia``) and hands over every image as grey float32 batches of 32. The
first epoch includes building the pipeline and decoding; the later ones are given by their median.
Last comes the whole set as the chapters use it, split by patient, for its peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

BATCH = 32


def cxrlib_pipeline(folder: Path, size: int) -> Iterable:
    """Use the course's own pipeline."""
    from cxrlib import data

    return data.pipeline.dataset(data.load(folder, quiet=True), size, batch_size=BATCH)


def image_data_generator(folder: Path, size: int) -> Iterable:
    """Use Keras's ``ImageDataGenerator.flow_from_directory``, as the five articles do."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(size, size), color_mode="grayscale", batch_size=BATCH, shuffle=False
    )

    class Epoch:
        def __iter__(self):
            return (flow[i] for i in range(len(flow)))

    return Epoch()


def image_dataset_from_directory(folder: Path, size: int) -> Iterable:
    """Use Keras's ``image_dataset_from_directory``, prefetched, as its documentation advises."""
    import keras
    import tensorflow as tf

    batches = keras.utils.image_dataset_from_directory(
        folder,
        image_size=(size, size),
        color_mode="grayscale",
        batch_size=BATCH,
        shuffle=False,
        verbose=False,
    )
    return batches.prefetch(tf.data.AUTOTUNE)


def course_way(folder: Path, size: int) -> Iterable:
    """Do as the chapters do with the whole set: read, split by patient, three datasets."""
    from cxrlib import data

    cases = data.splits.train_val_split(data.load("pneumonia", quiet=True))
    images = data.read_images(cases, size)
    parts = [data.pipeline.dataset(images.split(split)) for split in ("train", "val", "test")]

    class Epoch:
        def __iter__(self):
            return (batch for part in parts for batch in part)

    return Epoch()


WAYS = {
    f.__name__: f for f in (cxrlib_pipeline, image_data_generator, image_dataset_from_directory)
}


def measure(way: str, folder: Path, size: int, epochs: int) -> dict:
    """Run some epochs of one way in this process."""
    import resource

    import keras  # noqa: F401  the import is not what is measured

    rates = []
    start = time.perf_counter()
    batches = (WAYS | {"course_way": course_way})[way](folder, size)
    for _ in range(epochs):
        seen = sum(len(x) for x, _ in batches)
        rates.append(seen / (time.perf_counter() - start))
        start = time.perf_counter()
    return {
        "pictures": seen,
        "first_epoch_per_second": round(rates[0]),
        "later_epochs_per_second": round(statistics.median(rates[1:])),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="one sub-folder a class")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder is None:
        from cxrlib import data

        first = data.load("pneumonia", quiet=True)["path"].iloc[-1]
        options.folder = Path(first).parents[1]
    if options.way:
        print(json.dumps(measure(options.way, options.folder, options.size, options.epochs)))
        return
    results = {}
    for way in [*WAYS, "course_way"]:
        command = [sys.executable, __file__, "--way", way, "--folder", str(options.folder)]
        command += ["--size", str(options.size), "--epochs", str(options.epochs)]
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet)
        results[way] = json.loads(done.stdout.splitlines()[-1])
    ours = results["cxrlib_pipeline"]["later_epochs_per_second"]
    whole = results.pop("course_way")
    ratios = {w: round(ours / r["later_epochs_per_second"], 1) for w, r in results.items()}
    answer = {
        "size": options.size,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "ways": results,
        "later_epochs_times_as_fast_as": ratios,
        "whole_set_as_in_the_chapters": whole,
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
