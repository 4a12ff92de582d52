import keras
import numpy as np
import pandas as pd
import pytest

from cxrlib import models
from cxrlib.data import ImageSet

THREE = ("normal", "bacterial", "viral")
FOUR = (*THREE, "covid")


def some_pictures(n=24, split="train", seed=0, classes=("normal", "pneumonia"), size=16):
    """Return noise with a bright middle in the images of the second class."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 120, (n, size, size, 1), dtype=np.uint8)
    numbers = np.arange(n) % len(classes)
    images[numbers == 1, size // 4 : -size // 4, size // 4 : -size // 4] += 100
    labels = numbers[:, None] if len(classes) == 2 else np.eye(len(classes))[numbers]
    cases = pd.DataFrame(
        {
            "path": [f"{split}/{i:03d}.png" for i in range(n)],
            "label": pd.Categorical.from_codes(numbers, classes),
            "patient_id": [f"{split} child {i}" for i in range(n)],
            "split": split,
            "source": "test",
            "width": size,
            "height": size,
        }
    )
    return ImageSet(images, labels.astype("float32"), cases)


def rows(image_set, which):
    """Return the images of some rows."""
    parts = image_set.images[which], image_set.labels[which], image_set.cases.iloc[which]
    return ImageSet(*parts)


@pytest.fixture(scope="package")
def train():
    """Images to train with; a training leaves them as they are."""
    return some_pictures()


@pytest.fixture(scope="package")
def val():
    return some_pictures(12, "val", seed=1)


def small_model(rate=1e-2, optimizer=keras.optimizers.Adam, size=16, classes=2, **options):
    options = {"dense": 4, "dropout": 0.5} | options
    net = models.first_cnn((size, size, 1), (2, 3), classes=classes, **options)
    loss = "binary_crossentropy" if classes == 2 else "categorical_crossentropy"
    net.compile(optimizer=optimizer(rate), loss=loss, metrics=["accuracy"])
    return net
