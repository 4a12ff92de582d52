"""Article 4's sample: which images it had, as far as that can be told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxrlib import data
from cxrlib.data.cases import check_columns

SIZES = {"normal": 79, "bacterial": 79, "viral": 79, "covid": 69}
TEST_SIZE = 9


def sample(cases: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Article 4's make-up: 79 healthy, 79 bacterial, 79 viral, 69 COVID, 9 of each held out.

    The article took the PA images of COVID-19 that the collection had on 18 March 2020. Its
    notebook lists the files, but copies of the collection that may be changed lack many of them.
    So the 69 are the first PA images by the collection's patient number, which grew with time.
    Unlike in the article, nobody stands on both sides.

    Parameters
    ----------
    cases : DataFrame
        The table that ``data.load("covid")`` gives.
    seed : int
        Draws the children and who is held out.

    Raises
    ------
    DataError
        If a class has too few images.
    """
    check_columns(cases, needed=["path", "label", "patient_id", "view"])
    covid = cases["label"] == "covid"
    others, images = cases[~covid], cases[covid & (cases["view"].astype("string") == "PA")]
    number = images["patient_id"].str.extract(r":(\d+)", expand=False).astype(float)
    order = np.lexsort((images["path"], images["patient_id"], number))
    first = images.iloc[np.sort(order[: SIZES["covid"]])]
    together = pd.concat([others, first]).sort_values("path", ignore_index=True)
    together.attrs.update(cases.attrs)
    return data.balanced_subset(together, SIZES, test_size=TEST_SIZE, seed=seed)
