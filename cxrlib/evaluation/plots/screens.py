"""One figure for several screens: the same in the dark, and drawn anew for a phone."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from cxrlib.evaluation.plots.style import GREY, INK

MIME = "application/vnd.cxr.screens+json"  # rendering → PNG in base64
PHONE = 3.7  # inches: the width of a phone's page
PHONE_DPI = 200
PLOT, TITLED, BARE = 3.2, 1.7, 0.85  # least width of a panel on a phone: axes, image, image alone
NUMBER = 3  # characters: a title no longer than this asks for no room
ON_DARK = {
    INK: "#e6edf3",
    GREY: "#9aa4af",
    "#1f5f8b": "#6cb2e6",
    "#d9822b": "#f0a45a",
    "#b5541c": "#e88a50",
    "#e0a030": "#e8b85c",
    "#6a4c93": "#b79be0",
}


def renderings(figure: Figure) -> dict[str, str]:
    """Draw a figure for other screens than the wide and light one that it was made for.

    Parameters
    ----------
    figure : Figure
        It is left as it was.

    Returns
    -------
    dict of str to str
        ``"dark"``, and where the figure is too wide for a phone ``"phone"`` and ``"phone dark"``:
        a PNG in base64 each.

    Warns
    -----
    UserWarning
        Where a title, a legend or a label of an axis lies on another; see :func:`collisions`.
    """
    found = {}
    _warn_of_collisions(figure, "wide screen")
    with _in_the_dark(figure):
        found["dark"] = _png(figure)
    if figure.get_figwidth() > PHONE * 1.1:
        with _on_a_phone(figure):
            _warn_of_collisions(figure, "phone")
            found["phone"] = _png(figure, PHONE_DPI)
            with _in_the_dark(figure):
                found["phone dark"] = _png(figure, PHONE_DPI)
    return found


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Return what is written over what: titles, legends and labels of axes, in pairs.

    Notes inside the axes and labels of ticks are not looked at: they stand where the data are.
    """
    figure.draw_without_rendering()
    written: list[Text | Legend] = [*figure.texts, *figure.legends]
    for ax in filter(Axes.get_visible, figure.axes):
        written += [t for t in ax.get_children() if isinstance(t, Text) and t not in ax.texts]
        written += [legend] if (legend := ax.get_legend()) else []
        written += [ax.xaxis.label, ax.yaxis.label] if ax.axison else []
    found = (pair for pair in combinations(written, 2) if _overlap(*pair))
    return [(_words(one), _words(other)) for one, other in found]


def _overlap(one: Text | Legend, other: Text | Legend) -> bool:
    if not all(text.get_visible() and _words(text).strip() for text in (one, other)):
        return False
    here, there = (text.get_window_extent().padded(-1) for text in (one, other))
    return bool(here.overlaps(there))


def _words(written: Text | Legend) -> str:
    if isinstance(written, Legend):
        return ", ".join(text.get_text() for text in written.get_texts())
    return written.get_text()


def _warn_of_collisions(figure: Figure, screen: str) -> None:
    for one, other in collisions(figure):
        warnings.warn(
            f"expected texts that stand apart, got {one!r} over {other!r} on a {screen}. "
            "Shorten one, or write it elsewhere.",
            stacklevel=3,
        )


def register() -> None:
    """Let notebooks keep these renderings beside each figure that they show."""
    from IPython import get_ipython
    from IPython.core.formatters import BaseFormatter

    class Screens(BaseFormatter):
        # Not `for_type`: the inline backend takes all printers of figures away when it starts.
        def __call__(self, obj: object) -> dict[str, str] | None:
            return renderings(obj) if isinstance(obj, Figure) else None

    get_ipython().display_formatter.formatters[MIME] = Screens()


def _png(figure: Figure, dpi: float | None = None) -> str:
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=dpi or figure.dpi, bbox_inches="tight")
        return base64.b64encode(file.getvalue()).decode("ascii")


