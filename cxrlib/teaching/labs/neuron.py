"""``neuron_lab``: two inputs, two weights, a bias and an activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxrlib.teaching.labs import checks, lab, plane

ACTIVATIONS = ("step", "sigmoid", "relu", "tanh")
MOST_POINTS = 200
FARTHEST = 10
# Invented, two numbers a child: brightness of both lungs, in standard deviations from the average
# child. Pneumonia whitens one lung, or both.
NORMAL = """-1.2 -0.9  -0.8 -1.4  -0.6 -0.3  -1.5 -0.2  -0.2 -0.8  0.3 -0.9
    -0.9 0.3  0.1 -0.1  -0.4 -1.1  -1.1 -1.6  0.5 0.2  -0.3 0.4"""
PNEUMONIA = """1.4 -0.4  0.9 0.8  -0.5 1.6  0.4 1.3  1.7 0.6  1.1 1.5
    0.2 0.9  1.5 -0.9  0.7 0.3  -0.9 1.2  0.8 -0.2  1.9 1.1"""


def neuron_lab(
    points: Sequence[Sequence[float]] | None = None,
    labels: Sequence[int] | None = None,
    *,
    features: tuple[str, str] = ("left lung", "right lung"),
    classes: tuple[str, str] = ("normal", "pneumonia"),
    weights: tuple[float, float] = (1.0, 0.0),
    bias: float = 0.0,
    activation: str = "sigmoid",
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
    features, classes : (str, str)
        What the inputs and the classes 0 and 1 are called.
    weights, bias, activation
        Where the knobs start; activation is "step", "sigmoid", "relu" or "tanh".
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

    Raises
    ------
    ValueError
        For points, labels or settings it cannot show.
    """
    places, truth = _cases(points, labels)
    reach = max(1.0, float(np.ceil(np.abs(places).max() * 2.1) / 2))
    limit = checks.number(limit, 0.1, 1000, "limit")
    first, second = (checks.number(weight, -limit, limit, "weights") for weight in weights)
    x, y = (checks.number(place, -reach, reach, "at") for place in at)
    features, classes = (tuple(map(str, pair)) for pair in (features, classes))
    start = {"w1": first, "w2": second, "bias": checks.number(bias, -limit, limit, "bias")}
    start |= {"activation": checks.choice(activation, ACTIVATIONS, "activation"), "x": x, "y": y}
    about = (
        f"{len(places)} invented children, two numbers each: how white the left lung is, and how "
        "white the right one, from the average child (0) up and down."
        if points is None
        else ""
    )
    return lab.Lab(
        kind="neuron_lab",
        name=checks.link_name(name),
        title="One neuron, two inputs",
        about=about,
        first=(
            "turn the bias. The line slides and never tilts. Which knob tilts it? "
            "Then bring the loss down as far as you can."
        ),
        still=plane.drawing(places, truth, start, reach, features, classes),
        config={
            "points": places.tolist(),
            "labels": truth.tolist(),
            "features": features,
            "classes": classes,
            "reach": reach,
            "limit": limit,
            "start": start,
        },
    )


def _cases(points: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    if points is None and labels is None:
        healthy, sick = (
            np.array(pairs.split(), float).reshape(-1, 2) for pairs in (NORMAL, PNEUMONIA)
        )
        return np.concatenate([healthy, sick]), np.repeat([0, 1], [len(healthy), len(sick)])
    try:
        places = np.asarray(points, float)
        truth = np.asarray(labels, float).ravel()
    except (TypeError, ValueError):
        raise ValueError(
            "expected points as (N, 2) numbers and labels as N times 0 or 1, got something that "
            "is not numbers. Give both: neuron_lab(x, y)."
        ) from None
    if places.ndim != 2 or places.shape[1] != 2 or not 1 <= len(places) <= MOST_POINTS:
        raise ValueError(
            f"expected 1 to {MOST_POINTS} points of two numbers each, got shape {places.shape}. "
            "Choose two columns and some rows: x[:100, :2]."
        )
    if len(truth) != len(places) or not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"expected {len(places)} labels that are 0 or 1, one for each point, got "
            f"{len(truth)} with the values {np.unique(truth)[:5].tolist()}. "
            "Number the classes 0 and 1."
        )
    if not (np.abs(places) <= FARTHEST).all():
        raise ValueError(
            f"expected points of about -3 to 3, at most {FARTHEST} from 0, got "
            f"{places.min():g} to {places.max():g}. Standardise each column: "
            "(x - x.mean(axis=0)) / x.std(axis=0)."
        )
    return places.round(4), truth.astype(int)
