"""``threshold_lab``: where "sick" begins, and what that means for a thousand children."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from cxrlib import evaluation
from cxrlib.teaching.labs import lab

MAX_SETS = 3
MAX_CASES = 1500
# How far sliders go. Just above the highest score nobody is called sick.
THRESHOLDS = (0, 1.01)
PREVALENCES = (0.1, 99.5)  # percent
COSTS = (1, 50)
BINS = 40
LEFT, WIDTH = 20, 360  # where score 0 lies, and how far score 1 lies from it
MIDDLE, TALLEST = 150, 104
SIDE = 350  # of the ROC square
TICKS = (0, 0.25, 0.5, 0.75, 1)


def threshold_lab(
    scores: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    threshold: float = 0.5,
    prevalence: float | None = None,
    fn_cost: float = 5,
    class_names: tuple[str, str] = ("normal", "pneumonia"),
    n_people: int = 1000,
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
        Share of the sick among the people, 0.001 to 0.995; by default as in the first set. It is
        rounded to a tenth of a percent.
    fn_cost : float
        As how many false alarms one missed sick child weighs, 1 to 50.
    class_names : (str, str)
        What the classes 0 and 1 are called.
    n_people : int
        Of how many children is spoken, 100 to 1,000.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    Sensitivity, specificity and AUC are those of the sets as they are, predictive values follow
    from the first two and the prevalence by Bayes' rule. Beside sensitivity and specificity stand
    Wilson's 95 % intervals, as if each image were of another patient; where some have several,
    the true ones are wider. On all sets but the first the threshold is frozen until one unfreezes
    it. Children are rounded to whole ones: the
    sick, among them those found, and the healthy called sick; the rest is what is left.

    Raises
    ------
    ValueError
        For scores or settings it cannot show.
    """
    sets = _check_sets(scores)
    healthy, sick = lab.check_texts(class_names, "class_names", 2, 2)
    if prevalence is None:
        share = len(sets[0]["sick"]) / (len(sets[0]["sick"]) + len(sets[0]["healthy"]))
        percent = float(np.clip(100 * share, *PREVALENCES))
    else:
        low, high = PREVALENCES
        percent = 100 * lab.check_number(prevalence, low / 100, high / 100, "prevalence")
    start = {
        "set": 0,
        "threshold": lab.check_number(threshold, *THRESHOLDS, "threshold"),
        "prevalence": round(percent, 1),
        "fn_cost": lab.check_number(fn_cost, *COSTS, "fn_cost"),
    }
    more = len(sets) > 1
    return lab.Lab(
        kind="threshold_lab",
        name=lab.check_name(name),
        title=f"From which score on is a child called {sick}?",
        try_first=(
            f"move the threshold until few of the sick on {sets[0]['name']} are missed. "
            + (f"Then show {sets[1]['name']} and leave the threshold alone. " if more else "")
            + "Last, make the sick rare: what becomes of those who are called?"
        ),
        fallback=_strips(sets, start["threshold"], (healthy, sick))
        + _roc(sets, start["threshold"], (healthy, sick)),
        config={
            "sets": [
                {"name": one["name"], "auc": one["auc"]}
                | {side: _encode(one[side]) for side in ("healthy", "sick")}
                for one in sets
            ],
            "class_names": [healthy, sick],
            "n_people": int(lab.check_number(n_people, 100, 1000, "n_people")),
            "limits": {
                "threshold": THRESHOLDS,
                "prevalence": PREVALENCES,
                "fn_cost": COSTS,
            },
            "start": start,
        },
    )


