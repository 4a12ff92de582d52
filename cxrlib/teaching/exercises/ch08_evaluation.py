"""Exercises of chapter 08: a threshold chosen, pairs of children counted, alarms weighed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from cxrlib.teaching.exercises.base import Exercise, as_numbers

# Scores of the sick, scores of the healthy, share of the sick to be found.
WARDS = (
    ([0.314, 0.452, 0.583, 0.741, 0.926], [0.127, 0.371, 0.448, 0.506, 0.668, 0.812], 0.75),
    ([0.215, 0.37, 0.42, 0.53, 0.61, 0.78, 0.9], [0.09, 0.33, 0.395, 0.47, 0.56, 0.7], 0.6),
    ([0.2, 0.45, 0.7, 0.7, 0.8, 0.95], [0.1, 0.45, 0.6, 0.7], 0.4),
    ([0.35, 0.8, 0.6], [0.1, 0.3, 0.35, 0.7], 1.0),
    ([0.507, 0.502, 0.511, 0.509, 0.504], [0.501, 0.503, 0.506, 0.508], 0.8),
)


Share = float | np.floating
Chooser = Callable[[np.ndarray, np.ndarray, float], Share]


def _reaching(
    candidates: np.ndarray,
    share: Callable[[float], Share],
    target: float,
    pick: Callable[[list[float]], float] = max,
) -> float:
    """Pick a candidate whose share reaches the target; minus infinity if there is none."""
    enough = [t for t in candidates if share(t) >= target]
    return float(pick(enough)) if enough else -np.inf


def _threshold(sick: np.ndarray, healthy: np.ndarray, target: float) -> float:
    return _reaching(sick, lambda t: np.mean(sick >= t), target)


def _by_class(choose: Chooser) -> Chooser:
    """Make a function of ``y, scores, target`` from one of the scores of sick and healthy."""
    return lambda y, scores, target: choose(scores[y == 1], scores[y == 0], target)


def _mixed(sick: list[float], healthy: list[float], target: float) -> tuple:
    """Return truth, scores and target; the cases come in no order."""
    order = np.random.default_rng(8).permutation(len(sick) + len(healthy))
    y = np.array([1] * len(sick) + [0] * len(healthy))
    return y[order], np.array(sick + healthy)[order], target


def _everybody(sick: np.ndarray, healthy: np.ndarray) -> np.ndarray:
    return np.concatenate([sick, healthy])


def _quantile(method: Literal["linear", "lower", "higher"]) -> Chooser:
    return lambda sick, healthy, p: np.quantile(sick, 1 - p, method=method)


def _largest(sick: np.ndarray, place: int) -> float:
    """Return the score at a place, counted from the largest, which is 1."""
    return np.sort(sick)[-place]


BEFORE = (
    "this counts only scores *above* the threshold. Who has exactly this score is called sick, too."
)
# Hint → the thresholds that somebody with this mistake gives.
MISTAKES: dict[str, tuple[Chooser, ...]] = {
    "these are all children's scores. The target is a share of the *sick*: `scores[y == 1]`.": (
        lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(_everybody(s, h) >= t), p),
    ),
    BEFORE: (
        lambda s, h, p: _reaching(s, lambda t: np.mean(s > t), p),
        lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(s > t), p),
    ),
    "rounded down, and the target is missed. There are no half children: round up.": (
        lambda s, h, p: _largest(s, int(p * len(s))),
        lambda s, h, p: _largest(s, round(p * len(s))),
    ),
    "one place too far. The largest score stands at place 0 or −1, so the k-th largest at "
    "k − 1 or −k.": (
        lambda s, h, p: _largest(s, min(int(np.ceil(p * len(s))) + 1, len(s))),
        lambda s, h, p: _largest(s, int(np.ceil(p * len(s))) + 1),
    ),
    "`np.quantile` goes by the gaps between the scores, and there is one gap fewer than there are "
    "scores. Count the sick instead.": (
        _quantile("linear"),
        _quantile("lower"),
        _quantile("higher"),
    ),
    "wrong end: this share of the sick lies *below* the threshold. It should lie above.": (
        lambda s, h, p: np.quantile(s, p),
    ),
    "that finds all of the sick, and calls everybody else sick, too. Of all thresholds that "
    "reach the target take the *highest*.": (lambda s, h, p: -np.inf,),
    "the lowest score of the sick finds all of them. The target may be less: take the "
    "*highest* threshold that reaches it.": (lambda s, h, p: s.min(),),
    "these are the healthy: `y == 1` are the sick.": (
        lambda s, h, p: _reaching(h, lambda t: np.mean(h >= t), p),
    ),
    "this share of the *healthy* is left alone: a specificity. The target is for the sick.": (
        lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(h < t), p, min),
    ),
    "that is precision: of those called sick, the share that is. Divide by all the sick.": (
        lambda s, h, p: _reaching(
            s, lambda t: np.sum(s >= t) / np.sum(_everybody(s, h) >= t), p, min
        ),
    ),
    "the target is a share of the sick, not a score.": (
        lambda s, h, p: p,
        lambda s, h, p: 1 - p,
    ),
    "these steps are too coarse. Try the scores that occur: the calls change nowhere else.": (
        lambda s, h, p: _reaching(np.arange(101) / 100, lambda t: np.mean(s >= t), p),
        lambda s, h, p: _reaching(np.arange(11) / 10, lambda t: np.mean(s >= t), p),
    ),
}


class _ByCalls(Exercise):
    """An exercise whose answer, a threshold, is checked by whom it calls sick."""

    def is_equal(self, case: tuple, got: object, expected: object) -> bool:
        thresholds = _number(got), _number(expected)
        if thresholds[0] is None or thresholds[1] is None:
            return False
        return _calls(case, thresholds[0]) == _calls(case, thresholds[1])

    def describe_expected(self, case: tuple, answer: object) -> str:
        return f"a threshold that {_found(case, _number(answer))}, for {self.describe_case(case)}"

    def describe_answer(self, case: tuple, answer: object) -> str:
        threshold = _number(answer)
        if threshold is None:
            return f"`{answer!r}`"
        return f"`{threshold:g}`, which {_found(case, threshold)}"


def _number(answer: object) -> float | None:
    numbers = as_numbers(answer)
    return None if numbers is None or numbers.ndim or np.isnan(numbers) else float(numbers)


def _calls(case: tuple, threshold: float) -> tuple[int, int]:
    """Count the sick found and the false alarms; they tell any two sets of calls apart."""
    y, scores, _ = case
    return int(np.sum(scores[y == 1] >= threshold)), int(np.sum(scores[y == 0] >= threshold))


def _found(case: tuple, threshold: float | None) -> str:
    found, alarms = _calls(case, np.nan if threshold is None else threshold)
    called = "1 false alarm" if alarms == 1 else f"{alarms} false alarms"
    return f"finds {found} of {case[0].sum()} with {called}"


def _ward(y: np.ndarray, scores: np.ndarray, target: float) -> str:
    sick, healthy = (
        ", ".join(f"{score:g}" for score in np.sort(scores[y == label])) for label in (1, 0)
    )
    return f"sick with {sick}, healthy with {healthy} and target {target:g}"


check_threshold = _ByCalls(
    level="medium",
    minutes=10,
    task="Return the highest threshold that still finds the share `target` of the sick.",
    solution=_by_class(_threshold),
    mistakes={hint: tuple(map(_by_class, choosers)) for hint, choosers in MISTAKES.items()},
    cases=[_mixed(*ward) for ward in WARDS],
    arg_names=_ward,
    success="It finds as many of the sick as it promised, and of all thresholds that do it has the "
    "fewest false alarms.",
    default_hint="try the scores that occur: between two neighbours the calls stay the same.",
    shape_hint="return the threshold, a score.",
)
"""``my_threshold(y, scores, target)``: the highest threshold that finds enough of the sick.

