"""The pointing game: whether a map is highest where the lesion is known to be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import distance_transform_edt

from cxrlib.evaluation import metrics
from cxrlib.evaluation.intervals import Interval, patient_bootstrap


class PointingGame(NamedTuple):
    """How often maps point into the masks.

    Attributes
    ----------
    hit_rate : Interval
        Share of images that are hit, with its interval when patients are drawn again.
    chance_level : float
        The rate of points thrown at random: mean share of the area that counts as a hit.
    shuffled_rate : float
        The rate of the same maps with the masks of other patients. What it has above
        ``chance_level`` is won by knowing where lesions tend to be; what ``hit_rate`` has above it
        is won by looking at this image.
    hits : ndarray of float, shape (N,)
        1 for a hit, 0 for a miss; between them where several pixels share the highest value and
        some of them hit.
    n_empty : int
        Images whose map is nowhere above 0. They point nowhere, and count as misses.
    shuffled_hits : ndarray of float, shape (N,)
        Share of the masks of other patients that each image's map hits. ``hits`` less these, image
        by image, is a paired difference: :func:`cxrlib.evaluation.paired_difference`.
    """

    hit_rate: Interval
    chance_level: float
    shuffled_rate: float
    hits: np.ndarray
    n_empty: int
    shuffled_hits: np.ndarray


def pointing_game(
    maps: ArrayLike,
    masks: ArrayLike,
    patients: ArrayLike,
    *,
    tolerance: float = 0,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> PointingGame:
    """Count the images whose map is highest inside the mask, or near it.

    Parameters
    ----------
    maps : array, shape (N, H, W)
        Of :func:`grad_cam` or :func:`occlusion_sensitivity`; the highest value is the point.
    masks : array of bool, shape (N, H, W)
        Where the lesion is: images of sick patients with a lesion that is known.
    patients : array, shape (N,)
        Patient of each image.
    tolerance : float
        Pixels beside the mask that still count as a hit. Grad-CAM cannot tell places apart that
        share a cell of the layer's maps: half a cell, ``H / h / 2``, is fair.
    n_resamples, seed, confidence_level
        As in :func:`cxrlib.evaluation.patient_bootstrap`.

    Returns
    -------
    PointingGame
        A rate with every image hit, or none, has Wilson's interval for as many patients.

    Raises
    ------
    ValueError
        If shapes differ, a mask is empty, a map is not finite, or there are fewer than
        two patients.

    References
    ----------
    Zhang et al. (2016), Top-down Neural Attention by Excitation Backprop, arXiv:1608.00507.
    """
    maps, masks = _validated(maps, masks)
    if not tolerance >= 0:
        raise ValueError(
            f"expected a tolerance of 0 pixels or more, got {tolerance!r}. 0 is inside only."
        )
    allowed = np.array([distance_transform_edt(~mask) <= tolerance for mask in masks])
    highest = maps.max(axis=(1, 2), keepdims=True)
    points = (maps == highest) & (highest > 0)
    # Share of a map's points that a mask allows. Row: the image whose map points. Column: the
    # image whose mask is asked.
    shares = np.zeros((len(maps), len(masks)))
    for row, point in zip(shares, points, strict=True):
        if point.any():
            row[:] = allowed[:, point].mean(axis=1)
    hits = np.diagonal(shares).copy()
    # Whole hits are a sensitivity, of which the bootstrap knows what to do with none and with all.
    rate = metrics.sensitivity if np.isin(hits, (0, 1)).all() else _mean
    hit_rate = patient_bootstrap(
        np.ones(len(maps)), hits, patients, rate,
        n_resamples=n_resamples, seed=seed, confidence_level=confidence_level,
    )  # fmt: skip
    ids = np.asarray(patients, dtype=object).reshape(-1)
    strangers = ids[:, None] != ids
    return PointingGame(
        hit_rate=hit_rate,
        chance_level=float(np.mean(allowed.sum(axis=(1, 2)) / allowed[0].size)),
        shuffled_rate=float(shares[strangers].mean()),
        hits=hits,
        n_empty=int((highest <= 0).sum()),
        shuffled_hits=(shares * strangers).sum(axis=1) / strangers.sum(axis=1),
    )


def energy_inside_mask(maps: ArrayLike, masks: ArrayLike) -> np.ndarray:
    """Compute how much of a map lies inside the mask: the energy-based pointing game.

    Parameters
    ----------
    maps, masks
        As in :func:`pointing_game`. What is below 0 in a map does not count.

    Returns
    -------
    ndarray, shape (N,)
        Sum inside over sum in all; NaN for a map that is nowhere above 0. A map of one value has
        the mask's share of the image, ``masks.mean(axis=(1, 2))``.

    References
    ----------
    Wang et al. (2020), Score-CAM, arXiv:1910.01279.
    """
    maps, masks = _validated(maps, masks)
    heat = np.maximum(maps, 0)
    total = heat.sum(axis=(1, 2))
    inside = (heat * masks).sum(axis=(1, 2))
    return np.divide(inside, total, out=np.full(len(maps), np.nan), where=total > 0)


def _mean(_: np.ndarray, hits: np.ndarray) -> float:
    return float(hits.mean())


def _validated(maps: ArrayLike, masks: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return maps as floats and masks as bool, both (N, H, W), or say what is wrong."""
    maps, masks = np.asarray(maps, dtype=float), np.asarray(masks)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(
            f"expected maps of shape (N, H, W), got {maps.shape}. One map alone is map[None]."
        )
    if not len(masks):
        raise ValueError(
            "expected masks, got none. Only phantoms and sets with outlines have them: "
            "[data.read_image(path, size) > 127 for path in cases.lesion_path]."
        )
    if masks.shape == (*maps.shape, 1):
        masks = masks[..., 0]
    if masks.shape != maps.shape:
        raise ValueError(
            f"expected masks of the maps' shape {maps.shape}, got {masks.shape}. Read them in the "
            "images' size, data.read_image(path, size) > 127, for the very same rows."
        )
    if not np.isin(masks, (0, 1)).all():
        raise ValueError(
            f"expected masks of 0 and 1, or of True and False, got values from {masks.min()} to "
            f"{masks.max()}. For files of 0 and 255 write > 127."
        )
    masks = masks.astype(bool)
    empty = ~masks.any(axis=(1, 2))
    if empty.any():
        raise ValueError(
            f"expected masks with something in them, got {int(empty.sum()):,} of {len(masks):,} "
            f"empty, the first at {int(np.argmax(empty))}. There is nothing to point at: keep "
            "the rows where masks.any(axis=(1, 2))."
        )
    if not np.isfinite(maps).all():
        raise ValueError("expected finite maps, got NaN or infinity. Look at the network's answer.")
    return maps, masks
