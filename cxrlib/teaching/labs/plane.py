"""``neuron_lab``'s drawing: cases on a plane, and the line where a neuron's sum is 0."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np

SHAPES = ('<circle class="c0" r="6.5"/>', '<path class="c1" d="M0-8 7.5 6-7.5 6Z"/>')
RING = '<circle class="ring" r="11"/>'


def drawing(
    places: np.ndarray,
    truth: np.ndarray,
    start: dict,
    reach: float,
    features: Sequence[str],
    classes: Sequence[str],
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
        f"{len(places)} cases by {features[0]} and {features[1]}: {classes[0]} as discs, "
        f"{classes[1]} as triangles, and the neuron's line between them"
    )
    x_name, y_name, normal, sick = map(html.escape, (*features, *classes))
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
        f'<p class="lab-legend"><span>{_icon(SHAPES[0])}{normal}</span>'
        f"<span>{_icon(SHAPES[1])}{sick}</span>"
        f"<span>{_icon(RING)}on the wrong side</span></p></div>"
    )


def _line(start: dict, reach: float, at: Callable) -> tuple:
    """Return the ends of the line where the sum is 0, the arrow's turn in degrees and its foot."""
    weights = np.array([start["w1"], start["w2"]])
    length = np.hypot(*weights) or 1.0
    normal = weights / length
    foot = -start["bias"] / length * normal
    along = 4 * reach * np.array([-normal[1], normal[0]])
    turn = -np.degrees(np.arctan2(normal[1], normal[0]))
    return *at(*(foot + along)), *at(*(foot - along)), turn, at(*foot)


def _icon(shape: str) -> str:
    return f'<svg viewBox="-12 -12 24 24" aria-hidden="true">{shape}</svg>'
