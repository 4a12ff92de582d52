"""Pictures for the report's page: histograms, bars and images as SVG and PNG inside the HTML."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from cxrlib import data
from cxrlib.evaluation.audit.report import Example, Histogram, View

SIDE = 240  # pixels of an image on the page
VIEW_SIDE = 128  # pixels of what a probe saw, shown enlarged
WIDTH, HEIGHT = 320, 110  # of a histogram, in units of its drawing
BAR_WIDTH, BAR_HEIGHT = 320, 22
N_COLOURS = 6  # classes beyond share them


def draw_histogram(histogram: Histogram) -> str:
    """Draw a panel for each split, its classes over each other."""
    peak = max(max(bins) for split in histogram.proportions.values() for bins in split.values())
    panels = "".join(
        f"<figure>{_steps(histogram, split, classes, peak)}"
        f"<figcaption>{_text(histogram.feature)}, {_text(split)}</figcaption></figure>"
        for split, classes in histogram.proportions.items()
    )
    names = list(dict.fromkeys(name for each in histogram.proportions.values() for name in each))
    return f'<div class="row">{panels}</div>{legend(names)}'


def _steps(
    histogram: Histogram, split: str, classes: Mapping[str, Sequence[float]], peak: float
) -> str:
    every = list(dict.fromkeys(name for each in histogram.proportions.values() for name in each))
    shapes = []
    for name, bins in classes.items():
        step = WIDTH / len(bins)
        tops = [HEIGHT * (1 - each / peak) for each in bins]
        points = " ".join(
            f"{i * step:.1f},{top:.1f} {(i + 1) * step:.1f},{top:.1f}" for i, top in enumerate(tops)
        )
        colour = f"c{every.index(name) % N_COLOURS}"
        shapes.append(f'<polygon class="{colour}" points="0,{HEIGHT} {points} {WIDTH},{HEIGHT}"/>')
    low, high = histogram.edges[0], histogram.edges[-1]
    label = f"{histogram.feature} in {split}: {', '.join(classes)}, from {low:.4g} to {high:.4g}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 18}" role="img" aria-label="{_text(label)}">'
        f'{"".join(shapes)}<path class="axis" d="M0 {HEIGHT}H{WIDTH}"/>'
        f'<text x="0" y="{HEIGHT + 15}">{low:.4g}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + 15}" text-anchor="end">{high:.4g}</text></svg>'
    )


def legend(names: Sequence[str]) -> str:
    """Say which colour is which class."""
    items = (
        f'<span><i class="c{i % N_COLOURS}"></i>{_text(name)}</span>'
        for i, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(items)}</p>'


def draw_intervals(aucs: Mapping[str, Sequence[float]]) -> str:
    """Draw AUCs with their intervals on one scale from 0.5, chance, to 1."""
    rows = []
    for name, (value, low, high) in aucs.items():
        x, left, right = (BAR_WIDTH * (min(max(v, 0.5), 1) - 0.5) * 2 for v in (value, low, high))
        rows.append(
            f'<tr><th scope="row">{_text(name)}</th><td><svg viewBox="-6 0 {BAR_WIDTH + 12} '
            f'{BAR_HEIGHT}" aria-hidden="true"><path class="axis" d="M0 11H{BAR_WIDTH}M0 3V19'
            f'M{BAR_WIDTH} 3V19"/><path class="interval" d="M{left:.1f} 11H{right:.1f}"/>'
            f'<circle cx="{x:.1f}" cy="11" r="5"/></svg></td>'
            f"<td>{value:.3f} ({low:.3f} to {high:.3f})</td></tr>"
        )
    ends = '<td class="scale"><div><span>0.5: chance</span><span>1: always</span></div></td>'
    scale = f"<tr><td></td>{ends}<td></td></tr>"
    return f'<table class="aucs"><tbody>{"".join(rows)}{scale}</tbody></table>'


def draw_counts(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Draw each split as one bar, a part of it for each class."""
    names = list(dict.fromkeys(name for classes in counts.values() for name in classes))
    bars = []
    for split, classes in counts.items():
        total = sum(classes.values())
        parts = "".join(
            f'<span class="c{names.index(name) % N_COLOURS}" style="flex:{n}">{n:,}</span>'
            for name, n in classes.items()
            if n
        )
        bars.append(f'<p>{_text(split)}: {total:,}</p><div class="bar">{parts}</div>')
    return "".join(bars) + legend(names)


def draw_view(view: View) -> str:
    """Show what a probe saw, one image beside the other."""
    figures = "".join(
        figure(
            Image.fromarray(pixels).resize((VIEW_SIDE, VIEW_SIDE), Image.Resampling.NEAREST), title
        )
        for title, pixels in view.images
    )
    return f'<div class="view"><h3>{_text(view.title)}</h3><div class="row">{figures}</div></div>'


def draw_example(example: Example) -> str:
    """Show an image file, or say why it cannot be shown."""
    try:
        image = Image.fromarray(data.read_image(example.path).astype("uint8"))
    except data.DataError as error:
        return f'<p class="note">{_text(str(error))}</p>'
    image.thumbnail((SIDE, SIDE))  # keeps the aspect ratio
    return figure(image, f"{Path(os.fspath(example.path)).name}: {example.caption}")


def figure(image: Image.Image, caption: str) -> str:
    """Put an image and its caption into the page itself."""
    file = io.BytesIO()
    image.save(file, format="PNG")
    source = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{_text(caption)}" src="data:image/png;base64,{source}" '
        f'width="{image.width}" height="{image.height}"><figcaption>{_text(caption)}</figcaption>'
        "</figure>"
    )


def _text(text: str) -> str:
    return html.escape(str(text))


def is_interval(value: object) -> bool:
    """Whether a finding's number is a value with the two ends of its interval."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(isinstance(v, float | np.floating) for v in value)
    )
