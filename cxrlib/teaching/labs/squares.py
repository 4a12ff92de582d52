"""``shortcut_lab``'s numbers: a grid over a picture, and the answers for every covered set.

A covered set is a whole number: bit i stands for square i, counted row by row from the top left.
Answers are kept as whole 65,535ths, so that the page and Python compare the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

WHOLE = 65_535
MATTERS = 0.01  # a square that lowers the probability by less is not said to be used
MOST_OF_LUNGS = 0.8
ROUNDING = 5e-4  # how far probabilities may be from adding up to 1


def edges(length: int, parts: int) -> list[int]:
    """Return where ``parts`` parts of a side begin and end, in whole pixels."""
    return np.linspace(0, length, parts + 1).round().astype(int).tolist()


def grid(shape: tuple[int, int], rows: int, columns: int) -> np.ndarray:
    """Return for each pixel the number of its square, int (H, W)."""
    row = np.repeat(np.arange(rows), np.diff(edges(shape[0], rows)))
    column = np.repeat(np.arange(columns), np.diff(edges(shape[1], columns)))
    return row[:, None] * columns + column


def covered(picture: np.ndarray, sets: np.ndarray, square: np.ndarray, grey: float) -> np.ndarray:
    """Cover a picture (H, W) once for each set; float32 (len(sets), H, W, 1)."""
    hidden = (sets[:, None, None] >> square) & 1 == 1
    return np.where(hidden, grey, picture)[..., None].astype("float32")


def asker(predict: Any, classes: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from pictures to checked probabilities (n, classes)."""
    # A Keras model's `predict` prints and sets itself up at each call; this does neither.
    call = getattr(predict, "predict_on_batch", predict)
    if not callable(call):
        raise ValueError(
            f"expected `predict` as a Keras model or a function, got {type(predict).__name__}. "
            "Pass what takes pictures (n, H, W, 1) and gives probabilities."
        )

    def ask(batch: np.ndarray) -> np.ndarray:
        given = np.asarray(call(batch))
        widths = (1, 2) if classes == 2 else (classes,)
        if given.ndim != 2 or len(given) != len(batch) or given.shape[1] not in widths:
            raise ValueError(
                f"expected answers of shape ({len(batch)}, {' or '.join(map(str, widths))}) for "
                f"{classes} class names, got {given.shape}. Give as many names as classes."
            )
        if not ((given >= 0) & (given <= 1)).all():
            raise ValueError(
                f"expected probabilities from 0 to 1, got {given.min():g} to {given.max():g}. "
                "Let the network end in a sigmoid or softmax."
            )
        given = given.astype(float)
        if given.shape[1] == 1:
            return np.column_stack([1 - given, given])
        sums = given.sum(axis=1)
        if np.abs(sums - 1).max() > ROUNDING:
            raise ValueError(
                f"expected probabilities that add up to 1, got sums from {sums.min():.4g} to "
                f"{sums.max():.4g}. Let the network end in a softmax."
            )
        return given

    return ask


def answers(
    picture: np.ndarray,
    ask: Callable[[np.ndarray], np.ndarray],
    square: np.ndarray,
    grey: float,
    batch: int,
) -> np.ndarray:
    """Return the probabilities of every covered set, int (2**squares, classes).

    No more than ``batch`` covered pictures exist at once. The first class gets what the others
    leave, as on the page.
    """
    sets = np.arange(2 ** (int(square.max()) + 1))
    found = [ask(covered(picture, sets[i : i + batch], square, grey)) for i in sets[::batch]]
    others = np.rint(WHOLE * np.concatenate(found)[:, 1:]).astype(int)
    return np.column_stack([np.maximum(WHOLE - others.sum(axis=1), 0), others])


def most_used(table: np.ndarray) -> int | None:
    """Return the square that, covered alone, lowers the bare picture's answer most.

    None where every square alone lowers it by less than 0.01.
    """
    given = table[0].argmax()
    alone = 2 ** np.arange(len(table).bit_length() - 1)
    drops = table[0, given] - table[alone, given]
    return int(drops.argmax()) if drops.max() >= MATTERS * WHOLE else None


def least_set(table: np.ndarray) -> int | None:
    """Return the set of fewest squares that changes the answer; None where none does.

    Of several, the one that leaves least of the answer.
    """
    given = table[0].argmax()
    changed = np.flatnonzero(table.argmax(axis=1) != given)
    if not len(changed):
        return None
    counts = np.array([int(one).bit_count() for one in changed])
    return int(changed[np.lexsort((table[changed, given], counts))[0]])


def lung_shares(mask: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Return the share of the lungs' pixels in each square."""
    counts = np.bincount(square[mask], minlength=square.max() + 1)
    return counts / counts.sum()


def lung_set(shares: np.ndarray) -> int:
    """Return the set of fewest squares that hold at least four fifths of the lungs."""
    order = np.argsort(-shares, kind="stable")
    enough = int(np.searchsorted(np.cumsum(shares[order]), MOST_OF_LUNGS - 1e-9)) + 1
    return int(np.sum(2 ** order[:enough]))
