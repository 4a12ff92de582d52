"""``extract``: images in, features out, each image through the frozen backbone once.

The way of an image: read, through the model of :mod:`cxrlib.models.transfer.build`, whose
batch normalisation :mod:`cxrlib.models.features.fusion` makes a part of its convolutions. Both are
done here, or by the workers of a cluster (:mod:`cxrlib.cluster`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from cxrlib import cluster
from cxrlib.data import DataError, ImageSet
from cxrlib.data.augmentation import Augmentation, Recipe, apply_transforms, get, random_transforms
from cxrlib.data.cases import Problem, check_columns, labels
from cxrlib.data.images import PART, check_readable, check_size, read_part
from cxrlib.models.features.fusion import fuse_batch_norm
from cxrlib.models.training.fit import is_interactive
from cxrlib.models.transfer.backbones import Backbone, get_backbone
from cxrlib.models.transfer.build import build_model
from cxrlib.models.transfer.weights import Weights

CHUNK_SIZE = 128  # images at a time
BATCH_SIZE = 32  # of them through the model at once
N_DRAWS = 4096  # settings of a copy, of which an image's content picks one


@dataclass(frozen=True, eq=False)
class Features:
    """Features in memory with the rows that they belong to.

    Attributes
    ----------
    values : ndarray of float32
        Shape (N, D) for pooled features, (N, h, w, C) for maps; (copies, N, …) of augmented
        images.
    labels : ndarray of float32
        Shape (N, 1) for two classes, one-hot (N, K) for more.
    cases : DataFrame
        The N rows of the case table, in the same order.
    problems : tuple of Problem
        Images that could not be decoded and are not in here.
    copies : int
        0 for images as they are, else how many augmented copies there are of each.
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
            known = ", ".join(map(str, self.cases["split"].unique()))
            raise DataError(f"expected a split of {known}, got {name!r}. Take one of these.")
        values = self.values[:, mask] if self.copies else self.values[mask]
        return Features(values, self.labels[mask], self.cases[mask], (), self.copies)

    def to_image_set(self) -> ImageSet:
        """Return them as ``models.fit`` takes images, to train ``transfer.build_head`` on.

        Shape (N, 1, 1, D) or (N, h, w, C). Copies follow one another as further images.
        """
        values, times = self.values, max(1, self.copies)
        if self.copies:
            values = values.reshape(-1, *values.shape[2:])
        if values.ndim == 2:
            values = values[:, None, None, :]
        cases = pd.concat([self.cases] * times, ignore_index=True) if times > 1 else self.cases
        return ImageSet(values, np.tile(self.labels, (times, 1)), cases)


def extract(
    images: pd.DataFrame | ImageSet,
    name: str | Backbone,
    *,
    size: int | None = None,
    resize: str = "pad",
    weights: str | os.PathLike | Weights = "imagenet",
    pooled: bool = True,
    crop: float = 0.0,
    standardize: bool = False,
    augment: Recipe | None = None,
    copies: int = 1,
    seed: int = 0,
) -> Features:
    """Extract a frozen backbone's features.

    Parameters
    ----------
    images : DataFrame or ImageSet
        A case table, or images in memory.
    name : str or Backbone
        See :func:`cxrlib.models.transfer.get_backbone`.
    size : int, optional
        Side of the images in pixels; by default as on ImageNet. Images in memory have theirs.
    resize : {"pad", "stretch"}
        See :func:`cxrlib.data.read_image`.
    weights, crop, standardize
        See :func:`cxrlib.models.transfer.build_model`.
    pooled : bool
        Average each map over the image: (N, D). Otherwise the maps: (N, h, w, C).
    augment : str, mapping or Augmentation, optional
        Extract from ``copies`` changed copies of each image instead of itself. For training images
        only. The same image, seed and copy give the same change, whatever else is extracted.
    copies : int
        How many.
    seed : int
        Of the augmentation, and of random weights.

    Returns
    -------
    Features
        ``.values`` (N, D) or (copies, N, D), with ``.labels``, ``.cases``, ``.split(name)``. An
        image that cannot be decoded is left out, named in a warning, and listed in ``.problems``.

    Raises
    ------
    DataError
        If no image can be read, or others than training images would be augmented.
    ValueError
        If a setting is impossible. ``WeightsError`` if the weights are not to be had.
    """
    backbone = get_backbone(name)
    augmentation = None if augment is None else get(augment)
    in_memory = isinstance(images, ImageSet)
    _check_settings(images.cases if in_memory else images, augmentation, copies)
    size = _side(images.images, size) if in_memory else size or backbone.image_size
    options = {"pooled": pooled, "weights": weights, "crop": crop, "standardize": standardize}
    options |= {"size": size, "seed": seed}
    way = _Way(uuid4().hex, backbone, options, resize, augmentation, copies)
    parts: Iterator[tuple[np.ndarray, Sequence[Problem | None]]]
    if isinstance(images, ImageSet):
        n, pixels = len(images), images.images
        chunks = (pixels[i : i + CHUNK_SIZE] for i in range(0, n, CHUNK_SIZE))
        parts = ((_extract_pixels(way, chunk), [None] * len(chunk)) for chunk in chunks)
    else:  # each image is read where its features are made
        check_columns(images)
        check_size(size, resize)
        n, paths = len(images), images["path"].tolist()
        jobs = ((way, paths[i : i + PART]) for i in range(0, n, PART))
        parts = cluster.starmap(_extract_files, jobs)
    values, read = np.empty(0, np.float32), 0
    found: list[Problem | None] = []
    with tqdm(total=n, unit="image", desc="features", disable=not is_interactive()) as bar:
        for part, problems in parts:
            if not found:
                values = np.empty((copies, n, *part.shape[2:]), np.float32)
            values[:, read : read + part.shape[1]] = part
            read += part.shape[1]
            found += problems
            bar.update(len(problems))
    _network.cache_clear()
    values, copies = (values[0, :read], 0) if augmentation is None else (values[:, :read], copies)
    if isinstance(images, ImageSet):
        return Features(values, images.labels, images.cases, images.problems, copies)
    good = check_readable(found)
    cases = images if good.all() else images[good]
    return Features(values, labels(cases), cases, tuple(filter(None, found)), copies)


