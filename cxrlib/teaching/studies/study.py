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
        Module of :mod:`cxrlib.teaching.studies` whose ``run`` does it.
    config : dict
        Every setting.
    notes : tuple of str
        What a reader of its numbers should know.
    """

    title: str
    article: int | None
    method: str
    config: dict
    notes: tuple[str, ...] = ()
