"""``compute``: pictures in, features out, each picture through the frozen backbone once.

The way of a picture: read here, through the network of :mod:`cxrlib.models.transfer.build`, whose
batch normalisation :mod:`cxrlib.models.features.fusion` makes a part of its convolutions.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from cxrlib.data import DataError, ImageSet, read_images
from cxrlib.data.augmentation import (
    Augmentation,
    apply_transforms,
    get_preset,
    random_transforms,
)
from cxrlib.data.cases import Problem
from cxrlib.models.features.fusion import fused
from cxrlib.models.training.fit import watched
from cxrlib.models.transfer.backbones import Backbone, backbone
from cxrlib.models.transfer.build import network
from cxrlib.models.transfer.weights import Weights

PART = 128  # pictures at a time
BATCH = 32  # of them through the network at once
DRAWN = 4096  # settings of a copy, of which a picture's content picks one


@dataclass(frozen=True, eq=False)
class Features:
    """Features in memory with the rows that they belong to.

    Attributes
    ----------
    values : ndarray of float32
        Shape (N, D) for pooled features, (N, h, w, C) for maps; (copies, N, …) of augmented
        pictures.
    labels : ndarray of float32
        Shape (N, 1) for two classes, one-hot (N, K) for more.
    cases : DataFrame
        The N rows of the case table, in the same order.
    problems : tuple of Problem
        Pictures that could not be decoded and are not in here.
    copies : int
        0 for pictures as they are, else how many augmented copies there are of each.
    """

    values: np.ndarray
    labels: np.ndarray
    cases: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    copies: int = 0

    def __len__(self) -> int:
        return len(self.cases)

    def split(self, name: str) -> Features:
        """Return the features of one split."""
        mask = (self.cases["split"] == name).to_numpy(dtype=bool, na_value=False)
        if not mask.any():
            have = ", ".join(map(str, self.cases["split"].unique()))
            raise DataError(
                f"expected features of split {name!r}, got those of {have}. Choose one of them."
            )
        values = self.values[:, mask] if self.copies else self.values[mask]
        return Features(values, self.labels[mask], self.cases[mask], (), self.copies)

    def pictures(self) -> ImageSet:
        """Return them as ``models.fit`` takes pictures, to train ``transfer.head`` on.

        Shape (N, 1, 1, D) or (N, h, w, C). Copies follow one another as further pictures.
        """
        values, times = self.values, max(1, self.copies)
        if self.copies:
            values = values.reshape(-1, *values.shape[2:])
        if values.ndim == 2:
            values = values[:, None, None, :]
        cases = pd.concat([self.cases] * times, ignore_index=True) if times > 1 else self.cases
        return ImageSet(values, np.tile(self.labels, (times, 1)), cases)


def compute(
    pictures: pd.DataFrame | ImageSet,
    name: str | Backbone,
    *,
    size: int | None = None,
    resize: str = "pad",
    weights: str | os.PathLike | Weights = "imagenet",
    pooled: bool = True,
    crop: float = 0.0,
    standardise: bool = False,
    augment: str | Augmentation | None = None,
    copies: int = 1,
    seed: int = 0,
    cache: bool = False,  # until the chapters do not say it
) -> Features:
    """Compute a frozen backbone's features.

    Parameters
    ----------
    pictures : DataFrame or ImageSet
        A case table, or pictures in memory.
    name : str or Backbone
        See :func:`cxrlib.models.transfer.backbone`.
    size : int, optional
        Side of the pictures in pixels; by default as on ImageNet. Pictures in memory have theirs.
    resize : {"pad", "stretch"}
        See :func:`cxrlib.data.read_image`.
    weights, crop, standardise
        See :func:`cxrlib.models.transfer.network`.
    pooled : bool
        Average each map over the picture: (N, D). Otherwise the maps: (N, h, w, C).
    augment : str or Augmentation, optional
        Compute ``copies`` changed copies of each picture instead of itself. For training pictures
        only. The same picture, seed and copy give the same change, whatever else is computed.
    copies : int
        How many.
    seed : int
        Of the augmentation, and of random weights.
    cache : False
        Nothing is kept on disk.

    Returns
    -------
    Features
        ``.values`` (N, D) or (copies, N, D), with ``.labels``, ``.cases``, ``.split(name)``. A
        picture that cannot be decoded is left out, named in a warning, and listed in
        ``.problems``.

    Raises
    ------
    DataError
        If no picture can be read, or others than training pictures would be augmented.
    ValueError
        If a setting is impossible. ``WeightsError`` if the weights are not to be had.
    """
    if cache is not False:
        raise ValueError(
            f"expected `cache` as False, got {cache!r}. Features are kept in memory only: "
            "np.save(file, found.values) writes them."
        )
    entry = backbone(name)
    recipe = None if augment is None else get_preset(augment)
    in_memory = isinstance(pictures, ImageSet)
    _check_settings(pictures.cases if in_memory else pictures, recipe, copies)
    size = _side(pictures.images, size) if in_memory else size or entry.side
    options = {"weights": weights, "crop": crop, "standardise": standardise, "seed": seed}
    model = frozen(entry, size, pooled=pooled, **options)
    if not in_memory:
        pictures = read_images(pictures, size, resize)
    values = np.empty((copies, len(pictures), *model.output_shape[1:]), np.float32)
    with tqdm(total=len(pictures), unit="picture", desc="features", disable=not watched()) as bar:
        for start in range(0, len(pictures), PART):
            part = slice(start, start + PART)
            images = pictures.images[part]
            for copy in range(copies):
                seen = images.astype(np.float32)
                if recipe is not None:
                    seen = _changed(images, recipe, seed, copy)
                values[copy, part] = predict(model, seen)
            bar.update(len(images))
    values, copies = (values[0], 0) if recipe is None else (values, copies)
    return Features(values, pictures.labels, pictures.cases, pictures.problems, copies)


def frozen(
    name: str | Backbone, size: int, *, pooled: bool = True, **options: object
) -> keras.Model:
    """Build a backbone without a head, to answer and not to learn: quicker by half.

    Parameters
    ----------
    name, size, pooled
        As in :func:`compute`.
    **options
        ``weights``, ``crop``, ``standardise``, ``seed`` of :func:`cxrlib.models.transfer.network`.
    """
    model = network(name, (size, size, 1), head=None, **options)
    if pooled:
        maps = keras.layers.GlobalAveragePooling2D(name="pool")(model.output)
        model = keras.Model(model.input, maps)
    return fused(model)


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the features of some pictures, float32 (n, H, W, 1) in [0, 255]."""
    n = len(images)
    # Full batches only: Keras would build a graph for each other size.
    filled = np.concatenate([images, np.zeros((-n % BATCH, *images.shape[1:]), "float32")])
    batches = [filled[i : i + BATCH] for i in range(0, n, BATCH)]
    return np.concatenate([model.predict_on_batch(batch) for batch in batches])[:n]


