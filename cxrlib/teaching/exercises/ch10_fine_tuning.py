"""Exercises of chapter 10: how far a kernel moved, warm restarts, the epoch that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

History = Mapping[str, Sequence[float]]

KERNEL = np.array([[3.0, 0], [0, -4]])
DEEP = np.array([[[[1.0, 2], [2, 0]], [[0, 4], [2, 1]]]])  # four axes, as a convolution's kernel


def _length(kernel: np.ndarray) -> float:
    return float(np.sqrt(np.sum(kernel**2)))


def _change(before: np.ndarray, after: np.ndarray) -> float:
    return _length(after - before) / _length(before)


check_change = Exercise(
    level="easy",
    minutes=5,
    task="`my_change(before, after)` returns one number: 0 for a kernel that did not move.",
    solution=_change,
    mistakes={
        "the root is missing: this is the ratio of the squares.": lambda b, a: _change(b, a) ** 2,
        "divide by the length of the kernel *before*, not after.": (
            lambda b, a: _length(a - b) / _length(a)
        ),
        "divide by the length before: how far is far depends on the kernel.": (
            lambda b, a: _length(a - b)
        ),
        "these are the two lengths only. A kernel can turn and keep its length: take the "
        "difference first.": lambda b, a: abs(_length(a) - _length(b)) / _length(b),
        "that is how long it became. Take the difference first.": (
            lambda b, a: _length(a) / _length(b)
        ),
        "signs cancel in a sum: square the numbers first.": (
            lambda b, a: float(np.sum(a - b) / np.sum(b))
        ),
        "a length adds squares, not distances to zero.": (
            lambda b, a: float(np.abs(a - b).sum() / np.abs(b).sum())
        ),
        "one number for the whole kernel: add up over all axes, then divide.": (
            lambda b, a: float(np.mean(np.abs(a - b) / np.maximum(np.abs(b), 1e-9)))
        ),
    },
    cases=[
        (KERNEL, np.array([[5.0, 1], [0, -2]])),
        (KERNEL, KERNEL),
        (DEEP, 1.5 * DEEP),
    ],
    arg_names=("before", "after"),
    success="0.01 means: moved by a hundredth of its own length.",
    default_hint="root of the sum of squares of `after - before`, divided by that of `before`.",
)
"""``my_change(before, after)``: length of a kernel's change over its length before.

Both are arrays of the same shape, of two axes or four.
"""


def _cosine(rate: float, share: float) -> float:
    return rate / 2 * (1 + np.cos(np.pi * share))


def _rate(epoch: float, rate: float, first: float, longer: float = 2) -> float:
    while epoch >= first:
        epoch, first = epoch - first, longer * first
    return _cosine(rate, epoch / first)


def _late(epoch: float, rate: float, first: float) -> float:
    """Restart one moment late, so that the rate is 0 where it should be large again."""
    while epoch > first:
        epoch, first = epoch - first, 2 * first
    return _cosine(rate, epoch / first)


def _unmoved(epoch: float, rate: float, first: float) -> float:
    """Find the stretch, and forget to count from its beginning."""
    begin, length = 0.0, first
    while epoch >= begin + length:
        begin, length = begin + length, 2 * length
    return _cosine(rate, epoch / length)


def _degrees(epoch: float, rate: float, first: float) -> float:
    while epoch >= first:
        epoch, first = epoch - first, 2 * first
    return rate / 2 * (1 + np.cos(180 * epoch / first))


def _linear(epoch: float, rate: float, first: float) -> float:
    while epoch >= first:
        epoch, first = epoch - first, 2 * first
    return rate * (1 - epoch / first)


check_restarts = Exercise(
    level="hard",
    minutes=15,
    task="Which learning rate holds at this epoch?",
    solution=_rate,
    mistakes={
        "there are no restarts: after `first` epochs the rate jumps back.": (
            lambda e, r, f: _cosine(r, e / f)
        ),
        "after `first` epochs it does not stay at zero: it jumps back.": (
            lambda e, r, f: _cosine(r, min(e / f, 1))
        ),
        "each stretch is twice as long as the one before.": (
            lambda e, r, f: _rate(e, r, f, longer=1)
        ),
        "half of the rate: the cosine plus 1 goes up to 2, so the ½ stays, and `rate` is the "
        "top.": lambda e, r, f: _rate(e, r, f) / 2,
        "twice the rate: the ½ is missing.": lambda e, r, f: 2 * _rate(e, r, f),
        "exactly at the end of a stretch the next one begins, with the full rate.": _late,
        "count from the beginning of the stretch: take away the epochs before it.": _unmoved,
        "NumPy's cosine wants radians: a half turn is `np.pi`.": _degrees,
        "that is a straight line. The cosine falls slowly, then fast, then slowly.": _linear,
        "that is a quarter turn: at the end the cosine must be −1.": (
            lambda e, r, f: r * np.cos(np.pi / 2 * e / f)
        ),
    },
    cases=[(0, 0.01, 5), (2.5, 0.01, 5), (5, 0.01, 5), (10, 0.01, 5), (20, 0.01, 5), (36, 0.4, 4)],
    arg_names=("epoch", "rate", "first"),
    success="Stretches of 5, 10 and 20 epochs end at 5, 15 and 35.",
    default_hint="first find the stretch: as long as `epoch` is beyond it, take its epochs away "
    "and double its length.",
)
"""``my_rate(epoch, rate, first)``: cosine with warm restarts, each stretch twice as long.

