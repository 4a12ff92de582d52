"""Augmented images a second with article 0's settings; standardising is in the network here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks.measuring import Measured, timed
from benchmarks.training import training_images
from cxrlib.experiments.speed import Figure, Missing

IN_MEMORY, FROM_FILES = "ImageDataGenerator in memory", "ImageDataGenerator from files"
LAYERS = "Keras layers in tf.data"


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


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Let the ways take turns."""
    from cxrlib import data

    train = training_images(160, 64 if quick else 1280)
    epochs = {
        "cxrlib": data.pipeline.dataset(train, batch_size=16, shuffle=True, augment="article-0"),
        IN_MEMORY: Generator(train, from_files=False),
        FROM_FILES: Generator(train, from_files=True),
        LAYERS: keras_layers(train),
    }

    def once(batches: Iterable) -> int:
        return sum(len(x) for x, _ in batches)

    ways = {way: timed(lambda b=each: once(b), len(train)) for way, each in epochs.items()}
    found = Measured.alternate(ways, 1 if quick else 7)
    yield from found.missing
    goals = {IN_MEMORY: 5, LAYERS: 3, FROM_FILES: None}
    yield from found.figures(
        "augmented images at 160 px", "images/s", "a second", goals, more_is_better=True
    )
