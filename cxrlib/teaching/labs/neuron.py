"""``neuron_lab``: two inputs, two weights, a bias and an activation."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from cxrlib.teaching.labs import lab

ACTIVATIONS = ("step", "sigmoid", "relu", "tanh")
MAX_POINTS = 200
MAX_DISTANCE = 10
SHAPES = ('<circle class="c0" r="6.5"/>', '<path class="c1" d="M0-8 7.5 6-7.5 6Z"/>')
RING = '<circle class="ring" r="11"/>'
# Invented, two numbers a child: brightness of both lungs, in standard deviations from the average
# child. Pneumonia whitens one lung, or both.
NORMAL = """-1.2 -0.9  -0.8 -1.4  -0.6 -0.3  -1.5 -0.2  -0.2 -0.8  0.3 -0.9
    -0.9 0.3  0.1 -0.1  -0.4 -1.1  -1.1 -1.6  0.5 0.2  -0.3 0.4"""
PNEUMONIA = """1.4 -0.4  0.9 0.8  -0.5 1.6  0.4 1.3  1.7 0.6  1.1 1.5
    0.2 0.9  1.5 -0.9  0.7 0.3  -0.9 1.2  0.8 -0.2  1.9 1.1"""
INVENTED = (
    "invented children, two numbers each: how white the left lung is, and how white the right one, "
    "from the average child (0) up and down."
)


def neuron_lab(
    points: Sequence[Sequence[float]] | None = None,
    labels: Sequence[int] | None = None,
    *,
    feature_names: tuple[str, str] = ("left lung", "right lung"),
    class_names: tuple[str, str] = ("normal", "pneumonia"),
    weights: tuple[float, float] | None = None,
    bias: float | None = None,
    activations: Sequence[str] = ("sigmoid",),
    at: tuple[float, float] = (1.0, 0.5),
    limit: float = 5.0,
    name: str = "neuron_lab",
) -> lab.Lab:
    """Return a lab with one neuron on a plane of two inputs: its line, its answer, its loss.

    Parameters
    ----------
    points : (N, 2) numbers, optional
        Two inputs a case, at most 200 cases, standardised to about -3 to 3. Without points, 24
        invented ones are shown and called so.
    labels : N numbers 0 or 1
    feature_names, class_names : (str, str)
        What the inputs and the classes 0 and 1 are called.
    weights, bias : (float, float) and float, optional
        Where the knobs start; by default where the loss is lowest with the first input alone.
    activations : sequence of str
        Those to choose from, the first at the start: "step", "sigmoid", "relu", "tanh". With one
        there is nothing to choose, and no word of the others.
    at : (float, float)
        The chosen point at the start.
    limit : float
        How far the sliders of weights and bias go to either side.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    The loss is binary cross-entropy for the sigmoid and the mean squared error for the others
    (targets 0 and 1; -1 and 1 for tanh). A case counts as class 1 where the sum is above 0.
    Beside the loss of a sigmoid stand that of zero weights and the lowest one within the limits.

    Raises
    ------
    ValueError
        For points, labels or settings it cannot show.
    """
    given = points is not None or labels is not None
    places, truth = _check_points(points, labels) if given else _invented_points()
    reach = max(1.0, float(np.ceil(np.abs(places).max() * 2.1) / 2))
    limit = lab.check_number(limit, 0.1, 1000, "limit")
    offered = _check_activations(activations)
    alone = _fit(places, truth, limit, inputs=1)
    weights = (alone["w1"], 0.0) if weights is None else weights
    bias = alone["bias"] if bias is None else bias
    numbers = {"w1": (weights[0], limit, "weights"), "w2": (weights[1], limit, "weights")}
    numbers |= {"bias": (bias, limit, "bias"), "x": (at[0], reach, "at"), "y": (at[1], reach, "at")}
    start = {
        key: lab.check_number(value, -most, most, argument)
        for key, (value, most, argument) in numbers.items()
    }
    names = [str(name) for name in (*feature_names, *class_names)]
    return lab.Lab(
        kind="neuron_lab",
        name=lab.check_name(name),
        title="One neuron, two inputs",
        description="" if given else f"{len(places)} {INVENTED}",
        try_first=(
            "the line looks at the first input alone. Turn w₂ until it tilts and the loss falls. "
            "What does the bias do to the line? How near to the lowest loss can you come?"
        ),
        fallback=_drawing(places, truth, start, reach, names),
        config={
            "points": places.tolist(),
            "labels": truth.tolist(),
            "feature_names": names[:2],
            "class_names": names[2:],
            "reach": reach,
            "limit": limit,
            "activations": offered,
            "lowest": _fit(places, truth, limit),
            "start": start | {"activation": offered[0]},
        },
    )


def best_pair(x: ArrayLike, y: ArrayLike) -> tuple[int, int]:
    """Return the two columns that together tell two classes apart best.

    That is, whose linear fit to the labels has the largest R². Each alone may say little.

    Parameters
    ----------
    x : (N, F) numbers
        At least two columns and three rows. Columns that never change are left out.
    y : N numbers 0 or 1

    Raises
    ------
    ValueError
        Where there are not two columns that change, or not two classes.
    """
    values, truth = np.asarray(x, float), np.asarray(y, float).ravel()
    if values.ndim != 2 or len(values) != len(truth) or len(truth) < 3:
        raise ValueError(
            f"expected x of shape (N, F) and N labels, at least 3, got shapes {values.shape} and "
            f"{truth.shape}. Put the cases in rows: images.reshape(len(images), -1)."
        )
    columns = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if len(columns) < 2 or set(truth) != {0, 1}:
        raise ValueError(
            f"expected two columns that change and labels 0 and 1, got {len(columns)} columns and "
            f"the labels {np.unique(truth)[:5].tolist()}. Take more columns, or cases of both."
        )
    alike = np.corrcoef(np.column_stack([values[:, columns], truth]), rowvar=False)
    own, each = alike[:-1, :-1], alike[-1, :-1]
    shared = np.clip(1 - own**2, 1e-9, None)
    squared = (each[:, None] ** 2 + each**2 - 2 * np.outer(each, each) * own) / shared
    squared[1 - own**2 < 1e-9] = 0  # the same column twice
    first, second = np.unravel_index(squared.argmax(), squared.shape)
    return int(columns[first]), int(columns[second])


def _fit(places: np.ndarray, truth: np.ndarray, limit: float, inputs: int = 2) -> dict:
    """Return weights, bias and loss where the cross-entropy of the first inputs is lowest.

    Weights and bias stay within the sliders' limits; those of one input are in their steps.
    """
    design = np.column_stack([places[:, :inputs], np.ones(len(places))])

    def loss(knobs: np.ndarray) -> tuple[float, np.ndarray]:
        z = design @ knobs
        slope = np.exp(-np.logaddexp(0, -z)) - truth
        return float(np.mean(np.logaddexp(0, z) - truth * z)), design.T @ slope / len(truth)

    bounds = [(-limit, limit)] * design.shape[1]
    found = optimize.minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds).x
    knobs = np.clip(found.round(inputs), -limit, limit)
    w2 = float(knobs[1]) if inputs == 2 else 0.0
    return {"w1": float(knobs[0]), "w2": w2, "bias": float(knobs[-1]), "loss": loss(knobs)[0]}


def _check_activations(activations: Sequence[str]) -> list[str]:
    given = [activations] if isinstance(activations, str) else list(activations)
    if not given or len(set(given)) < len(given):
        raise ValueError(
            f"expected `activations` as different ones of {', '.join(ACTIVATIONS)}, got "
            f"{activations!r}. Name each one once."
        )
    return [lab.check_choice(one, ACTIVATIONS, "activations") for one in given]


def _invented_points() -> tuple[np.ndarray, np.ndarray]:
    classes = [np.array(pairs.split(), float).reshape(-1, 2) for pairs in (NORMAL, PNEUMONIA)]
    return np.concatenate(classes), np.repeat([0, 1], [len(one) for one in classes])


def _check_points(points: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        places = np.asarray(points, float)
        truth = np.asarray(labels, float).ravel()
    except (TypeError, ValueError):
        raise ValueError(
            "expected points as (N, 2) numbers and labels as N times 0 or 1, got something that "
            "is not numbers. Give both: neuron_lab(x, y)."
        ) from None
    if places.ndim != 2 or places.shape[1] != 2 or not 1 <= len(places) <= MAX_POINTS:
        raise ValueError(
            f"expected 1 to {MAX_POINTS} points of two numbers each, got shape {places.shape}. "
            "Choose two columns and some rows: x[:100, :2]."
        )
    if len(truth) != len(places) or not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"expected {len(places)} labels that are 0 or 1, one for each point, got "
            f"{len(truth)} with the values {np.unique(truth)[:5].tolist()}. "
            "Number the classes 0 and 1."
        )
    if not (np.abs(places) <= MAX_DISTANCE).all():
        raise ValueError(
            f"expected points of about -3 to 3, at most {MAX_DISTANCE} from 0, got "
            f"{places.min():g} to {places.max():g}. Standardise each column: "
            "(x - x.mean(axis=0)) / x.std(axis=0)."
        )
    return places.round(4), truth.astype(int)


def _drawing(
    places: np.ndarray,
    truth: np.ndarray,
    start: dict[str, float],
    reach: float,
    names: Sequence[str],
) -> str:
    """Draw the plane; the script takes this drawing over and moves line and cross in it."""

    def at(x: float, y: float) -> tuple[float, float]:
        return 200 + 200 * x / reach, 200 - 200 * y / reach

    wrong = (places @ [start["w1"], start["w2"]] + start["bias"] > 0) != truth
    dots = "".join(
        f'<g transform="translate({at(*place)[0]:.1f} {at(*place)[1]:.1f})"'
        f"{' class=wrong' if bad else ''}>{SHAPES[label]}{RING}</g>"
        for place, label, bad in zip(places, truth, wrong, strict=True)
    )
    x1, y1, x2, y2, turn, foot = _line(start, reach, at)
    cross = at(start["x"], start["y"])
    hidden = "" if start["w1"] or start["w2"] else " hidden"
    text = html.escape(
        "{} cases by {} and {}: {} as discs, {} as triangles, and the neuron's line "
        "between them".format(len(places), *names)
    )
    x_name, y_name, normal, sick = map(html.escape, names)
    return (
        f'<div class="drawing"><p class="upright soft">{y_name}</p>'
        f'<div class="plane"><svg viewBox="0 0 400 400" role="img" aria-label="{text}">'
        '<path class="axes" d="M0 200H400M200 0V400"/>'
        f'<text x="4" y="216">−{reach:g}</text><text x="396" y="216" text-anchor="end">{reach:g}'
        f'</text><text x="206" y="15">{reach:g}</text><text x="206" y="394">−{reach:g}</text>'
        f'<line class="line" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{hidden}/>'
        f'<path class="arrow" d="M0 0H38M28-8 38 0 28 8" '
        f'transform="translate({foot[0]:.1f} {foot[1]:.1f}) rotate({turn:.1f})"{hidden}/>'
        f'<g class="dots">{dots}</g><path class="chosen" d="M-9 0H9M0-9V9" '
        f'transform="translate({cross[0]:.1f} {cross[1]:.1f})"/></svg></div>'
        f'<p class="flat soft">{x_name}</p>'
        f'<p class="lab-legend"><span>{lab.svg_icon(SHAPES[0])}{normal}</span>'
        f"<span>{lab.svg_icon(SHAPES[1])}{sick}</span>"
        f"<span>{lab.svg_icon(RING)}on the wrong side</span></p></div>"
    )


def _line(start: dict[str, float], reach: float, at: Callable) -> tuple:
    """Return the ends of the line where the sum is 0, the arrow's turn in degrees and its foot."""
    weights = np.array([start["w1"], start["w2"]])
    length = np.hypot(*weights) or 1.0
    normal = weights / length
    foot = -start["bias"] / length * normal
    along = 4 * reach * np.array([-normal[1], normal[0]])
    turn = -np.degrees(np.arctan2(normal[1], normal[0]))
    return *at(*(foot + along)), *at(*(foot - along)), turn, at(*foot)
