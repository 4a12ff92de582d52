"""Exercises of chapter 14: fewer bits, the limit of refusal, and an alarm without labels."""

from __future__ import annotations

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

WEIGHTS = np.array([[0.5, -1.27, 0.021], [0.0, 0.899, -0.3]])


def _rounded(weights: np.ndarray, step: float) -> np.ndarray:
    return np.round(weights / step) * step


def _quantized(weights: np.ndarray) -> np.ndarray:
    return _rounded(weights, np.abs(weights).max() / 127)


check_quantize = Exercise(
    level="easy",
    minutes=10,
    task="Return the weights as eight bits keep them: whole numbers times the step.",
    solution=_quantized,
    mistakes={
        "divide by the step before you round, and multiply after.": np.round,
        "nothing is rounded yet.": lambda w: w,
        "round to the nearest whole number, don't cut off.": (
            lambda w: np.trunc(w * 127 / np.abs(w).max()) * np.abs(w).max() / 127
        ),
        "the largest weight may be a negative one: take absolute values first.": (
            lambda w: _rounded(w, w.max() / 127)
        ),
        "255 steps from the lowest to the highest weight is another scheme: here 0 stays 0.": (
            lambda w: _rounded(w - w.min(), np.ptp(w) / 255) + w.min()
        ),
        "the largest weight becomes 127, not 128: eight bits with a sign end at 127.": (
            lambda w: _rounded(w, np.abs(w).max() / 128)
        ),
        "those are the whole numbers. Multiply them by the step.": (
            lambda w: np.round(w * 127 / np.abs(w).max())
        ),
    },
    cases=[(WEIGHTS,), (-WEIGHTS,), (np.array([0.1, 0.2, -0.05]),)],
    success="Each is at most half a step from what it was.",
    default_hint="the step is max |w| / 127; round w / step, and multiply by the step.",
    shape_hint="as many weights come back as went in.",
    mutation_hint="the weights that were handed in are changed: compute new ones.",
)
"""``my_quantize(weights)``: an array like ``weights``, rounded to 255 steps around 0."""


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
        (0.5, 50, 100),
    ],
    arg_names=("usual", "k", "n"),
    success="It needs no label. One week in twenty it rings for nothing, and it says nothing of "
    "why.",
    default_hint="compare |k / n − usual| with 1.96 · √(usual · (1 − usual) / n).",
)
"""``my_alarm(usual, k, n)``: True where ``k`` of ``n`` is not the usual share."""
