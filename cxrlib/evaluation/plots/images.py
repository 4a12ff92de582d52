"""Images in rows: radiographs, bare and under heat, and weights drawn as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import CLASS_STYLES, INK

HEAT = to_rgb(CLASS_STYLES["pneumonia"].color)
MAX_ALPHA = 0.6  # opacity of the highest value: what lies below stays visible
LEVELS = (0.5, 0.8)
LINE = "#fff3d6"
OUTLINE = "#8fd3ff"
DASHES = (0, (3, 2))
HALO = patheffects.withStroke(linewidth=2.4, foreground=INK, alpha=0.7)

Images: TypeAlias = np.ndarray | Sequence[ArrayLike]
ValueRange: TypeAlias = tuple[float, float] | None  # shown as black and as white


def image_grid(
    images: Images,
    titles: Sequence[str] = (),
    *,
    ncols: int = 4,
    height: float = 1.7,
    value_range: ValueRange = (0, 255),
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Draw images in a grid: grey ramp, true shape, a title each.

    Parameters
    ----------
    images : sequence of arrays, shape (H, W) or (H, W, 1)
        Sizes may differ.
    titles : sequence of str
        One an image, or none.
    ncols : int
        Images a row.
    height : float
        Room for one image in inches.
    value_range : (black, white) or None
        Values shown as black and as white; None takes each image's own lowest and highest.
    axes : array of Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    ndarray of Axes
    """
    images = [np.squeeze(a) if a.ndim > 2 else a for a in (np.asarray(one) for one in images)]
    _check_titles(titles, len(images))
    if axes is None:
        ncols = min(ncols, len(images))
        nrows = -(-len(images) // ncols)
        size = (height * ncols, (height + 0.25 * bool(titles)) * nrows)
        _, axes = plt.subplots(nrows, ncols, figsize=size, squeeze=False)
    flat = np.ravel(axes)
    vmin, vmax = value_range or (None, None)
    for ax in flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(flat, images, strict=False)):
        ax.imshow(image, cmap="gray", vmin=vmin, vmax=vmax, aspect="equal")
        if titles:
            ax.set_title(titles[i], loc="center", fontsize="small")
    return axes


def image_row(
    *images: ArrayLike,
    titles: Sequence[str] = (),
    height: float = 2.6,
    value_range: ValueRange = (0, 255),
) -> np.ndarray:
    """Draw a few images in one row, larger than :func:`image_grid` does."""
    return image_grid(images, titles, ncols=len(images), height=height, value_range=value_range)


def weight_grid(
    weights: ArrayLike, titles: Sequence[str] = (), *, ncols: int = 8, height: float = 1.1
) -> np.ndarray:
    """Draw weights as images, all on one ramp: white above zero, mid-grey zero, black below."""
    weights = np.asarray(weights)
    if len(weights.shape) < 3:
        raise ValueError(f"expected weights of shape (N, H, W), got {weights.shape}. Reshape them.")
    highest = float(np.abs(weights).max()) or 1.0
    return image_grid(weights, titles, ncols=ncols, height=height, value_range=(-highest, highest))


