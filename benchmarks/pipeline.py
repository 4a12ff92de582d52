"""Images per second and peak memory of ways to feed a network, on one folder.

Each way runs in a process of its own, in turn with the others, on the training folder of
``pneumonia``, and hands over every image as grey float32 batches of 32. The first epoch includes
building the pipeline and decoding, ours also reading every file's head; the later ones are given
by their median. Copies of the set with small files are common; as published, files are large, so a
first epoch is also measured from enlarged ones. Last comes the whole set as the chapters use it,
split by patient, for its memory.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from PIL import Image

from benchmarks.measuring import Measured, Numbers, apart
from cxrlib.experiments.speed import Figure, Missing

BATCH, SIZE = 32, 224
LARGE = 1344, 1008  # as many published files, about


class Epoch:
    """What a function gives, anew for each epoch."""

    def __init__(self, start: Callable[[], Iterator]) -> None:
        self.start = start

    def __iter__(self) -> Iterator:
        return self.start()


def pipeline(folder: str, size: int) -> Iterable:
    """Use the course's own pipeline."""
    from cxrlib import data

    return data.pipeline.dataset(data.load(folder, quiet=True), size, batch_size=BATCH)


def image_data_generator(folder: str, size: int) -> Iterable:
    """Use Keras's ``ImageDataGenerator.flow_from_directory``, as the articles in Keras do."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(size, size), color_mode="grayscale", batch_size=BATCH, shuffle=False
    )
    return Epoch(lambda: (flow[i] for i in range(len(flow))))


def image_dataset_from_directory(folder: str, size: int, cached: bool = False) -> Iterable:
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
    return (batches.cache() if cached else batches).prefetch(tf.data.AUTOTUNE)


def image_dataset_cached(folder: str, size: int) -> Iterable:
    """Do so, and let tf.data keep the float32 images in memory."""
    return image_dataset_from_directory(folder, size, cached=True)


def data_loader(folder: str, size: int) -> Iterable:
    """Use PyTorch's ``DataLoader``, a worker for each core, over files that Pillow decodes."""
    import numpy as np
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    names = sorted(path.name for path in Path(folder).iterdir() if path.is_dir())

    class Folder(Dataset):
        def __init__(self) -> None:
            self.files = [
                (path, label)
                for label, name in enumerate(names)
                for path in sorted(Path(folder, name).iterdir())
            ]

        def __len__(self) -> int:
            return len(self.files)

        def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
            path, label = self.files[i]
            with Image.open(path) as image:
                grey = image.convert("L").resize((size, size), Image.Resampling.BILINEAR)
            return torch.from_numpy(np.asarray(grey, np.float32)[None]), label

    cores = os.cpu_count() or 1
    return DataLoader(Folder(), batch_size=BATCH, num_workers=cores, persistent_workers=True)


def whole_set(folder: str, size: int) -> Iterable:
    """Do as the chapters do with the whole set: read, split by patient, three datasets."""
    from cxrlib import data

    cases = data.splits.train_val_split(data.load("pneumonia", quiet=True))
    images = data.read_images(cases, size)
    parts = [data.pipeline.dataset(images.split(split)) for split in ("train", "val", "test")]
    return Epoch(lambda: (batch for part in parts for batch in part))


WAYS = {
    "cxrlib": pipeline,
    "ImageDataGenerator": image_data_generator,
    "image_dataset_from_directory": image_dataset_from_directory,
    "image_dataset_from_directory, cache()": image_dataset_cached,
    "PyTorch DataLoader": data_loader,
    "the chapters' whole set": whole_set,
}
FROM_LARGE = ("cxrlib", "image_dataset_from_directory")


def load_libraries(way: str) -> None:
    """Load now what a way loads on its first use: that is not what is measured."""
    if "PyTorch" in way:  # and no TensorFlow: the two don't share a process
        import torch.utils.data  # noqa: F401
    elif way.startswith("image_dataset"):
        import keras

        _ = keras.utils.image_dataset_from_directory
    elif "Generator" in way:
        from keras.src.legacy.preprocessing import image  # noqa: F401
    else:
        from cxrlib import data

        _ = data.load, data.splits, data.read_images, data.pipeline.dataset


def measure(way: str, folder: str, size: int, epochs: int) -> Numbers:
    """Run some epochs of one way in this process."""
    load_libraries(way)
    rates = []
    start = time.perf_counter()
    batches = WAYS[way](folder, size)
    for _ in range(epochs):
        seen = sum(len(x) for x, _ in batches)
        rates.append(seen / (time.perf_counter() - start))
        start = time.perf_counter()
    return {"first": rates[0], "later": statistics.median(rates[1:])}


@contextmanager
def few(folder: Path, each: int, enlarge: bool = False) -> Iterator[Path]:
    """Copy some images of each class into a folder of their own, or make them larger there."""
    with tempfile.TemporaryDirectory() as place:
        for path in folder.iterdir():
            (Path(place) / path.name).mkdir()
            for file in sorted(path.iterdir())[:each]:
                copy = Path(place) / path.name / file.name
                if enlarge:
                    with Image.open(file) as image:
                        image.convert("L").resize(LARGE).save(copy, "JPEG", quality=90)
                else:
                    shutil.copy(file, copy)
        yield Path(place)


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure first and later epochs, and memory."""
    from cxrlib import data

    cases = data.load("pneumonia", quiet=True)
    cases = cases[cases["split"] == "train"]
    training = Path(cases["path"].iloc[0]).parents[1]
    files = "files of {:.0f} × {:.0f} px".format(*cases[["width", "height"]].median())
    size, epochs, repeats = (64, 2, 1) if quick else (SIZE, 3, 3)
    with few(training, 100) if quick else nullcontext(training) as folder:
        for path in folder.rglob("*.*"):  # else the first way would wait for the disk
            path.read_bytes()
        ways = {way: apart(measure, way, str(folder), size, epochs) for way in WAYS}
        found = Measured.alternate(ways, repeats, warm_up=0)
    with few(training, 50 if quick else 1000, enlarge=True) as folder:
        ways = {way: apart(measure, way, str(folder), size, 2) for way in FROM_LARGE}
        large = Measured.alternate(ways, repeats, warm_up=0)
    yield from found.missing
    whole = found.medians.pop("the chapters' whole set", None)
    generator, keras_way, cached, loader = list(WAYS)[1:5]
    goals = {generator: None, keras_way: 1, loader: None}
    unit = "images/s"
    yield from found.figures(
        f"first epoch at {size} px from {files}", unit, "first", goals, more_is_better=True
    )
    yield from large.figures(
        "first epoch at {} px from files of {} × {} px".format(size, *LARGE),
        unit,
        "first",
        {keras_way: 1},
        more_is_better=True,
    )
    goals = {generator: 15, keras_way: None, cached: None, loader: None}
    yield from found.figures(
        f"later epochs at {size} px", unit, "later", goals, more_is_better=True
    )
    yield from found.figures(f"peak memory, epochs at {size} px", "MB", "peak_memory_mb")
    if whole:
        yield Figure("peak memory, the whole set as in the chapters", "MB", whole["peak_memory_mb"])
