"""Which studies there are: every setting that makes one, as data."""

from __future__ import annotations

import difflib

from cxrlib.data import DataError
from cxrlib.experiments import article_4, articles, articles_0_and_3, better_model
from cxrlib.experiments.study import Study

STUDIES = articles_0_and_3.STUDIES | articles.STUDIES | article_4.STUDIES | better_model.STUDIES


def get(id: str) -> Study:
    """Return a study by its id.

    Raises
    ------
    DataError
        If there is none; the nearest id is given.
    """
    if id not in STUDIES:
        near = difflib.get_close_matches(id, STUDIES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise DataError(f"unknown study {id!r}.{hint} Known: {', '.join(STUDIES)}")
    return STUDIES[id]
