"""What a network predicted, beside the truth: confusion matrices, single images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.images import Images, image_grid
from cxrlib.evaluation.plots.style import CLASS_STYLES, class_styles

CLASS_NAMES = ("healthy", "sick")
NCOLS, HEIGHT = 4, 1.9  # images a row, inches


def confusion_matrix_grid(
    matrices: Mapping[str, ArrayLike], class_names: Sequence[str] = CLASS_NAMES
) -> np.ndarray:
    """Draw confusion matrices side by side: counts, and each as a share of its row.

    Parameters
    ----------
    matrices : mapping of str to array, shape (K, K)
        Title and counts; rows are the truth, columns what was predicted.
    class_names : sequence of K str

    Returns
    -------
    ndarray of Axes, shape (1, number of matrices)
        The darker a cell, the larger its share of the row. A row without images has no shares.
    """
    counts = {title: np.asarray(matrix) for title, matrix in matrices.items()}
    k = len(class_names)
    for title, matrix in counts.items():
        if matrix.shape != (k, k):
            raise ValueError(
                f"expected a {k}×{k} matrix for the classes {', '.join(class_names)}, got shape "
                f"{matrix.shape} as {title!r}. Give `class_names` in the order of the rows."
            )
    longest = max(map(len, class_names))
    beside, below = 0.08 * longest, 0.055 * longest if k > 2 else 0  # inches for the names
    size = ((0.75 * k + 0.3) * len(counts) + 0.4 + beside, 0.75 * k + 1.0 + below)
    _, axes = plt.subplots(1, len(counts), figsize=size, squeeze=False)
    rotated: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    for i, (ax, (title, matrix)) in enumerate(zip(axes.flat, counts.items(), strict=True)):
        _draw_matrix(ax, matrix)
        ax.set_title(title)
        ax.set_xticks(range(k), class_names, **(rotated if k > 2 else {}))
        ax.set_yticks(range(k), class_names)
        ax.tick_params(labelleft=not i)
        ax.set(xlabel="called", ylabel="" if i else "truth")
    return axes


def _draw_matrix(ax: Axes, matrix: np.ndarray) -> None:
    rows = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.maximum(rows, 1)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    for (row, column), count in np.ndenumerate(matrix):
        share = _share(count, rows[row, 0])
        ax.text(
            column, row, f"{count:,}\n{share}", ha="center", va="center", fontsize="small",
            color=_text_color(image.cmap(shares[row, column])),
        )  # fmt: skip
    ax.tick_params(length=0)
    ax.spines[:].set_visible(True)


def _text_color(background: Sequence[float]) -> str:
    """Black or white, whichever stands out more (relative luminance of WCAG 2.1)."""
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]
    )
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "white"


def prediction_grid(
    images: Images,
    y_true: ArrayLike,
    y_score: ArrayLike,
    class_names: Sequence[str] = CLASS_NAMES,
    *,
    threshold: float = 0.5,
) -> np.ndarray:
    """Draw images with truth and prediction; wrong ones carry ✗ and a dashed frame.

    Parameters
    ----------
    images : sequence of arrays, shape (H, W) or (H, W, 1)
    y_true : array, shape (N,) or (N, 1), or one-hot (N, K)
    y_score : array, shape (N,) or (N, 1), or (N, K)
        Probability of the second class, or of each class.
    class_names : sequence of str
    threshold : float
        Two classes in one column: scores from here on are called the second class.

    Returns
    -------
    ndarray of Axes
        The percentage is the network's for the class it predicted. No images give one empty
        place that says so.
    """
    truth, predicted, score = _predictions(images, y_true, y_score, class_names, threshold)
    if not len(images):
        return _empty_grid()
    titles = [
        f"truth: {class_names[t]}\n{'✓' if t == c else '✗'} called {class_names[c]} {_percent(p)}"
        for t, c, p in zip(truth, predicted, score[range(len(score)), predicted], strict=True)
    ]
    axes = image_grid(images, titles, ncols=NCOLS, height=HEIGHT)
    for i in np.flatnonzero(truth != predicted):
        _frame(axes.flat[i])
    return axes


def probability_grid(
    images: Images,
    y_true: ArrayLike,
    y_score: ArrayLike,
    class_names: Sequence[str],
) -> np.ndarray:
    """Draw images with the probability of each class beneath, as bars; that of the truth in bold.

    Parameters
    ----------
    images, y_true, y_score, class_names
        As in :func:`prediction_grid`; one column of scores is given the other class's bar too.

    Returns
    -------
    ndarray of Axes
        Rows in turn images and bars; unused places are empty.
    """
    truth, predicted, score = _predictions(images, y_true, y_score, class_names, 0.5)
    if not len(images):
        return _empty_grid()
    ncols = min(NCOLS, len(images))
    nrows, below = -(-len(images) // ncols), 0.21 * len(class_names)  # inches
    _, axes = plt.subplots(
        2 * nrows, ncols, squeeze=False, height_ratios=[HEIGHT, below] * nrows,
        figsize=(HEIGHT * ncols + 0.08 * max(map(len, class_names)),
                 (HEIGHT + below + 0.4) * nrows),
    )  # fmt: skip
    titles = [
        f"{'✓' if t == c else '✗'} truth:\n{class_names[t]}"
        for t, c in zip(truth, predicted, strict=True)
    ]
    image_grid(images, titles, axes=axes[::2])
    for i, ax in enumerate(axes[1::2].flat):
        if i < len(images):
            _draw_bars(ax, score[i], class_names, truth[i], named=i % ncols == 0)
            if truth[i] != predicted[i]:
                _frame(axes[::2].flat[i])
        else:
            ax.axis("off")
    return axes


def _draw_bars(
    ax: Axes, score: np.ndarray, class_names: Sequence[str], truth: int, *, named: bool
) -> None:
    """Draw a bar a class, the first at the top; class names where the row begins."""
    colors = [style.color for style in class_styles(class_names)]
    ax.barh(range(len(score)), score, height=0.72, color=colors)
    for k, p in enumerate(score):
        weight = "bold" if k == truth else "normal"
        ax.text(p + 0.03, k, _percent(p), va="center", fontsize="x-small", weight=weight)
    ax.set_yticks(range(len(score)), class_names if named else [""] * len(score))
    ax.tick_params(length=0, labelsize="x-small")
    ax.set(xlim=(0, 1.45), ylim=(len(score) - 0.5, -0.5), xticks=[])
    ax.spines["bottom"].set_visible(False)


def _empty_grid() -> np.ndarray:
    _, axes = plt.subplots(figsize=(2 * HEIGHT, HEIGHT / 2), squeeze=False)
    axes[0, 0].axis("off")
    axes[0, 0].text(0.5, 0.5, "no images to show", ha="center", va="center")
    return axes


def _predictions(
    images: Images,
    y_true: ArrayLike,
    y_score: ArrayLike,
    class_names: Sequence[str],
    threshold: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the true and the predicted class, (N,) each, and all probabilities, (N, K)."""
    y, score = np.asarray(y_true), np.asarray(y_score, dtype=float)
    if score.ndim < 2 or score.shape[1] == 1:
        second = score.reshape(-1)
        predicted, score = (second >= threshold).astype(int), np.stack([1 - second, second], axis=1)
    else:
        predicted = score.argmax(axis=1)
    k = score.shape[1]
    truth = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1).astype(int)
    if len(class_names) != k or (y.ndim == 2 and y.shape[1] not in (1, k)):
        raise ValueError(
            f"expected {k} classes as in the scores of shape {np.shape(y_score)}, got names "
            f"{', '.join(class_names)} and a truth of shape {y.shape}. Give one name a class."
        )
    if truth.size and not 0 <= truth.min() <= truth.max() < k:
        raise ValueError(
            f"expected true classes from 0 to {k - 1}, got {truth.min()} to {truth.max()}. "
            "For more than two classes pass one score a class, shape (N, K)."
        )
    if not len(images) == len(truth) == len(predicted):
        raise ValueError(
            f"expected a truth and a score for each of {len(images)} images, got {len(truth)} "
            f"and {len(predicted)}. Pick all three by the same indices."
        )
    return truth, predicted, score


def _percent(p: float) -> str:
    """Write a probability without ever rounding it to certainty."""
    return "> 99 %" if p > 0.995 else "< 1 %" if p < 0.005 else f"{100 * p:.0f} %"


def _share(count: int, total: int) -> str:
    """Write a share: 0 % of none alone, 100 % of all alone."""
    if not total:
        return "–"
    return _percent(count / total) if 0 < count < total else f"{100 * count / total:.0f} %"


def _frame(ax: Axes) -> None:
    ax.add_patch(
        Rectangle(
            (0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False, lw=3, ls="--",
            edgecolor=CLASS_STYLES["pneumonia"].color,
        )
    )  # fmt: skip
