"""Seconds an epoch with the full pipeline, against the same network on tensors in memory.

    python benchmarks/training.py [--images 640] [--epochs 3] > training.json

Both networks of chapters 05 and 07 are trained at their articles' sizes on images of the training
folder. Ways take turns within one process, so that a slow minute of the machine meets them all; of
two epochs at a time the second counts, and the ratio is that of the medians. Then come augmented
images a second with article 0's settings, beside Keras's ``ImageDataGenerator`` and its layers in
tf.data, and last the peak memory of an epoch on the whole training folder, each network in a
process of its own.
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

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

NETWORKS = {
    "first_cnn": {"size": 180, "batch": 8, "optimizer": ("RMSprop", 1e-4), "augment": "article-3"},
    "custom_cnn": {"size": 160, "batch": 16, "optimizer": ("SGD", 0.01), "augment": "article-0"},
}


def images(size: int, n: int | None):
    """Read images of the training folder."""
    from cxrlib import data

    cases = data.load("pneumonia", quiet=True)
    cases = cases[cases["split"] == "train"]
    return data.read_images(data.sample(cases, n) if n else cases, size, "stretch")


def network(name: str):
    """Build and compile one of the two."""
    from cxrlib import models

    settings = NETWORKS[name]
    size = settings["size"]
    model = getattr(models, name)((size, size, 1))
    return models.training.compile_classifier(model, *settings["optimizer"])


def epochs(name: str, n: int, repeats: int) -> dict:
    """Time epochs: in memory, through the pipeline, through the pipeline with augmentation."""
    import keras
    import tensorflow as tf

    from cxrlib import models

    class Timer(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.seconds = []

        def on_epoch_begin(self, epoch, logs=None):
            self.begun = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds.append(time.perf_counter() - self.begun)

    settings = NETWORKS[name]
    train = images(settings["size"], n)
    with tf.device("CPU"):
        x, y = tf.constant(train.images, tf.float32), tf.constant(train.labels)
    models_of = {way: network(name) for way in ("tensors", "pipeline", "augmented")}

    def second_epoch(way: str) -> float:
        """Train two epochs; the first builds the graphs, which is done once in any training."""
        if way == "tensors":
            timer = Timer()
            models_of[way].fit(
                x, y, batch_size=settings["batch"], epochs=2, verbose=0, callbacks=[timer]
            )
            return timer.seconds[-1]
        augment = settings["augment"] if way == "augmented" else None
        plan = {"epochs": 2, "batch_size": settings["batch"], "augment": augment}
        return models.fit(models_of[way], train, None, **plan)["seconds"].iloc[-1]

    seconds = {way: [] for way in models_of}
    for _ in range(repeats):
        for way, times in seconds.items():
            times.append(second_epoch(way))
    median = {way: statistics.median(times) for way, times in seconds.items()}
    return {
        "pictures": len(train),
        "seconds_an_epoch": {way: round(value, 2) for way, value in median.items()},
        "pipeline_to_tensors": round(median["pipeline"] / median["tensors"], 3),
        "augmented_to_tensors": round(median["augmented"] / median["tensors"], 3),
    }


class Generator:
    """Keras's ``ImageDataGenerator`` with article 0's settings; iterating it gives an epoch."""

    def __init__(self, train, *, from_files: bool) -> None:
        from keras.src.legacy.preprocessing.image import ImageDataGenerator

        recipe = ImageDataGenerator(
            rescale=1 / 255,
            samplewise_center=True,
            samplewise_std_normalization=True,
            zoom_range=0.2,
            width_shift_range=0.1,
            height_shift_range=0.1,
        )
        if from_files:  # the article's way: read, resize and augment three channels
            table = train.cases.assign(label=train.cases["label"].astype(str))
            self.flow = recipe.flow_from_dataframe(
                table, None, "path", "label", target_size=(160, 160), class_mode="binary",
                batch_size=16, validate_filenames=False,
            )  # fmt: skip
        else:
            self.flow = recipe.flow(train.images.astype("float32"), train.labels, batch_size=16)

    def __iter__(self):
        return (self.flow[i] for i in range(len(self.flow)))


def keras_layers(train) -> Iterable:
    """Augment with Keras's random layers, mapped over a tf.data pipeline."""
    import keras
    import tensorflow as tf

    change = keras.Sequential(
        [
            keras.layers.RandomZoom((-0.2, 0.2), (-0.2, 0.2), fill_mode="nearest"),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
        ]
    )
    batches = tf.data.Dataset.from_tensor_slices((train.images, train.labels)).batch(16)
    return batches.map(
        lambda x, y: (change(tf.cast(x, tf.float32), training=True), y),
        num_parallel_calls=tf.data.AUTOTUNE,
    ).prefetch(tf.data.AUTOTUNE)


def augmentation(n: int, repeats: int) -> dict:
    """Augmented images a second, the ways taking turns; standardising is in the network here."""
    from cxrlib import data

    train = images(160, n)
    ways = {
        "cxrlib": data.pipeline.dataset(train, batch_size=16, shuffle=True, augment="article-0"),
        "ImageDataGenerator from files": Generator(train, from_files=True),
        "ImageDataGenerator in memory": Generator(train, from_files=False),
        "Keras layers in tf.data": keras_layers(train),
    }
    rates = {way: [] for way in ways}
    for repeat in range(repeats + 1):
        for way, batches in ways.items():
            start = time.perf_counter()
            seen = sum(len(x) for x, _ in batches)
            if repeat:  # the first round builds graphs
                rates[way].append(seen / (time.perf_counter() - start))
    median = {way: round(statistics.median(values)) for way, values in rates.items()}
    times = {w: round(median["cxrlib"] / rate, 1) for w, rate in median.items() if w != "cxrlib"}
    return {"pictures_per_second": median, "times_as_fast_as": times}


def peak_memory(name: str) -> int:
    """Train one epoch on the whole training folder in this process; return its peak in MB."""
    import resource

    from cxrlib import models

    settings = NETWORKS[name]
    models.fit(
        network(name),
        images(settings["size"], None),
        None,
        epochs=1,
        batch_size=settings["batch"],
        augment=settings["augment"],
    )
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=640)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--memory", choices=NETWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(peak_memory(options.memory))
        return
    answer = {"cores": os.cpu_count(), "python": platform.python_version()}
    answer["epochs"] = {n: epochs(n, options.pictures, options.epochs) for n in NETWORKS}
    answer["augmentation"] = augmentation(options.pictures, options.epochs)
    memory = {}
    for name in NETWORKS:
        command = [sys.executable, __file__, "--memory", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        memory[name] = int(done.stdout.split()[-1])
    answer["peak_memory_mb_whole_training_folder"] = memory
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
