"""Exercises of chapter 08: pairs of children counted, alarms weighed by the prevalence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cxrlib.teaching.exercises.form import judge_rule
from cxrlib.teaching.exercises.results import Result, exercise, missing

Scores = Sequence[float]
GROUPS = (
    ([0.7, 0.8, 0.2, 0.4], [0.6, 0.8, 0.1, 0.2]),
    ([0.9, 0.6, 0.7], [0.1, 0.3, 0.2, 0.5, 0.4]),
    ([0.5, 0.5], [0.5, 0.5, 0.5]),
    ([0.3], [0.2, 0.3, 0.9, 0.1]),
)


def _pairs(sick: Scores, healthy: Scores, tie: float = 0.5) -> float:
    a, b = np.array(sick)[:, None], np.array(healthy)
    return float(np.mean((a > b) + tie * (a == b)))


def _on_their_side(sick: Scores, healthy: Scores) -> np.ndarray:
    return np.concatenate([np.array(sick) >= 0.5, np.array(healthy) < 0.5])


@exercise
def check_auc(rule: Callable[[np.ndarray, np.ndarray], float]) -> Result:
    """Check ``rule(sick, healthy)``: the share of pairs in the right order, ties by half.

    Both are arrays of scores, shapes (N,) and (M,).
    """
    in_turn = (
        "each sick child is compared with one healthy child only. Compare with all: "
        "`sick[:, None]` makes a column of them."
    )

    def judged(cases: Sequence[tuple]) -> Result:
        return judge_rule(
            _given_arrays(rule),
            _pairs,
            {
                "a tie is nobody's: count it by half.": lambda s, h: _pairs(s, h, tie=0),
                "a tie is half right, not right.": lambda s, h: _pairs(s, h, tie=1),
                "other way round: right is a sick child *above* a healthy one.": (
                    lambda s, h: 1 - _pairs(s, h)
                ),
                "other way round, and the ties are missing: right is a sick child *above* a "
                "healthy one.": lambda s, h: _pairs(h, s, tie=0),
                "that is the accuracy at 0.5. Here no threshold is needed: compare two children.": (
                    lambda s, h: np.mean(_on_their_side(s, h))
                ),
                in_turn: lambda s, h: np.mean(np.greater(s, h)) if len(s) == len(h) else None,
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
            cases,
            names=("sick", "healthy"),
            task="Of all pairs of a sick and a healthy child, which share is in the right order?",
            praise="Only the order counts, and no threshold. Squeeze the scores together: the AUC "
            "stays the same.",
            otherwise="list the pairs: each sick child with each healthy one.",
        )

    first = judged(GROUPS[:1])  # groups of equal size, where comparing in turn does not fail
    return judged(GROUPS) if first.passed else first


def _given_arrays(rule: object) -> object:
    if missing(rule) or not callable(rule):
        return rule
    return lambda *lists: rule(*map(np.array, lists))


def _ppv(sens: float, spec: float, prevalence: float) -> float:
    alarms = (1 - spec) * (1 - prevalence)
    return sens * prevalence / (sens * prevalence + alarms)


@exercise
def check_ppv(rule: Callable[[float, float, float], float]) -> Result:
    """Check ``rule(sensitivity, specificity, prevalence)``: the positive predictive value."""
    return judge_rule(
        rule,
        _ppv,
        {
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
            "the specificity is the share left alone. False alarms are 1 minus it.": (
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
        [(0.9, 0.8, 0.1), (0.95, 0.7, 0.6), (0.75, 0.99, 0.002), (0.6, 0.9, 0.5)],
        names=("sensitivity", "specificity", "prevalence"),
        task="Of those who are called sick, which share is?",
        praise="The same test is right in most of its alarms on one ward, and wrong in most of "
        "them where few are sick.",
        otherwise="true alarms, divided by true and false alarms.",
    )
