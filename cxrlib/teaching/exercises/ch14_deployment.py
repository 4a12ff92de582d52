"""Exercises of chapter 14: fewer bits, the limit of refusal, and an alarm without labels."""

from __future__ import annotations

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

WEIGHTS = np.array([[0.5, -1.27, 0.021], [0.0, 0.899, -0.3]])


def _quantized(weights: np.ndarray) -> tuple[np.ndarray, float]:
    step = np.abs(weights).max() / 127
    return np.round(weights / step), step


check_quantize = Exercise(
    level="easy",
    minutes=10,
    task="Turn the weights into whole numbers from −127 to 127; return them and the step.",
    solution=_quantized,
    mistakes={
        "the step is right. Divide by it before you round.": (
            lambda w: (np.round(w), np.abs(w).max() / 127)
        ),
        "round to the nearest whole number, don't cut off.": (
            lambda w: (np.trunc(w * 127 / np.abs(w).max()), np.abs(w).max() / 127)
        ),
        "the largest weight may be a negative one: take absolute values first.": (
            lambda w: (np.round(w * 127 / w.max()), w.max() / 127)
        ),
        "255 steps from the lowest to the highest weight is another scheme: here 0 stays 0.": (
            lambda w: (np.round((w - w.min()) * 255 / np.ptp(w)), np.ptp(w) / 255)
        ),
        "the largest weight becomes 127, not 128: −128 to 127 leaves no room for it.": (
            lambda w: (np.round(w * 128 / np.abs(w).max()), np.abs(w).max() / 128)
        ),
        "those are the weights again. Return the whole numbers.": (
            lambda w: (_quantized(w)[0] * _quantized(w)[1], _quantized(w)[1])
        ),
        "give them back as numbers and step, in this order.": lambda w: _quantized(w)[::-1],
    },
    cases=[(WEIGHTS,), (-WEIGHTS,), (np.array([0.1, 0.2, -0.05]),)],
    success="Times the step, each is at most half a step from what it was.",
    default_hint="the step is max |w| / 127; the numbers are w / step, rounded.",
    mutation_hint="the weights that were handed in are changed: compute new ones.",
)
"""``my_quantize(weights)``: whole numbers (float or int array) and the step between two of them."""


def _limit(distances: np.ndarray, share: float) -> float:
    allowed = int(share * len(distances) + 1e-9)
    return float(np.sort(distances)[len(distances) - 1 - allowed])


DISTANCES = np.array([0.9, 1.1, 0.7, 3.0, 1.0, 0.8, 1.6, 1.2, 0.6, 1.3])

check_limit = Exercise(
    level="medium",
    minutes=10,
    task="Return the lowest of these distances above which at most `share` of them lie.",
    solution=_limit,
    mistakes={
        "that many are refused, and one more: the limit itself has to be let through.": (
            lambda d, s: float(np.sort(d)[max(len(d) - 2 - int(s * len(d) + 1e-9), 0)])
        ),
        "that is the largest: nothing is refused.": lambda d, s: float(np.max(d)),
        "that lets `share` of them through, and refuses the rest.": (
            lambda d, s: float(np.sort(d)[int(s * len(d) + 1e-9)])
        ),
        "a share of the largest distance is no share of the pictures: sort, and count.": (
            lambda d, s: float((1 - s) * np.max(d))
        ),
        "sort first: the pictures come in no order.": (
            lambda d, s: float(d[len(d) - 1 - int(s * len(d) + 1e-9)])
        ),
        "take one of the distances, no number between two of them.": (
            lambda d, s: float(np.quantile(d, 1 - s, method="midpoint"))
        ),
    },
    cases=[(DISTANCES, 0.1), (DISTANCES, 0.25), (DISTANCES[:5], 0.4)],
    arg_names=("distances", "share"),
    success="Chosen on validation, it says how many good pictures it costs. What else it "
    "lets through it does not say.",
    default_hint="`np.sort`, then leave out the `int(share * n)` largest: the next one is it.",
)
"""``my_limit(distances, share)``: the lowest distance with at most ``share`` of them above it."""


def _alarm(usual: float, k: int, n: int) -> bool:
    return bool(abs(k / n - usual) > 1.96 * np.sqrt(usual * (1 - usual) / n))


check_alarm = Exercise(
    level="medium",
    minutes=10,
    task="Is this week's share further from the usual one than chance explains?",
    solution=_alarm,
    mistakes={
        "too few is as odd as too many: take the absolute difference.": (
            lambda u, k, n: bool(k / n - u > 1.96 * np.sqrt(u * (1 - u) / n))
        ),
        "that is the variance. A standard error is its root.": (
            lambda u, k, n: bool(abs(k / n - u) > 1.96 * u * (1 - u) / n)
        ),
        "many images make a share surer: the standard error has n in it.": (
            lambda u, k, n: bool(abs(k / n - u) > 1.96 * np.sqrt(u * (1 - u)))
        ),
        "one standard error rings in every third week. Take 1.96 of them.": (
            lambda u, k, n: bool(abs(k / n - u) > np.sqrt(u * (1 - u) / n))
        ),
        "compare shares: k of n, not k itself.": (
            lambda u, k, n: bool(abs(k - u) > 1.96 * np.sqrt(u * (1 - u) / n))
        ),
        "the other way round.": lambda *a: not _alarm(*a),
    },
    cases=[
        (0.7, 130, 150),
        (0.7, 80, 150),
        (0.7, 97, 150),
        (0.5, 30, 40),
        (0.5, 55, 100),
        (0.5, 57, 100),
        (0.1, 12, 100),
    ],
    arg_names=("usual", "k", "n"),
    success="It needs no label. One week in twenty it rings for nothing, and it says nothing of "
    "why.",
    default_hint="compare |k / n − usual| with 1.96 · √(usual · (1 − usual) / n).",
)
"""``my_alarm(usual, k, n)``: True where ``k`` of ``n`` is not the usual share."""
