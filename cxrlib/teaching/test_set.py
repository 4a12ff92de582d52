"""The test set of a chapter: opened against a purpose, and counted on its page."""

from __future__ import annotations

import pandas as pd

from cxrlib.data import DataError
from cxrlib.experiments import ledger
from cxrlib.teaching import chapter
from cxrlib.teaching.chapter import in_notebook

MIME = "application/vnd.cxr.test-evaluations+json"  # how a finished page hands them to make_book


def open_test_set(cases: pd.DataFrame, purpose: str, times: int = 1) -> pd.DataFrame:
    """Return the rows of the split ``"test"``; the page says what for and how often.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    purpose : str
        A few words: what is evaluated.
    times : int
        How many models are evaluated on these images.

    Raises
    ------
    DataError
        Without a purpose, or if no row is in the split ``"test"``.
    """
    rows = cases[(cases["split"] == "test").to_numpy(dtype=bool, na_value=False)]
    if rows.empty:
        raise DataError(
            'expected rows whose split is "test", got none. Load the set again, or split it by '
            "patient: data.splits.patient_split."
        )
    test = ledger.TestSet(rows)
    opened = test.open(purpose, times)
    about = {"dataset": cases.attrs.get("name", "?"), "source": cases.attrs.get("source", "?")}
    new = test.evaluations[0] | about | {"chapter": chapter.current.name, "n_images": len(rows)}
    # The same cell run twice is counted twice: it is another look.
    chapter.current.test_evaluations.append(new)
    total = sum(each["times"] for each in chapter.current.test_evaluations)
    times_said = "once" if times == 1 else f"{times} times"
    so_far = "" if total == times else f" {total} evaluations in this chapter so far."
    text = f"Test set opened: {purpose.strip()}, {times_said}, {len(rows):,} images.{so_far}"
    if in_notebook():
        from IPython.display import display

        link = " [Who has looked](../book/test-set.md)"
        display({"text/markdown": f"*{text}*{link}", "text/plain": text, MIME: new}, raw=True)
    else:
        print(text)
    return opened