@dataclass(frozen=True)
class _Way:
    """What is done to each image of one call, in whatever process that is."""

    call: str
    backbone: Backbone = field(compare=False)
    options: dict[str, Any] = field(compare=False)
    resize: str = field(compare=False)
    augmentation: Augmentation | None = field(compare=False)
    copies: int = field(compare=False)


@lru_cache(maxsize=1)  # once a call and process
def _network(way: _Way) -> keras.Model:
    return build_extractor(way.backbone, **way.options)


def _extract_files(way: _Way, paths: Sequence[str]) -> tuple[np.ndarray, list[Problem | None]]:
    """Return features (copies, n, …) of the images that can be read; a problem for the others."""
    _network(way)  # weights that are not to be had are said before images are read
    pixels, found = read_part(paths, way.options["size"], way.resize)
    good = np.array([problem is None for problem in found])
    return _extract_pixels(way, pixels[good, ..., None]), found


def _extract_pixels(way: _Way, images: np.ndarray) -> np.ndarray:
    """Return features (copies, n, …) of images (n, H, W, 1)."""
    model = _network(way)
    values = np.empty((way.copies, len(images), *model.output_shape[1:]), np.float32)
    for start in range(0, len(images), CHUNK_SIZE):
        chunk = slice(start, start + CHUNK_SIZE)
        for copy in range(way.copies):
            seen = np.asarray(images[chunk])  # which may lie on disk
            if way.augmentation is not None:
                seen = _augment(seen, way.augmentation, way.options["seed"], copy)
            values[copy, chunk] = predict(model, seen)
    return values


def build_extractor(
    name: str | Backbone,
    size: int,
    *,
    pooled: bool = True,
    weights: str | os.PathLike | Weights = "imagenet",
    crop: float = 0.0,
    standardize: bool = False,
    seed: int = 0,
) -> keras.Model:
    """Build a backbone without a head, for inference and not to learn: quicker by half.

    Parameters as in :func:`extract`.
    """
    model = build_model(
        name,
        (size, size, 1),
        head=None,
        weights=weights,
        crop=crop,
        standardize=standardize,
        seed=seed,
    )
    if pooled:
        means = keras.layers.GlobalAveragePooling2D(name="pool")(model.output)
        model = keras.Model(model.input, means)
    return fuse_batch_norm(model)


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the features of some images, (n, H, W, 1) in [0, 255]."""
    n = len(images)
    # Full batches only: Keras would build a graph for each other size.
    rest = np.zeros((-n % BATCH_SIZE, *images.shape[1:]))
    filled = np.concatenate([images, rest], dtype=np.float32)
    batches = [filled[i : i + BATCH_SIZE] for i in range(0, n, BATCH_SIZE)]
    return np.concatenate([model.predict_on_batch(batch) for batch in batches])[:n]


def _augment(images: np.ndarray, augmentation: Augmentation, seed: int, copy: int) -> np.ndarray:
    """Return one augmented copy of each image; which one depends on its content alone."""
    settings = random_transforms(augmentation, N_DRAWS, np.random.default_rng([seed, copy]))
    dtype = images.dtype.str.encode()
    digests = [hashlib.blake2b(dtype + x.tobytes(), digest_size=16).digest() for x in images]
    rows = [int.from_bytes(digest[:8], "big") % N_DRAWS for digest in digests]
    return apply_transforms(images.astype(np.float32), settings[rows], augmentation).numpy()


def _check_settings(cases: pd.DataFrame, augmentation: Augmentation | None, copies: int) -> None:
    if not len(cases):
        raise DataError("expected at least one image, got none. Is the split empty?")
    if isinstance(copies, bool) or copies != int(copies) or copies < 1:
        raise ValueError(
            f"expected `copies` as a whole number of at least 1, got {copies!r}. Try 4."
        )
    if augmentation is None and copies > 1:
        raise ValueError(
            f"expected an augmentation for {copies} copies, got none: they would all be the same. "
            'Give one, such as augment="plausible".'
        )
    others = cases["split"][~(cases["split"] == "train").fillna(False)]
    if augmentation is not None and len(others):
        raise DataError(
            f"expected training images to augment, got {len(others):,} of {len(cases):,} of split "
            f"{str(others.iloc[0])!r}. Extract these without `augment`, and the training images "
            'alone: cases[cases["split"] == "train"].'
        )


def _side(images: np.ndarray, size: int | None) -> int:
    if images.ndim != 4 or images.shape[1] != images.shape[2] or images.shape[3] != 1:
        raise DataError(
            f"expected square grey images of shape (N, S, S, 1), got {images.shape}. "
            "Read them with data.read_images."
        )
    if size is not None and size != images.shape[1]:
        raise DataError(
            f"expected images of `size` {size} px, got {images.shape[1]} px. Leave `size` out, or "
            "read the images again."
        )
    return images.shape[1]
