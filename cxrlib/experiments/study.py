"""A study: one run on the real data that can be repeated, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Study:
    """One run on the real data that can be repeated.

    Attributes
    ----------
    title : str
        What is run.
    article : int or None
        The article it repeats.
    method : str
        Module of :mod:`cxrlib.experiments.methods` whose ``run`` does it.
    config : dict
        Every setting.
    notes : tuple of str
        What a reader of its numbers should know.
    seeds : tuple of int
        Those it runs with where nobody names others.
    redraw : bool
        Whether each seed draws its own pictures, as many of each class and split. Otherwise all
        have those of the lowest.
    """

    title: str
    article: int | None
    method: str
    config: dict
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    redraw: bool = False
