"""The ledger: every evaluation of a test set, written down where the set is opened.

Each further look at the same test set makes its best result less worth (Dwork et al. 2015,
doi:10.1126/science.aaa9375): what was chosen after a look has seen the answer. So lines are only
added. A run that is made again, or breaks off after its look, has looked all the same.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pandas as pd

from cxrlib import data
from cxrlib.experiments import record as records

FILE = "ledger.jsonl"  # in the folder of the records
COUNTED = "counted as it ran"
AFTERWARDS = "counted afterwards, from the record's settings"  # of runs before the ledger
COLUMNS = ("dataset", "study", "seed", "date", "purpose", "times", "source")


class TestSet:
    """Test images that are handed out against a purpose, and a count of it.

    Parameters
    ----------
    cases : DataFrame
        The rows of the test set.
    ledger : path, optional
        File to which each opening adds a line at once.
    study : str
        Id of the study that looks.
    seed : int, optional
        Of the run.
    """

    __test__ = False  # for pytest

    def __init__(
        self,
        cases: pd.DataFrame,
        ledger: Path | None = None,
        *,
        study: str = "",
        seed: int | None = None,
    ) -> None:
        self._cases, self._ledger = cases, ledger
        self._about = {"dataset": cases.attrs.get("name", ""), "study": study, "seed": seed}
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
        entry = {"date": today, "purpose": purpose.strip(), "times": times}
        if self._ledger is not None:
            line = json.dumps(self._about | entry | {"source": COUNTED}, ensure_ascii=False)
            self._ledger.parent.mkdir(parents=True, exist_ok=True)
            with self._ledger.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        self.evaluations.append(entry)
        return self._cases


def entries(folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """List all evaluations in the ledger beside the records.

    Parameters
    ----------
    folder : path, optional
        See :func:`.results_folder`.

    Returns
    -------
    DataFrame
        A row an entry, by date: ``dataset``, ``study``, ``seed`` (NA where not known), ``date``,
        ``purpose``, ``times``, ``source`` (where it is known from).

    Raises
    ------
    RecordError
        If a line is not one of the ledger's.
    """
    path = records.results_folder(folder) / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    rows = [_parse(path, number, line) for number, line in enumerate(lines, start=1)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64", "times": "int64"})
    return table.sort_values(["date", "study", "seed"], ignore_index=True)


def _parse(path: Path, number: int, line: str) -> dict:
    try:
        row = json.loads(line)
        if set(row) != set(COLUMNS) or not isinstance(row["times"], int) or row["times"] < 1:
            raise ValueError(line)
    except (ValueError, TypeError) as error:
        raise records.RecordError(
            f"{path}, line {number}: expected {', '.join(COLUMNS)}, got {line[:80]!r}. Restore the "
            "line from the repository: a look that was made stays made."
        ) from error
    return row
