"""``threshold_lab``: where "sick" begins, and what that means for a thousand children."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from cxrlib import evaluation
from cxrlib.teaching.labs import checks, lab, strips

MOST_SETS = 3
MOST_CASES = 1500
LONGEST = 24  # letters of a name
# How far sliders go. Just above the highest score nobody is called sick.
THRESHOLDS = (0, 1.01)
PREVALENCES = (0.5, 99.5)  # percent
WEIGHTS = (1, 50)


def threshold_lab(
    scores: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    threshold: float = 0.5,
    prevalence: float | None = None,
    missed: float = 5,
    classes: tuple[str, str] = ("normal", "pneumonia"),
    people: int = 1000,
    name: str = "threshold_lab",
) -> lab.Lab:
    """Return a lab that moves a threshold over scores and counts children.

    A case is called sick where its score is at least the threshold, as in
    :mod:`cxrlib.evaluation.thresholds`.

    Parameters
    ----------
    scores : dict of str to (y, score)
        One to three sets, up to 1,500 cases each, such as ``{"validation": (y, s), "test": ...}``:
        truth 0 or 1, scores from 0 to 1 (rounded to four decimals), shape (N,) or (N, 1). The
        first is the one to choose a threshold on.
    threshold : float
        0 to 1.01 at the start; above the highest score nobody is called sick.
    prevalence : float, optional
        Share of the sick among the people, 0.005 to 0.995; by default as in the first set. It is
        rounded to a tenth of a percent.
    missed : float
        As how many false alarms one missed sick child weighs, 1 to 50.
    classes : (str, str)
        What the classes 0 and 1 are called.
    people : int
        Of how many children is spoken, 100 to 1,000.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    Sensitivity, specificity and AUC are those of the sets as they are, predictive values follow
    from the first two and the prevalence by Bayes' rule. Children are rounded to whole ones: the
    sick, among them those found, and the healthy called sick; the rest is what is left.

    Raises
    ------
    ValueError
        For scores or settings it cannot show.
    """
    sets = [_checked(title, pair) for title, pair in _sets(scores).items()]
    healthy, sick = (_text(one, "a class") for one in classes)
    if prevalence is None:
        share = len(sets[0]["sick"]) / (len(sets[0]["sick"]) + len(sets[0]["healthy"]))
        percent = float(np.clip(100 * share, *PREVALENCES))
    else:
        low, high = PREVALENCES
        percent = 100 * checks.number(prevalence, low / 100, high / 100, "prevalence")
    start = {
        "set": 0,
        "threshold": checks.number(threshold, *THRESHOLDS, "threshold"),
        "prevalence": round(percent, 1),
        "missed": checks.number(missed, *WEIGHTS, "missed"),
    }
    more = len(sets) > 1
    return lab.Lab(
        kind="threshold_lab",
        name=checks.link_name(name),
        title=f"From which score on is a child called {sick}?",
        about="",
        first=(
            f"move the threshold until few of the sick on {sets[0]['name']} are missed. "
            + (f"Then show {sets[1]['name']} and leave the threshold alone. " if more else "")
            + "Last, make the sick rare: what becomes of those who are called?"
        ),
        still=strips.scores(sets, start["threshold"], (healthy, sick))
        + strips.roc(sets, start["threshold"], (healthy, sick)),
        config={
            "sets": [
                {"name": one["name"], "auc": one["auc"]}
                | {side: _packed(one[side]) for side in ("healthy", "sick")}
                for one in sets
            ],
            "classes": [healthy, sick],
            "people": int(checks.number(people, 100, 1000, "people")),
            "limits": {
                "threshold": THRESHOLDS,
                "prevalence": PREVALENCES,
                "missed": WEIGHTS,
            },
            "start": start,
        },
    )


def _sets(scores: object) -> Mapping:
    if not isinstance(scores, Mapping) or not 1 <= len(scores) <= MOST_SETS:
        came = f"{len(scores)} sets" if isinstance(scores, Mapping) else type(scores).__name__
        raise ValueError(
            f"expected `scores` as a dict of 1 to {MOST_SETS} sets, got {came}. "
            'Name them: {"validation": (y, score), "test": (y, score)}.'
        )
    return scores


def _checked(title: object, pair: object) -> dict:
    """Return a set's name, its AUC, and the scores of both classes from low to high."""
    title = _text(title, "a set")
    try:
        y, score = pair
        if max(np.size(y), np.size(score)) > MOST_CASES:
            raise ValueError(
                f"expected at most {MOST_CASES:,} cases, got {max(np.size(y), np.size(score)):,}. "
                "Draw some at random, and say so."
            )
        truth, exact = evaluation.metrics.check_scores(y, score, needs=(0, 1))
        if exact.min() < 0 or exact.max() > 1:
            raise ValueError(
                f"expected scores from 0 to 1, got {exact.min():.3g} to {exact.max():.3g}. "
                "Put logits through a sigmoid first."
            )
    except (TypeError, ValueError) as error:
        raise ValueError(f"the set {title!r} cannot be shown: {error}") from None
    rounded = np.sort(exact.round(4))
    order = np.argsort(exact, kind="stable")
    return {
        "name": title,
        "auc": round(evaluation.roc_auc(truth, exact), 5),
        "healthy": rounded[truth[order] == 0],
        "sick": rounded[truth[order] == 1],
    }


def _text(text: object, what: str) -> str:
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= LONGEST:
        raise ValueError(
            f"expected the name of {what} as a text of 1 to {LONGEST} letters, got {text!r}. "
            "Choose a short one, such as 'validation' or 'pneumonia'."
        )
    return text.strip()


def _packed(scores: np.ndarray) -> str:
    """Return scores as the script reads them: ten-thousandths, two bytes each, low byte first."""
    whole = np.rint(10_000 * scores).astype(np.uint16)
    return lab._base64((whole.byteswap() if sys.byteorder == "big" else whole).tobytes())