``y`` (0 or 1) and ``scores`` are arrays of shape (N,); scores from the threshold on are called
sick, and at least the share ``target`` (above 0, at most 1) of the sick is to be found. The answer
is judged by whom it calls: any number between two neighbouring scores will do.
"""


def _pairs(sick: np.ndarray, healthy: np.ndarray, tie: float = 0.5) -> float:
    a = sick[:, None]
    return float(np.mean((a > healthy) + tie * (a == healthy)))


check_auc = Exercise(
    level="medium",
    minutes=10,
    task="Of all pairs of a sick and a healthy child, which share is in the right order?",
    solution=_pairs,
    mistakes={
        "a tie is nobody's: count it by half.": lambda s, h: _pairs(s, h, tie=0),
        "a tie is half right, not right.": lambda s, h: _pairs(s, h, tie=1),
        "other way round: right is a sick child *above* a healthy one.": (
            lambda s, h: 1 - _pairs(s, h)
        ),
        "other way round, and the ties are missing: right is a sick child *above* a "
        "healthy one.": lambda s, h: _pairs(h, s, tie=0),
        "that is the accuracy at 0.5. Here no threshold is needed: compare two children.": (
            lambda s, h: np.mean(np.concatenate([s >= 0.5, h < 0.5]))
        ),
        "each sick child is compared with one healthy child only. Compare with all: "
        "`sick[:, None]` makes a column of them.": lambda s, h: np.mean(s > h),
        "these are the pairs in the right order, counted. Divide by the number of pairs.": (
            lambda s, h: _pairs(s, h) * len(s) * len(h)
        ),
        "divide by the number of *pairs*, not of children.": (
            lambda s, h: _pairs(s, h) * len(s) * len(h) / (len(s) + len(h))
        ),
        "that compares the means. How far apart the scores lie does not count here.": (
            lambda s, h: np.mean(s) - np.mean(h)
        ),
    },
    cases=[
        # Groups of equal size come first: there, comparing in turn does not fail.
        (np.array([0.7, 0.8, 0.2, 0.4]), np.array([0.6, 0.8, 0.1, 0.2])),
        (np.array([0.9, 0.6, 0.7]), np.array([0.1, 0.3, 0.2, 0.5, 0.4])),
        (np.array([0.5, 0.5]), np.array([0.5, 0.5, 0.5])),
        (np.array([0.3]), np.array([0.2, 0.3, 0.9, 0.1])),
    ],
    arg_names=("sick", "healthy"),
    success="Only the order counts, and no threshold. Squeeze the scores together: the AUC stays "
    "the same.",
    default_hint="list the pairs: each sick child with each healthy one.",
)
"""``my_auc(sick, healthy)``: the share of pairs in the right order, ties by half.