@contextmanager
def _in_the_dark(figure: Figure) -> Iterator[None]:
    """Give ink and colours their lighter twins, and take the ground away."""
    undo: list[tuple[Callable, object]] = [(figure.patch.set_alpha, figure.patch.get_alpha())]
    undo += [(ax.patch.set_alpha, ax.patch.get_alpha()) for ax in figure.axes]
    for ground in (figure.patch, *(ax.patch for ax in figure.axes)):
        ground.set_alpha(0)
    for artist in figure.findobj(lambda a: isinstance(a, Text | Line2D | Patch)):
        names = ("color",) if isinstance(artist, Text) else ("color", "edgecolor", "facecolor")
        if isinstance(artist, Line2D):
            names = ("color", "markerfacecolor", "markeredgecolor")
        for name in names[1:] if isinstance(artist, Patch) else names:
            set_color, color = getattr(artist, f"set_{name}"), getattr(artist, f"get_{name}")()
            if (twin := _twin(color)) is not None:
                undo.append((set_color, color))
                set_color(twin)
    for collection in (c for ax in figure.axes for c in ax.collections):
        for name in ("edgecolor", "facecolor"):
            colors = np.array(getattr(collection, f"get_{name}")(), float)
            twins = [_twin(color) for color in colors]
            if any(twins) and collection.get_array() is None:
                set_color = getattr(collection, f"set_{name}")
                undo.append((set_color, colors))
                set_color([t or c for t, c in zip(twins, map(tuple, colors), strict=True)])
    try:
        yield
    finally:
        for change, before in reversed(undo):
            change(before)


def _twin(color: Any) -> tuple[float, float, float, float] | None:
    """Return a colour's twin on dark ground, as transparent as it is; None if it has none."""
    try:
        rgba = to_rgba(color)
    except ValueError:  # "none", "auto"
        return None
    twin = ON_DARK.get(to_hex(rgba))
    return None if twin is None else to_rgba(twin, rgba[3])


@contextmanager
def _on_a_phone(figure: Figure) -> Iterator[None]:
    """Put the panels of a grid under each other, as far as a phone asks for it."""
    width, height = figure.get_size_inches()
    placed = [(ax, spec) for ax in figure.axes if (spec := ax.get_subplotspec()) is not None]
    undo: list[tuple[Callable, object]] = []
    size = (PHONE, height)
    if placed and not _is_ruled([spec for _, spec in placed]):
        rows, columns = placed[0][1].get_gridspec().get_geometry()
        k = min(columns, max(1, int(PHONE / max(_least_width(ax) for ax, _ in placed))))
        panel_height = height / rows
        if not any(_shows_values(ax) for ax, _ in placed):
            panel_height *= min(1.0, (PHONE / k) / (width / columns))
        n_rows = -(-len(placed) // k)
        size = (PHONE, n_rows * panel_height)
        grid = GridSpec(n_rows, k, figure=figure)
        for i, (ax, spec) in enumerate(placed):
            undo.append((ax.set_subplotspec, spec))
            ax.set_subplotspec(grid[i // k, i % k])
            labelled = ax.yaxis.get_tick_params().get("labelleft", True)
            if _shows_values(ax) and not labelled:
                undo.append((lambda on, ax=ax: ax.tick_params(labelleft=on), labelled))
                ax.tick_params(labelleft=True)
    figure.set_size_inches(size)
    try:
        yield
    finally:
        figure.set_size_inches(width, height)
        for change, before in reversed(undo):
            change(before)


def _shows_values(ax: Axes) -> bool:
    """Say whether an axes has axes: images have none."""
    return bool(ax.axison and (len(ax.get_xticks()) or len(ax.get_yticks())))


def _least_width(ax: Axes) -> float:
    longest = max((len(t.get_text()) for t in (ax.title, *ax.texts)), default=0)
    return PLOT if _shows_values(ax) else TITLED if longest > NUMBER else BARE


def _is_ruled(specs: list[SubplotSpec]) -> bool:
    """Say whether there are several grids, or panels span cells, or rows differ in height."""
    grid = specs[0].get_gridspec()
    heights = np.asarray(grid.get_height_ratios(), dtype=float)
    uneven = len(np.unique(heights)) > 1
    spans = any(spec.num1 != spec.num2 for spec in specs)
    return spans or uneven or any(spec.get_gridspec() is not grid for spec in specs)