def _check_sets(scores: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> list[dict]:
    if not isinstance(scores, Mapping) or not 1 <= len(scores) <= MAX_SETS:
        came = f"{len(scores)} sets" if isinstance(scores, Mapping) else type(scores).__name__
        raise ValueError(
            f"expected `scores` as a dict of 1 to {MAX_SETS} sets, got {came}. "
            'Name them: {"validation": (y, score), "test": (y, score)}.'
        )
    names = lab.check_texts(list(scores), "scores", 1, MAX_SETS)
    return [_check_set(name, pair) for name, pair in zip(names, scores.values(), strict=True)]


def _check_set(name: str, pair: tuple[ArrayLike, ArrayLike]) -> dict:
    """Return a set's name, its AUC, and the scores of both classes from low to high."""
    try:
        y, score = pair
        if max(np.size(y), np.size(score)) > MAX_CASES:
            raise ValueError(
                f"expected at most {MAX_CASES:,} cases, got {max(np.size(y), np.size(score)):,}. "
                "Draw some at random, and say so."
            )
        truth, exact = evaluation.checks.check_binary(y, score, required=(0, 1))
        if exact.min() < 0 or exact.max() > 1:
            raise ValueError(
                f"expected scores from 0 to 1, got {exact.min():.3g} to {exact.max():.3g}. "
                "Put logits through a sigmoid first."
            )
    except (TypeError, ValueError) as error:
        raise ValueError(f"the set {name!r} cannot be shown: {error}") from None
    order = np.argsort(exact, kind="stable")
    rounded, truth_in_order = exact[order].round(4), truth[order]
    return {
        "name": name,
        "auc": round(evaluation.roc_auc(truth, exact), 5),
        "healthy": rounded[truth_in_order == 0],
        "sick": rounded[truth_in_order == 1],
    }


def _encode(scores: np.ndarray) -> str:
    """Return scores as the script reads them: ten-thousandths, two bytes each, low byte first."""
    return lab.to_base64(np.rint(10_000 * scores).astype("<u2").tobytes())


def _strips(sets: Sequence[dict], threshold: float, classes: Sequence[str]) -> str:
    """Draw how many cases have which score: class 1 above the axis, class 0 below it."""
    healthy, sick = map(html.escape, classes)
    at = LEFT + WIDTH * threshold
    first = sets[0]
    sides = "".join(
        f'<svg class="{side}" x="{x:g}" width="{width:g}" height="300" '
        f'viewBox="{x:g} 0 {width:g} 300">'
        + "".join(_bars(one, i, called=side == "called") for i, one in enumerate(sets))
        + "</svg>"
        for side, x, width in (("let", 0, at), ("called", at, 400 - at))
    )
    ticks = "".join(
        f'<path class="hair" d="M{LEFT + WIDTH * t:g} 26V274"/>'
        f'<text x="{LEFT + WIDTH * t:g}" y="296" text-anchor="middle">{t:g}</text>'
        for t in TICKS
    )
    called = {side: np.sum(first[side] >= threshold) for side in ("healthy", "sick")}
    labels = "".join(
        f'<text x="{x}" y="{y}" data-part="{part}"{anchor}>{number} {words}</text>'
        for part, words, number, x, y, anchor in (
            ("fn", "missed", len(first["sick"]) - called["sick"], 2, 14, ""),
            ("tp", "found", called["sick"], 398, 14, " text-anchor=end"),
            ("tn", "let go", len(first["healthy"]) - called["healthy"], 2, 270, ""),
            ("fp", "false alarms", called["healthy"], 398, 270, " text-anchor=end"),
        )
    )
    text = html.escape(
        f"Scores of {first['name']} as bars: {classes[1]} above the axis, {classes[0]} below, "
        "and the threshold as an upright line"
    )
    return (
        '<div class="drawing strips">'
        f'<div><svg viewBox="0 0 400 300" role="img" aria-label="{text}">{ticks}'
        f'<path class="veil" d="M{at:g} 20H400V276H{at:g}Z"/>{sides}'
        f'<path class="axes" d="M{LEFT} {MIDDLE}H{LEFT + WIDTH}"/>{labels}'
        f'<text class="strong" x="200" y="14" text-anchor="middle">{sick}</text>'
        f'<text class="strong" x="200" y="270" text-anchor="middle">{healthy}</text>'
        f'<path class="line" d="M0 20V256M0 26H14M8 21 14 26 8 31" fill="none" '
        f'transform="translate({at:g})"/></svg></div>'
        f'<p class="flat soft">score, from “{healthy}” (0) to “{sick}” (1)</p>'
        '<p class="lab-legend"><span>full: on the right side of the threshold</span>'
        "<span>hollow: on the wrong side</span>"
        "<span>height: square root of the number of images, so that one alone can be seen</span>"
        "</p></div>"
    )


def _bars(one: dict, i: int, called: bool) -> str:
    """Draw a set's two outlines: full where this side of the threshold is right, else hollow."""
    counts = [np.histogram(one[side], bins=BINS, range=(0, 1))[0] for side in ("healthy", "sick")]
    unit = TALLEST / np.sqrt(np.max(counts))
    outlines = "".join(
        f'<path class="c{label}{"" if called == label else " hollow"}" '
        f'd="{_outline(np.rint(unit * np.sqrt(counts[label])).astype(int), up=label)}"/>'
        for label in (0, 1)
    )
    return f'<g data-set="{i}"{" hidden" if i else ""}>{outlines}</g>'


def _outline(heights: np.ndarray, up: int) -> str:
    steps = np.diff(heights, prepend=0, append=0) * (-1 if up else 1)
    wide = WIDTH // BINS
    return f"M{LEFT} {MIDDLE}" + "".join(f"v{step}h{wide}" for step in steps[:-1]) + f"V{MIDDLE}Z"


def _roc(sets: Sequence[dict], threshold: float, classes: Sequence[str]) -> str:
    """Draw the ROC curve of each set, and the point where the first one stands."""
    healthy, sick = map(html.escape, classes)
    curves, names = "", ""
    for i, one in enumerate(sets):
        chosen = "" if i else " on"
        y = 340 - 24 * (len(sets) - 1 - i)
        curves += f'<path class="curve{chosen}" data-set="{i}" d="{_curve(one)}"/>'
        names += (
            f'<path class="curve{chosen}" data-set="{i}" d="M205 {y - 5}h30"/>'
            f'<text x="242" y="{y}" data-set="{i}"{" class=strong" if not i else ""}>'
            f"{html.escape(one['name'])}</text>"
        )
    ticks = "".join(
        f'<text x="34" y="{14 + SIDE * (1 - t):g}" text-anchor="end">{100 * t:g}</text>'
        f'<text x="{40 + SIDE * t:g}" y="378" text-anchor="{"end" if t == 1 else "middle"}">'
        f"{100 * t:g}</text>"
        for t in (0, 0.5, 1)
    )
    x, y = (
        np.mean(sets[0][side] >= threshold) * SIDE * sign
        for side, sign in (("healthy", 1), ("sick", -1))
    )
    text = html.escape(
        "ROC curves of " + " and ".join(one["name"] for one in sets) + ", and where the threshold "
        "stands on the chosen one"
    )
    return (
        f'<div class="drawing roc"><p class="upright soft">found, in % of all with {sick}</p>'
        f'<div><svg viewBox="0 0 400 386" role="img" aria-label="{text}">'
        f'<path class="axes" d="M40 10H390V360H40Z" fill="none"/>{ticks}'
        f'<path class="curve chance" d="M40 360 390 10"/>{curves}{names}'
        f'<path class="guide" d="M40 {360 + y:.1f}H{40 + x:.1f}V360"/>'
        f'<circle class="point" r="7" cx="{40 + x:.1f}" cy="{360 + y:.1f}"/></svg></div>'
        f'<p class="flat soft">false alarms, in % of all {healthy}</p></div>'
    )


def _curve(one: dict) -> str:
    """Write a ROC curve as steps of two units; equal scores make a slope."""
    values = np.unique(np.concatenate([one["healthy"], one["sick"]]))[::-1]
    places = [
        2
        * np.rint(SIDE / 2 * (1 - np.searchsorted(one[side], values) / len(one[side]))).astype(int)
        for side in ("healthy", "sick")
    ]
    steps = np.diff(np.stack(places, axis=1), axis=0, prepend=[[0, 0]])
    # Neighbouring steps of one kind become one.
    written: list[list[int]] = []
    for right, up in steps[steps.any(axis=1)].tolist():
        same = written and ((right == written[-1][0] == 0) or (up == written[-1][1] == 0))
        if same:
            written[-1] = [written[-1][0] + right, written[-1][1] + up]
        else:
            written.append([right, up])
    return "M40 360" + "".join(
        f"v{-up}" if not right else f"h{right}" if not up else f"l{right} {-up}"
        for right, up in written
    )
