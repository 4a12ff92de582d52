"""The ledger: every evaluation of a test set, counted where the set is opened.

Each further look at the same test set makes its best result less worth (Dwork et al. 2015,
doi:10.1126/science.aaa9375): what was chosen after a look has seen the answer.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from importlib.resources import files

import pandas as pd

from cxrlib import data
from cxrlib.experiments import record as records

EARLIER = "earlier_test_evaluations.json"  # from before anything counted
COUNTED = "the record"
COLUMNS = ("dataset", "study", "seed", "date", "purpose", "times", "source")


class TestSet:
    """Test images that are handed out against a purpose, and a count of it.

    Parameters
    ----------
    cases : DataFrame
        The rows of the test set.
    """

    __test__ = False  # for pytest

    def __init__(self, cases: pd.DataFrame) -> None:
        self._cases = cases
        self.evaluations: list[dict] = []

    def open(self, purpose: str, times: int = 1) -> pd.DataFrame:
        """Return the rows, and note what for.

        Parameters
        ----------
        purpose : str
            A few words: what is evaluated.
        times : int
            How many evaluations are made, as when each epoch is validated on the test set.

        Raises
        ------
        DataError
            Without a purpose, or with ``times`` below 1. Nothing is handed out then.
        """
        if not isinstance(purpose, str) or not purpose.strip():
            raise data.DataError(
                f"expected the purpose of looking at the test set in a few words, got {purpose!r}. "
                'Such as: open("final evaluation"). If there is none, validate on "val".'
            )
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise data.DataError(
                f"expected `times` as a whole number from 1, got {times!r}. "
                "Count each model and each epoch that is evaluated."
            )
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        self.evaluations.append({"date": today, "purpose": purpose.strip(), "times": times})
        return self._cases


def entries() -> pd.DataFrame:
    """List all evaluations of test sets: those of the package's records, and earlier ones.

    Returns
    -------
    DataFrame
        A row an entry, by date: ``dataset``, ``study``, ``seed`` (NA where not known), ``date``,
        ``purpose``, ``times``, ``source`` (where it is known from).
    """
    table = pd.DataFrame([*_of_records(), *_earlier()], columns=list(COLUMNS))
    return table.astype({"seed": "Int64"}).sort_values(["date", "study", "seed"], ignore_index=True)


def _of_records() -> Iterable[dict]:
    for id in records.list_ids():
        record = records.read(id)
        of = {"dataset": record.data["name"], "study": id, "source": COUNTED}
        for run in record.runs:
            for entry in run["test_evaluations"]:
                yield of | {"seed": run["seed"]} | entry


def _earlier() -> Iterable[dict]:
    text = (files("cxrlib.experiments") / EARLIER).read_text(encoding="utf-8")
    return json.loads(text)