Both are arrays of scores, shapes (N,) and (M,).
"""


def _ppv(sens: float, spec: float, prevalence: float) -> float:
    alarms = (1 - spec) * (1 - prevalence)
    return sens * prevalence / (sens * prevalence + alarms)


check_ppv = Exercise(
    level="medium",
    minutes=10,
    task="Of those who are called sick, which share is?",
    solution=_ppv,
    mistakes={
        "the prevalence is missing. Think of 1,000 children: how many of them are sick?": (
            lambda a, b, p: a / (a + 1 - b)
        ),
        "that is the sensitivity. It starts from the sick, a predictive value from those "
        "called sick.": lambda a, b, p: a,
        "that is the *negative* predictive value: of those called healthy, who is healthy?": (
            lambda a, b, p: b * (1 - p) / (b * (1 - p) + (1 - a) * p)
        ),
        "sensitivity and specificity have changed places.": lambda a, b, p: _ppv(b, a, p),
        "sick and healthy have changed places: the prevalence is the share of the *sick*.": (
            lambda a, b, p: _ppv(a, b, 1 - p)
        ),
        "that is the share of the alarms that are *false*: take 1 minus it.": (
            lambda a, b, p: 1 - _ppv(a, b, p)
        ),
        "the specificity is the share left alone. The false positives are 1 minus it.": (
            lambda a, b, p: a * p / (a * p + b * (1 - p))
        ),
        "false alarms come from the healthy only: multiply by 1 minus the prevalence.": (
            lambda a, b, p: a * p / (a * p + 1 - b)
        ),
        "these are the sick among *all* children who are found. Divide by all alarms, the true "
        "and the false.": lambda a, b, p: a * p,
        "this is how many are called sick. How many of them are?": (
            lambda a, b, p: a * p + (1 - b) * (1 - p)
        ),
        "a share lies between 0 and 1: leave out the 100.": lambda a, b, p: 100 * _ppv(a, b, p),
    },
    cases=[(0.9, 0.8, 0.1), (0.95, 0.7, 0.6), (0.75, 0.99, 0.002), (0.6, 0.9, 0.5)],
    arg_names=("sensitivity", "specificity", "prevalence"),
    success="The same test is right in most of its alarms on one ward, and wrong in most of "
    "them where few are sick.",
    default_hint="true alarms, divided by true and false alarms.",
)
"""``my_ppv(sensitivity, specificity, prevalence)``: the positive predictive value."""
