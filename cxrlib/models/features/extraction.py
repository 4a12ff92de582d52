"""``compute``: pictures in, features out, each picture through the network once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cxrlib.data import DataError, Pictures
from cxrlib.data.cases import Problem, labels
from cxrlib.data.recipes import Recipe, preset
from cxrlib.models.features.result import Features
from cxrlib.models.features.sources import Files, Memory
from cxrlib.models.features.store import Store, cache_folder
from cxrlib.models.training.fit import watched
from cxrlib.models.transfer.backbones import Backbone, backbone
from cxrlib.models.transfer.weights import Weights, resolve

PART = 128  # pictures decoded at a time, and at most lost by an interruption


def compute(
    pictures: pd.DataFrame | Pictures,
    name: str | Backbone,
    *,
    size: int | None = None,
    fit: str = "pad",
    weights: str | os.PathLike | Weights = "imagenet",
    pooled: bool = True,
    crop: float = 0.0,
    standardise: bool = False,
    augment: str | Recipe | None = None,
    copies: int = 1,
    seed: int = 0,
    cache: str | os.PathLike | bool = True,
) -> Features:
    """Compute a frozen backbone's features, each picture once; what is kept on disk is read.

    Besides the result, no more than a few hundred pictures are in memory. Interrupted, it goes
    on where it was.

    Parameters
    ----------
    pictures : DataFrame or Pictures
        A case table, whose pictures are decoded along the way, or pictures in memory.
    name : str or Backbone
        See :func:`cxrlib.models.transfer.backbone`.
    size : int, optional
        Side of the pictures in pixels; by default as on ImageNet. Pictures in memory have theirs.
    fit : {"pad", "squash"}
        See :func:`cxrlib.data.read_image`.
    weights, crop, standardise
        See :func:`cxrlib.models.transfer.network`.
    pooled : bool
        Average each map over the picture: (N, D). Otherwise the maps: (N, h, w, C).
    augment : str or Recipe, optional
        Compute ``copies`` changed copies of each picture instead of itself. For training pictures
        only. The same picture, seed and copy give the same change, whatever else is computed.
    copies : int
        How many.
    seed : int
        Of the augmentation, and of random weights.
    cache : bool or path
        Where to keep them: True for :func:`cxrlib.models.features.cache_folder`, False for
        nowhere, or a folder.

    Returns
    -------
    Features
        ``.values`` (N, D) or (copies, N, D), with ``.labels``, ``.cases``, ``.where(split)``. A
        picture that cannot be decoded is left out, named in a warning, and listed in
        ``.problems``.

    Raises
    ------
    DataError
        If no picture can be read, or others than training pictures would be augmented.
    ValueError
        If a setting is impossible. ``WeightsError`` if the weights are not to be had.
    """
    entry = backbone(name)
    recipe = None if augment is None else preset(augment)
    if isinstance(pictures, Pictures):
        source = Memory(pictures, size)
    else:
        source = Files(pictures, size or entry.side, fit)
    _check(source.cases, recipe, copies)
    found = resolve(entry, weights, seed)
    options = {"pooled": pooled, "crop": float(crop), "standardise": standardise}
    store = None
    if cache is not False:
        settings = {
            "backbone": entry.name,
            "weights": found.digest(),
            "pictures": [source.kind, source.size, source.fit],
            **options,
            "augment": _changes(recipe, seed),
        }
        store = Store(cache_folder() if cache is True else Path(cache), settings)
    rows = _Rows(source.digests(), copies)
    if store is not None:
        for key, value in store.read(rows.wanted):
            rows.put(key, value)
    network, problems = None, {}
    for part, images in _decoded(source, rows.missing(), problems):
        # Imported only now: what is all in the cache needs no Keras, which takes seconds to come.
        from cxrlib.models.features import passing

        network = network or passing.Network(entry, source.size, found, **options)
        for copy in range(copies):
            keys = [key_of(rows.digests[row], copy) for row in part]
            lacking = [i for i, key in enumerate(keys) if key in rows.wanted]
            if not lacking:
                continue
            keys, seen = [keys[i] for i in lacking], images[lacking]
            if recipe is not None:
                seen = passing.changed(seen, keys, recipe, seed, copy)
            values = network(seen)
            if store is not None:
                store.write(keys, values)
            for key, value in zip(keys, values, strict=True):
                rows.put(key, value)
    return rows.result(source.cases, problems, copies if recipe else 0)


class _Rows:
    """The rows of the result: which picture's features go where, and which are still wanted."""

    def __init__(self, digests: list[bytes], copies: int) -> None:
        self.digests, self.copies, self.values = digests, copies, None
        self.wanted: dict[bytes, list[tuple[int, int]]] = {}
        for row, content in enumerate(digests):
            for copy in range(copies):
                self.wanted.setdefault(key_of(content, copy), []).append((copy, row))

    def put(self, key: bytes, value: np.ndarray) -> None:
        if self.values is None:
            self.values = np.empty((self.copies, len(self.digests), *value.shape), np.float32)
        for place in self.wanted.pop(key, ()):
            self.values[place] = value

    def missing(self) -> list[int]:
        """Return the first row of each picture of which something is missing."""
        return sorted({min(row for _, row in places) for places in self.wanted.values()})

    def result(self, cases: pd.DataFrame, problems: dict[int, str], copies: int) -> Features:
        paths = cases["path"].tolist()
        by_content = {self.digests[row]: (paths[row], text) for row, text in problems.items()}
        broken = {
            row: by_content[d][1].replace(by_content[d][0], paths[row])
            for row, d in enumerate(self.digests)
            if d in by_content
        }
        listed = "\n".join(f"  {text}" for text in broken.values())
        if len(broken) == len(paths):
            raise DataError(f"none of {len(paths):,} pictures could be read:\n{listed}")
        values = self.values if copies else self.values[0]
        if not broken:
            return Features(values, labels(cases), cases, (), copies)
        warnings.warn(
            f"{len(broken)} of {len(paths):,} pictures could not be read and are left out:"
            f"\n{listed}",
            stacklevel=3,
        )
        good = np.ones(len(paths), bool)
        good[list(broken)] = False
        left_out = tuple(Problem(paths[row], text, "left out") for row, text in broken.items())
        values = values[:, good] if copies else values[good]
        return Features(values, labels(cases[good]), cases[good], left_out, copies)


def key_of(content: bytes, copy: int) -> bytes:
    """Return the name under which a picture's copy is kept."""
    return content + copy.to_bytes(2, "big")


def _decoded(
    source: Files | Memory, rows: list[int], problems: dict[int, str]
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Yield rows and their pictures, part by part; note those that cannot be decoded."""
    with tqdm(total=len(rows), unit="picture", desc="features", disable=not watched()) as bar:
        for part, images in source.parts(rows, PART):
            errors = {r: x for r, x in zip(part, images, strict=True) if isinstance(x, DataError)}
            problems |= {row: str(error) for row, error in errors.items()}
            good = [row for row in part if row not in errors]
            if good:
                yield good, np.stack([x for x in images if not isinstance(x, DataError)])
            bar.update(len(part))


def _changes(recipe: Recipe | None, seed: int) -> dict | None:
    if recipe is None:
        return None
    return {k: v for k, v in asdict(recipe).items() if k != "about"} | {"seed": seed}


def _check(cases: pd.DataFrame, recipe: Recipe | None, copies: int) -> None:
    if not len(cases):
        raise DataError("expected at least one picture, got none. Is the split empty?")
    if isinstance(copies, bool) or copies != int(copies) or not 1 <= copies < 2**16:
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