def _changed(images: np.ndarray, recipe: Augmentation, seed: int, copy: int) -> np.ndarray:
    """Return one augmented copy of each picture; which one depends on its content alone."""
    settings = random_transforms(recipe, DRAWN, np.random.default_rng([seed, copy]))
    kind = images.dtype.str.encode()
    digests = [hashlib.blake2b(kind + x.tobytes(), digest_size=16).digest() for x in images]
    rows = [int.from_bytes(digest[:8], "big") % DRAWN for digest in digests]
    return apply_transforms(images.astype(np.float32), settings[rows], recipe).numpy()


def _check_settings(cases: pd.DataFrame, recipe: Augmentation | None, copies: int) -> None:
    if not len(cases):
        raise DataError("expected at least one picture, got none. Is the split empty?")
    if isinstance(copies, bool) or copies != int(copies) or copies < 1:
        raise ValueError(f"expected `copies` as a whole number of at least 1, got {copies!r}.")
    if recipe is None and copies > 1:
        raise ValueError(
            f"expected an augmentation for {copies} copies, got none: they would all be the same. "
            'Give one, such as augment="plausible".'
        )
    others = cases["split"][~(cases["split"] == "train").fillna(False)]
    if recipe is not None and len(others):
        raise DataError(
            f"augmentation is for training pictures, but {len(others):,} of {len(cases):,} are of "
            f"split {str(others.iloc[0])!r}. Compute these without `augment`, and the training "
            'pictures alone: cases[cases["split"] == "train"].'
        )


def _side(images: np.ndarray, size: int | None) -> int:
    if images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 1:
        raise DataError(f"expected square grey pictures of shape (N, S, S, 1), got {images.shape}.")
    if size is not None and size != images.shape[1]:
        raise DataError(
            f"the pictures are {images.shape[1]} px, `size` says {size}. Leave `size` out, or "
            "read the pictures again."
        )
    return images.shape[1]