``epoch`` counts from 0 and need not be whole; the first stretch has ``first`` epochs.
"""


def _is_loss(monitor: str) -> bool:
    return "loss" in monitor


def _kept(history: History, monitor: str) -> int:
    values = list(history[monitor])
    return values.index(min(values) if _is_loss(monitor) else max(values)) + 1


def _last_best(history: History, monitor: str) -> int:
    values = list(history[monitor])
    best = min(values) if _is_loss(monitor) else max(values)
    return max(i for i, value in enumerate(values, start=1) if value == best)


HISTORY = {
    "loss": [0.70, 0.45, 0.31, 0.20, 0.12],
    "val_loss": [0.52, 0.40, 0.33, 0.36, 0.47],
    "val_accuracy": [0.8125, 0.875, 0.875, 0.9375, 0.9375],
}
FLAT = {"val_loss": [0.3, 0.2, 0.2], "val_accuracy": [0.9, 0.8, 0.9], "val_AUC": [0.7, 0.9, 0.8]}


def _by(column: str) -> Callable[[History, str], int]:
    return lambda h, m: _kept(h, column)


check_kept_epoch = Exercise(
    level="easy",
    minutes=5,
    task="Which epoch's weights are kept?",
    solution=_kept,
    mistakes={
        "epochs count from 1 here, Python's lists from 0.": lambda h, m: _kept(h, m) - 1,
        "of equally good epochs the first is kept.": _last_best,
        "a loss is best where it is *lowest*.": (
            lambda h, m: int(np.argmax(h[m])) + 1 if _is_loss(m) else _kept(h, m)
        ),
        "what is no loss is best where it is *highest*.": lambda h, m: int(np.argmin(h[m])) + 1,
        "the other way round: losses are best low, everything else high.": (
            lambda h, m: int(np.argmax(h[m]) if _is_loss(m) else np.argmin(h[m])) + 1
        ),
        "that is the best value. Which epoch has it?": (
            lambda h, m: min(h[m]) if _is_loss(m) else max(h[m])
        ),
        "the last epoch is not always the best one.": lambda h, m: len(h[m]),
        "look at the column that is watched, `history[monitor]`.": _by("val_loss"),
        "look at the column that is watched, not always at the accuracy.": _by("val_accuracy"),
    },
    cases=[
        (HISTORY, "val_loss"),
        (HISTORY, "val_accuracy"),
        (HISTORY, "loss"),
        (FLAT, "val_loss"),
        (FLAT, "val_accuracy"),
        (FLAT, "val_AUC"),
    ],
    arg_names=("history", "monitor"),
    success="Loss and accuracy need not agree. On sixteen images the accuracy moves in steps "
    "of a sixteenth, so ties are common.",
    default_hint="find the best value of `history[monitor]`, then its first place.",
)
"""``my_epoch(history, monitor)``: the epoch whose weights early stopping keeps.

``history`` is a dictionary of lists; epochs count from 1. A column with "loss" in its name is
best where it is lowest, any other where it is highest; of equal ones the first is kept.
"""
