"""A neuron, and backpropagation through two layers, with their numbers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.diagrams.canvas import (
    Point,
    arrow,
    between,
    box,
    label,
    node,
    number,
    sheet,
)
from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK, MID_ORANGE, MID_PURPLE
from cxrlib.models import scratch

RADIUS = 0.27
INPUTS, HIDDEN, OUTPUT = ((0.45, 1.65), (0.45, 0.5)), ((2.1, 1.65), (2.1, 0.5)), (3.4, 1.075)


def draw_neuron(
    x: ArrayLike = (1, -0.5),
    weights: ArrayLike = (0.8, 0.4),
    bias: float = 0.1,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a neuron: inputs, a weight on each arrow, the sum, the sigmoid, the probability.

    Parameters
    ----------
    x, weights : array, shape (D,)
        A few numbers; each input has one weight.
    bias : float
    ax : Axes, optional
        By default a new figure.

    Alt text: A neuron. Arrows lead from the inputs, each times its weight, into one sum; the bias
    is added; the sum z passes through a sigmoid and comes out as a probability p.
    """
    x, weights = np.ravel(x).astype(float), np.ravel(weights).astype(float)
    if x.shape != weights.shape or not len(x):
        raise ValueError(
            f"expected one weight for each input, got {len(weights)} for {len(x)}. Give as many."
        )
    z = float(x @ weights + bias)
    height = 0.75 * max(len(x), 2) + 0.5
    middle = height / 2 + 0.1
    ax = sheet(ax, 4.8, height)
    total, squash = (2.35, middle), (3.35, middle)
    for i, (value, weight) in enumerate(zip(x, weights, strict=True)):
        y = middle + 0.75 * ((len(x) - 1) / 2 - i)
        box(ax, (0.5, y), (0.9, 0.36), f"$x_{i + 1}$ = {number(value, 'g')}", solid=False)
        end = between((0.95, y), total, 0.3)[1]
        text = f"$w_{i + 1}$ = {number(weight, 'g')}"
        arrow(ax, (0.95, y), end, text, shift=0.14 if y >= middle else -0.14)
    node(ax, total, "Σ", color=MID_PURPLE, radius=0.3)
    arrow(ax, (total[0], middle - 0.75), (total[0], middle - 0.3))
    label(ax, (total[0], middle - 0.87), f"bias $b$ = {number(bias, 'g')}")
    arrow(ax, (total[0] + 0.3, middle), (squash[0] - 0.3, middle))
    label(ax, (2.85, middle + 0.42), f"$z$ = {number(z)}")
    node(ax, squash, "σ", color=MID_ORANGE, radius=0.3)
    arrow(ax, (squash[0] + 0.3, middle), (4.0, middle))
    label(ax, (4.38, middle), f"$p$ = {number(float(scratch.sigmoid(np.array(z))))}")
    return ax


def draw_backpropagation(
    x: ArrayLike = (1, 0.5),
    y: float = 1,
    w1: ArrayLike = ((0.8, -0.4), (0.4, 1.2)),
    w2: ArrayLike = (0.5, -1),
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw one example's way forward through a network of 2-2-1 neurons, and its error's way back.

    The hidden neurons have a ReLU, the last one a sigmoid with cross-entropy; all biases are 0.

    Parameters
    ----------
    x : array, shape (2,)
    y : float
        The truth, 0 or 1.
    w1 : array, shape (2, 2)
        From each input (row) to each hidden neuron (column).
    w2 : array, shape (2,)
        From each hidden neuron to the last.
    ax : Axes, optional
        By default a new figure.

    Alt text: A network of two inputs, two hidden neurons and one output, twice. Above, solid arrows
    lead to the right with their weights, and the neurons hold what they put out. Below, dashed
    arrows lead back: each neuron holds its error, and on each arrow stands the slope of its weight:
    the error at its right end times what its left end puts out.
    """
    x, truth = np.reshape(x, (1, 2)).astype(float), np.array([[float(y)]])
    w1, w2 = np.reshape(w1, (2, 2)).astype(float), np.reshape(w2, (2, 1)).astype(float)
    parameters = w1, np.zeros(2), w2, np.zeros(1)
    hidden, z = scratch.mlp_forward(x, *parameters)
    p, loss = scratch.sigmoid(z).item(), scratch.binary_cross_entropy(truth, z)
    # With one example a neuron's error is the slope of its bias.
    slopes1, error1, slopes2, error2 = scratch.mlp_gradients(x, truth, *parameters)
    ax = sheet(ax, 4.8, 5.2)
    up = 2.7
    label(ax, (0.05, up + 2.35), "Forward: weights and outputs", ha="left", weight="bold")
    _draw_network(ax, up, w1, w2, x[0], hidden[0], z.item(), back=False)
    start = (OUTPUT[0] + RADIUS, OUTPUT[1] + up)
    arrow(ax, start, (4.1, start[1]), "σ")
    label(ax, (4.44, start[1]), f"$p$ = {number(p)}")
    label(ax, (4.4, start[1] - 0.6), f"truth {y:g}\nloss {number(float(loss))}")
    label(ax, (0.05, 2.35), "Back: errors and slopes", ha="left", weight="bold", color=MID_ORANGE)
    _draw_network(ax, 0, slopes1, slopes2, x[0], error1, error2.item(), back=True)
    arrow(ax, (4.1, OUTPUT[1]), (OUTPUT[0] + RADIUS, OUTPUT[1]), color=MID_ORANGE, dashed=True)
    label(ax, (4.42, OUTPUT[1]), "$p - y$", color=MID_ORANGE)
    return ax


def _draw_network(
    ax: Axes, up: float, on_first: np.ndarray, on_second: np.ndarray, inputs: np.ndarray,
    hidden: np.ndarray, output: float, *, back: bool,
) -> None:  # fmt: skip
    """Draw the network ``up`` inches from below: a number on each arrow and in each neuron."""
    color = MID_ORANGE if back else MID_BLUE

    def place(at: Point) -> Point:
        return at[0], at[1] + up

    arrows = [
        (INPUTS[i], HIDDEN[j], on_first[i, j], 0.5 if i == j else 0.27, -1 if i == j == 1 else 1)
        for i in range(2)
        for j in range(2)
    ]
    arrows += [(HIDDEN[j], OUTPUT, on_second[j, 0], 0.5, 1 - 2 * j) for j in range(2)]
    for left, right, value, where, side in arrows:
        ends = between(place(left), place(right), RADIUS)
        arrow(
            ax, *(ends[::-1] if back else ends), number(value), place=where, shift=0.14 * side,
            color=color, dashed=back,
        )  # fmt: skip
    names = iter(("$x_1$", "$x_2$", "$h_1$", "$h_2$", "$z$"))
    for at, value in zip(INPUTS, inputs, strict=True):
        node(ax, place(at), number(value), name=next(names), color=MID_INK, solid=False)
    for at, value in zip((*HIDDEN, OUTPUT), (*hidden, output), strict=True):
        node(ax, place(at), number(value), name=next(names), color=color)
