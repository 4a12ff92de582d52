"""Which studies there are: every setting that makes one, as data."""

from __future__ import annotations

from dataclasses import dataclass

from cxrlib.data import DataError
from cxrlib.data.cases import did_you_mean
from cxrlib.experiments import article_4, articles, better_model


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
        Module of :mod:`cxrlib.experiments.methods` that does it.
    config : dict
        Every setting.
    notes : tuple of str
        What a reader of its numbers should know.
    seeds : tuple of int
        Those it runs with where nobody names others.
    resample : bool
        Whether each seed draws its own images, as many of each class and split. Otherwise all
        have those of the lowest.
    """

    title: str
    article: int | None
    method: str
    config: dict
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    resample: bool = False


STUDIES = {
    id: Study(**fields)
    for id, fields in (articles.STUDIES | article_4.STUDIES | better_model.STUDIES).items()
}


def get(id: str) -> Study:
    """Return a study by its id.

    Raises
    ------
    DataError
        If there is none; the nearest id is given.
    """
    if id not in STUDIES:
        raise DataError(
            f"expected the id of a study, got {id!r}.{did_you_mean(id, STUDIES)} "
            f"Known: {', '.join(STUDIES)}."
        )
    return STUDIES[id]
