"""What stands behind a verdict, made to be looked at: histograms, and images of what was seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cxrlib.evaluation.audit.report import Histogram, View

N_BINS = 24
FIRST, SECOND = (224, 122, 31), (42, 122, 200)  # where one is brighter, and where the other is
LEAST_DIFFERENCE = 0.03  # of the range of greys: a smaller one is drawn pale


def histogram(feature: str, values: np.ndarray, cases: pd.DataFrame) -> Histogram:
    """Count one number an image by split and class, between its 1st and 99th percentile.

    The values, shape (N,), must not all be the same.
    """
    low, high = np.percentile(values, [1, 99])
    if low == high:  # nearly all the same: then over all values
        low, high = values.min(), values.max()
    edges = np.linspace(low, high, N_BINS + 1)
    splits = cases["split"].astype("string").fillna("no split").to_numpy()
    labels = cases["label"].astype(str).to_numpy()
    proportions: dict[str, dict[str, list[float]]] = {}
    for split in sorted(set(splits), key=_training_first):
        for name in cases["label"].cat.categories:
            mine = values[(splits == split) & (labels == name)]
            if len(mine):
                counts = np.histogram(mine.clip(low, high), edges)[0]
                proportions.setdefault(split, {})[str(name)] = (counts / len(mine)).tolist()
    return Histogram(feature, tuple(edges.tolist()), proportions)


def _training_first(split: str) -> tuple[int, str]:
    order = ("train", "val", "test")
    return (order.index(split) if split in order else len(order), split)


def class_view(
    title: str,
    cases: pd.DataFrame,
    images: np.ndarray,
    told: np.ndarray,
    occlude: Callable[[np.ndarray], np.ndarray],
) -> View:
    """Average what a probe saw by class, and draw where the class that it tells is brighter.

    Parameters
    ----------
    title : str
        The probe's name.
    cases : DataFrame
        N rows.
    images : ndarray, shape (N, H, W, 1)
        Values in [0, 1].
    told : ndarray, shape (N,)
        1 for the class that is told from the others, else 0.
    occlude : callable
        What the probe's images went through. The mean of what it leaves is what it leaves of the
        mean, so that only means have to go through it.
    """

    def seen(rows: np.ndarray) -> np.ndarray:
        return occlude(images[rows].mean(axis=0, keepdims=True))[0, :, :, 0]

    labels = cases["label"].astype(str).to_numpy()
    names = [str(name) for name in cases["label"].cat.categories if (labels == str(name)).any()]
    means = [(f"mean of {name}", _grey(seen(labels == name))) for name in names]
    name = labels[np.flatnonzero(told)[0]]
    change = _difference(seen(told == 1), seen(told == 0))
    return View(title, (*means, (f"{name} brighter (orange) or darker (blue)", change)))


def split_view(title: str, cases: pd.DataFrame, thumbnails: np.ndarray) -> View:
    """Average one class's images (N, H, W), uint8, in training and in test."""
    test = (cases["split"] == "test").to_numpy()
    means = [thumbnails[rows].mean(axis=0) / 255 for rows in (~test, test)]
    return View(
        title,
        (
            ("mean of train", _grey(means[0])),
            ("mean of test", _grey(means[1])),
            ("test brighter (orange) or darker (blue)", _difference(means[1], means[0])),
        ),
    )


def _grey(mean: np.ndarray) -> np.ndarray:
    return (mean * 255).round().astype(np.uint8)


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Draw a difference of means in two colours, the more opaque the larger: (H, W, 4)."""
    change = one - other
    strength = np.abs(change) / max(float(np.abs(change).max()), LEAST_DIFFERENCE)
    image = np.empty((*change.shape, 4), np.uint8)
    image[..., :3] = np.where(change[..., None] > 0, FIRST, SECOND)
    image[..., 3] = (strength * 255).round()
    return image