def feature_map_grid(
    maps: ArrayLike,
    titles: Sequence[str] = (),
    *,
    share_range: bool = False,
    ncols: int = 8,
    height: float = 1.1,
) -> np.ndarray:
    """Draw what a layer puts out for one image, one map a channel.

    Parameters
    ----------
    maps : array, shape (H, W, C)
        Such as one of :func:`cxrlib.evaluation.explain.feature_maps`.
    titles : sequence of str
        One a map; by default the maps' numbers, from 0.
    share_range : bool
        One ramp for all maps: strengths compare, weak maps stay dark. Otherwise each runs from its
        own lowest value (black) to its own highest (white): shapes show, strengths do not.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(
            f"expected maps of one image, shape (H, W, C), got {maps.shape}. "
            "Of a batch take one: maps[0]; for one map write map[..., None]."
        )
    value_range = (float(maps.min()), float(maps.max())) if share_range else None
    each = np.moveaxis(maps, -1, 0)
    titles = titles or [str(i) for i in range(len(each))]
    return image_grid(each, titles, ncols=ncols, height=height, value_range=value_range)


def overlay_grid(
    images: ArrayLike,
    maps: ArrayLike,
    masks: ArrayLike | None = None,
    titles: Sequence[str] = (),
    *,
    vmax: float | None = 1.0,
    mask_label: str = "lesion",
    ncols: int = 2,
    height: float = 1.7,
) -> np.ndarray:
    """Draw each image bare, and beside it the same image under its map.

    The colour grows denser with the value and never hides what lies below; lines at half and at
    four fifths of ``vmax`` say the same without colour. What is 0 or less is left grey.

    Parameters
    ----------
    images : array, shape (N, H, W) or (N, H, W, 1)
        Raw pixels in [0, 255].
    maps : array, shape (N, H, W)
        Of :func:`cxrlib.evaluation.grad_cam` or :func:`cxrlib.evaluation.occlusion_sensitivity`.
    masks : array of bool, shape (N, H, W), optional
        Drawn as a dashed outline on both images of a pair.
    titles : sequence of str
        One a pair, or none.
    vmax : float or None
        The value that gets the densest colour: 1 for Grad-CAM. None takes each map's own highest
        value, as for occlusion, whose unit is the score's; strengths do not compare then.
    mask_label : str
        What the outline shows, for the legend.
    ncols : int
        Pairs a row.
    height : float
        Room for one image in inches.

    Returns
    -------
    ndarray of Axes, shape (N, 2)
        The bare image and the covered one.

    Raises
    ------
    ValueError
        If there is not one map, mask or title an image, they differ in size, or ``vmax`` is not
        above 0.
    """
    images, maps, masks = _validated(images, maps, masks, titles, vmax)
    ncols = min(ncols, len(images))
    nrows = -(-len(images) // ncols)
    size = (2 * height * ncols, (height + 0.25 * bool(len(titles))) * nrows + 0.3)
    figure, grid = plt.subplots(nrows, 2 * ncols, figsize=size, squeeze=False, layout="constrained")
    pairs = grid.reshape(-1, 2)
    image_grid(np.repeat(images, 2, axis=0), axes=grid)
    for i, (bare, covered) in enumerate(pairs[: len(images)]):
        _draw_heatmap(covered, maps[i], vmax or max(float(maps[i].max()), 0.0))
        if masks is not None:
            for ax in (bare, covered):
                _draw_outline(ax, masks[i])
        if len(titles):
            bare.set_title(titles[i], loc="left", fontsize="small")
    _legend(figure, None if masks is None else mask_label)
    return pairs[: len(images)]


def _validated(
    images: ArrayLike,
    maps: ArrayLike,
    masks: ArrayLike | None,
    titles: Sequence[str],
    vmax: float | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    images, maps = np.asarray(images), np.asarray(maps, dtype=float)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        raise ValueError(
            f"expected images of shape (N, H, W) or (N, H, W, 1), got {images.shape}. One "
            "image alone is images[i : i + 1]."
        )
    masks = None if masks is None else np.asarray(masks).astype(bool)
    for name, array in (("maps", maps), ("masks", masks)):
        if array is not None and array.shape != images.shape:
            raise ValueError(
                f"expected {name} of the images' shape {images.shape}, got {array.shape}. "
                "Pick both by the same indices, in the same size."
            )
    if vmax is not None and not vmax > 0:
        raise ValueError(f"expected `vmax` above 0, or None, got {vmax!r}. 1 fits Grad-CAM.")
    _check_titles(titles, len(images))
    return images, maps, masks


def _check_titles(titles: Sequence[str], n: int) -> None:
    if len(titles) not in (0, n):
        raise ValueError(f"expected {n} titles, got {len(titles)}. Give one an image, or none.")


def _draw_heatmap(ax: Axes, values: np.ndarray, vmax: float) -> None:
    ramp = LinearSegmentedColormap.from_list("heat", [(*HEAT, 0.0), (*HEAT, MAX_ALPHA)])
    ax.imshow(values, cmap=ramp, vmin=0, vmax=vmax or 1, aspect="equal", interpolation="bilinear")
    levels = [level * vmax for level in LEVELS if 0 < level * vmax < values.max()]
    if levels:
        lines = ax.contour(values, levels, colors=LINE, linewidths=1.1)
        lines.set_path_effects([HALO])


def _draw_outline(ax: Axes, mask: np.ndarray) -> None:
    if mask.any() and not mask.all():
        lines = ax.contour(mask.astype(float), [0.5], colors=OUTLINE, linewidths=1.2)
        lines.set(linestyle=DASHES, path_effects=[HALO])


def _legend(figure: plt.Figure, mask_label: str | None) -> None:
    """Say below the figure what the lines are."""
    levels = " and ".join(f"{100 * level:.0f} %" for level in LEVELS)
    handles = [
        Line2D([], [], color=LINE, lw=1.4, path_effects=[HALO], label=f"{levels} of full heat")
    ]
    if mask_label:
        handles.append(
            Line2D([], [], color=OUTLINE, lw=1.6, ls=DASHES, path_effects=[HALO], label=mask_label)
        )
    figure.legend(handles=handles, loc="outside lower left", ncols=2, fontsize="small")
