"""The exercise of chapter 08 in which a threshold is chosen: judged by whom it calls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxrlib.teaching.exercises.results import (
    Result,
    attempt,
    exercise,
    missing,
    not_yet,
    right,
    wrong,
)

# Scores of the sick, scores of the healthy, share of the sick to be found.
WARDS = (
    ([0.314, 0.452, 0.583, 0.741, 0.926], [0.127, 0.371, 0.448, 0.506, 0.668, 0.812], 0.75),
    ([0.215, 0.37, 0.42, 0.53, 0.61, 0.78, 0.9], [0.09, 0.33, 0.395, 0.47, 0.56, 0.7], 0.6),
    ([0.2, 0.45, 0.7, 0.7, 0.8, 0.95], [0.1, 0.45, 0.6, 0.7], 0.4),
    ([0.35, 0.8, 0.6], [0.1, 0.3, 0.35, 0.7], 1.0),
    ([0.507, 0.502, 0.511, 0.509, 0.504], [0.501, 0.503, 0.506, 0.508], 0.8),
)


def _reaching(
    candidates: np.ndarray, share: Callable[[float], float], target: float, pick=max
) -> float:
    """Pick a candidate whose share reaches the target; minus infinity if there is none."""
    enough = [t for t in candidates if share(t) >= target]
    return float(pick(enough)) if enough else -np.inf


def _threshold(sick: np.ndarray, healthy: np.ndarray, target: float) -> float:
    return _reaching(sick, lambda t: np.mean(sick >= t), target)


Chooser = Callable[[np.ndarray, np.ndarray, float], float]


def _everybody(sick: np.ndarray, healthy: np.ndarray) -> np.ndarray:
    return np.concatenate([sick, healthy])


def _quantile(method: str) -> Chooser:
    return lambda sick, healthy, p: np.quantile(sick, 1 - p, method=method)


QUANTILE = (
    "`np.quantile` goes by the gaps between the scores, and there is one gap fewer than there are "
    "scores. Count the sick instead."
)
BEFORE = (
    "this counts only scores *above* the threshold. Who has exactly this score is called sick, too."
)
DOWN = "rounded down, and the target is missed. There are no half children: round up."
COARSE = "these steps are too coarse. Try the scores that occur: the calls change nowhere else."
# Hint, and the threshold that somebody with this mistake gives.
MISTAKES: tuple[tuple[str, Chooser], ...] = (
    (
        "these are all children's scores. The target is a share of the *sick*: `scores[y == 1]`.",
        lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(_everybody(s, h) >= t), p),
    ),
    (BEFORE, lambda s, h, p: _reaching(s, lambda t: np.mean(s > t), p)),
    (BEFORE, lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(s > t), p)),
    (DOWN, lambda s, h, p: np.sort(s)[-int(p * len(s))]),
    (DOWN, lambda s, h, p: np.sort(s)[-round(p * len(s))]),
    (
        "one place too far. The largest score stands at place 0 or −1, so the k-th largest at "
        "k − 1 or −k.",
        lambda s, h, p: np.sort(s)[max(len(s) - int(np.ceil(p * len(s))) - 1, 0)],
    ),
    (QUANTILE, _quantile("linear")),
    (QUANTILE, _quantile("lower")),
    (QUANTILE, _quantile("higher")),
    (
        "wrong end: this share of the sick lies *below* the threshold. It should lie above.",
        lambda s, h, p: np.quantile(s, p),
    ),
    (
        "that finds all of the sick, and calls everybody else sick, too. Of all thresholds that "
        "reach the target take the *highest*.",
        lambda s, h, p: -np.inf,
    ),
    (
        "the lowest score of the sick finds all of them. The target may be less: take the "
        "*highest* threshold that reaches it.",
        lambda s, h, p: s.min(),
    ),
    (
        "these are the healthy: `y == 1` are the sick.",
        lambda s, h, p: _reaching(h, lambda t: np.mean(h >= t), p),
    ),
    (
        "this share of the *healthy* is left alone: a specificity. The target is for the sick.",
        lambda s, h, p: _reaching(_everybody(s, h), lambda t: np.mean(h < t), p, min),
    ),
    (
        "that is precision: of those called sick, the share that is. Divide by all the sick.",
        lambda s, h, p: _reaching(
            s, lambda t: np.sum(s >= t) / np.sum(_everybody(s, h) >= t), p, min
        ),
    ),
    ("the target is a share of the sick, not a score.", lambda s, h, p: p),
    ("the target is a share of the sick, not a score.", lambda s, h, p: 1 - p),
    (COARSE, lambda s, h, p: _reaching(np.arange(101) / 100, lambda t: np.mean(s >= t), p)),
    (COARSE, lambda s, h, p: _reaching(np.arange(11) / 10, lambda t: np.mean(s >= t), p)),
)


def _calls(sick: np.ndarray, healthy: np.ndarray, threshold: float) -> tuple[int, int]:
    """Count the sick found and the false alarms; they tell any two sets of calls apart."""
    return int(np.sum(sick >= threshold)), int(np.sum(healthy >= threshold))


@exercise
def check_threshold(rule: Callable[[np.ndarray, np.ndarray, float], float]) -> Result:
    """Check ``rule(y, scores, target)``: the highest threshold that finds enough of the sick.

    ``y`` (0 or 1) and ``scores`` are arrays of shape (N,); scores from the threshold on are called
    sick, and at least the share ``target`` (above 0, at most 1) of the sick is to be found. The
    answer is judged by whom it calls: any number between two neighbouring scores will do.
    """
    task = "Return the highest threshold that still finds the share `target` of the sick."
    if missing(rule):
        return not_yet(task)
    if not callable(rule):
        return wrong("a function", f"`{rule!r}`", "give the function itself, without brackets.")
    answers, failed = [], None
    for ward in WARDS:
        answer, failed = attempt(rule, *_mixed(*ward))
        if failed:
            break
        answers.append(answer)
    if answers and all(map(missing, answers)):
        return not_yet(task)
    asked = [(np.array(s), np.array(h), p) for s, h, p in WARDS[: len(answers)]]
    for (sick, healthy, target), answer in zip(asked, answers, strict=True):
        where = f"for sick with {_row(sick)}, healthy with {_row(healthy)} and target {target:g}"
        threshold = _number(answer)
        if threshold is None:
            return wrong(f"one number {where}", f"`{answer!r}`", "return the threshold, a score.")
        best = _calls(sick, healthy, _threshold(sick, healthy, target))
        came = _calls(sick, healthy, threshold)
        if came != best:
            hint = _hint(asked, answers, (sick, healthy, target), came)
            got = f"`{threshold:g}`, which {_found(came, len(sick))}"
            return wrong(f"a threshold that {_found(best, len(sick))}, {where}", got, hint)
    return failed or right(
        "It finds as many of the sick as it promised, and of all thresholds that do it has the "
        "fewest false alarms."
    )


def _mixed(sick: list[float], healthy: list[float], target: float) -> tuple:
    """Give the rule its arguments: the truth and the scores, in no order."""
    order = np.random.default_rng(8).permutation(len(sick) + len(healthy))
    y = np.array([1] * len(sick) + [0] * len(healthy))
    return y[order], np.array(sick + healthy)[order], target


def _number(answer: object) -> float | None:
    if isinstance(answer, bool | str):
        return None
    try:
        number = None if np.ndim(answer) else float(answer)
    except (TypeError, ValueError):
        return None
    return None if number is None or np.isnan(number) else number


def _hint(asked: list[tuple], answers: list, here: tuple, came: tuple[int, int]) -> str:
    """Find the mistake that gives these calls in all cases, else in this one."""

    def agrees(mistake: Chooser) -> bool:
        return all(
            (number := _number(answer)) is not None
            and _calls(*case[:2], mistake(*case)) == _calls(*case[:2], number)
            for case, answer in zip(asked, answers, strict=True)
        )

    always = [hint for hint, mistake in MISTAKES if agrees(mistake)]
    once = [hint for hint, mistake in MISTAKES if _calls(*here[:2], mistake(*here)) == came]
    otherwise = "try the scores that occur: between two neighbours the calls stay the same."
    return (always + once + [otherwise])[0]


def _row(scores: np.ndarray) -> str:
    return ", ".join(f"{score:g}" for score in np.sort(scores))


def _found(calls: tuple[int, int], sick: int) -> str:
    alarms = "1 false alarm" if calls[1] == 1 else f"{calls[1]} false alarms"
    return f"finds {calls[0]} of {sick} with {alarms}"
