"""Records: what a run on real X-rays gave, one JSON file each, shipped with the package."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from cxrlib import files
from cxrlib.experiments.validation import RecordError, check

if TYPE_CHECKING:
    import pandas as pd

VARIABLE = "CXR_RESULTS"
SCORE_DIGITS, DIGITS = 5, 6  # significant digits that are kept


@dataclass(frozen=True)
class Record:
    """What a run on real X-rays gave. Made by :meth:`create`, which rounds and checks.

    Attributes
    ----------
    id : str
        Lowercase letters, digits and hyphens; the file is ``ID.json``.
    title : str
        What was run.
    article : int or None
        0 to 4 where the run repeats one of the course's articles.
    config : dict
        Every setting of the run.
    data : dict
        ``name``, ``source``, ``counts`` (split → class → images, classes in the networks'
        order), ``fingerprint``, ``patients`` (split → patients, or None where unknown).
    versions : dict
        Package → version.
    device : dict
        ``cpu_count``, ``processor``, ``accelerator``; the last two None where there is none or
        it is not known.
    seconds : float
        Duration of all runs together.
    peak_memory_mb : float or None
        The most memory that was held, in MB.
    runs : list of dict
        One a seed: ``seed``; ``history`` (column → a number or None for each epoch);
        ``metrics`` (name → number); ``confusion_matrix`` (split → K rows of K counts, truth in
        rows); ``threshold`` (a number or None); ``scores`` of the test set (``path``,
        ``patient``, ``y``, ``score``, a list each), None where the test set was not touched;
        ``test_evaluations`` (``date``, ``purpose``, ``times`` of each), see
        :mod:`cxrlib.experiments.ledger`.
    summary : dict
        Metric → ``mean``, ``low``, ``high``, ``method`` of the interval. The first metric is the
        headline.
    notes : list of str
        Sentences a reader of the numbers should know.
    """

    id: str
    title: str
    article: int | None
    config: dict[str, Any]
    data: dict[str, Any]
    versions: dict[str, str]
    device: dict[str, Any]
    seconds: float
    peak_memory_mb: float | None
    runs: list[dict[str, Any]]
    summary: dict[str, dict[str, Any]]
    notes: list[str]

    @classmethod
    def create(cls, **fields: object) -> Self:
        """Make a record of all its fields, as it will be read again.

        NumPy's numbers and arrays become Python's, floats keep 6 significant digits, scores 5.

        Raises
        ------
        RecordError
            If a field is missing, unknown or not what it must be, or if the data are phantoms.
        """
        plain: dict[str, Any] = to_plain(fields)
        check(plain)
        return cls(**plain)

    @property
    def test_evaluations(self) -> int:
        """How often a run evaluated the test set, the most that any did."""
        return max(sum(e["times"] for e in run["test_evaluations"]) for run in self.runs)

    def between_seeds(self, metric: str) -> tuple[float, float] | None:
        """Return the lowest and the highest of a metric over the runs; None where it is one run's.

        Raises
        ------
        RecordError
            If a run has no such metric.
        """
        if lacking := [run["seed"] for run in self.runs if metric not in run["metrics"]]:
            raise RecordError(
                f"expected the metric {metric!r} in each run of {self.id}, got none with the seed "
                f"{lacking[0]}. There are: {', '.join(self._run(0)['metrics'])}."
            )
        each = [run["metrics"][metric] for run in self.runs]
        return (min(each), max(each)) if len(each) > 1 else None

    def scores_frame(self, run: int = 0) -> pd.DataFrame:
        """Return a run's scores as a table: a row a test image.

        Parameters
        ----------
        run : int
            Its position among the record's runs, from 0.

        Returns
        -------
        DataFrame
            ``path``, ``patient_id``, ``label`` (Categorical), and ``score``; for K > 2 classes
            a list of K scores.
        """
        from cxrlib.experiments.scores import scores_frame  # brings pandas

        return scores_frame(self._run(run)["scores"], list(self.data["counts"]["test"]))

    def history_frame(self, run: int = 0) -> pd.DataFrame:
        """Return a run's history as a table: a row an epoch, counted from 1.

        Parameters
        ----------
        run : int
            Its position among the record's runs, from 0.
        """
        import pandas as pd  # slow to import, and reading a record does without

        table = pd.DataFrame(self._run(run)["history"], dtype=float)
        return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="epoch"))

    def _run(self, run: int) -> dict[str, Any]:
        if not 0 <= run < len(self.runs):
            raise RecordError(
                f"expected `run` from 0 to {len(self.runs) - 1} for {self.id}, got {run}. "
                f"Its seeds: {', '.join(str(r['seed']) for r in self.runs)}."
            )
        return self.runs[run]

    def to_json(self) -> str:
        """Return the record as JSON that reads well in a diff: a column of numbers is one line."""
        return _lines(vars(self), depth=0) + "\n"

    def write(self, folder: str | os.PathLike | None = None) -> Path:
        """Write the record to ``folder/ID.json``, in place of an older one; whole or not at all.

        Parameters
        ----------
        folder : str or path, optional
            See :func:`output_folder`.

        Raises
        ------
        RecordError
            If the record is not valid; nothing is written then.
        """
        valid = type(self).create(**vars(self))
        target = output_folder(folder) / f"{self.id}.json"
        files.write_text(target, valid.to_json())
        return target


def to_plain(value: object, digits: int = DIGITS) -> Any:
    """Return nested NumPy numbers and arrays as Python's, floats rounded to significant digits."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {
            str(key): to_plain(item, SCORE_DIGITS if key == "scores" else digits)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [to_plain(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def _shipped() -> Path:
    # pip unpacks: always a folder
    return Path(str(resources.files("cxrlib.experiments"))) / "results"


def _named(folder: str | os.PathLike | None) -> Path | None:
    named = folder if folder is not None else os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser() if named else None


def results_folder(folder: str | os.PathLike | None = None) -> Path:
    """Find the folder to read records from.

    Parameters
    ----------
    folder : str or path, optional
        The folder itself. Without it: the one that the environment variable ``CXR_RESULTS``
        names, else the records that come with the package.

    Raises
    ------
    RecordError
        If there is no such folder.
    """
    place = _named(folder)
    origin, advice = VARIABLE if folder is None else "`folder`", "Correct it."
    if place is None:
        place, origin, advice = _shipped(), "the package's own", "Install cxrlib again."
    if not place.is_dir():
        raise RecordError(
            f"expected a folder with records, got {place} ({origin}), which is none. {advice}"
        )
    return place


def output_folder(folder: str | os.PathLike | None = None) -> Path:
    """Return where a new record goes; the folder need not be there yet.

    Parameters
    ----------
    folder : str or path, optional
        The folder itself. Without it: the one that the environment variable ``CXR_RESULTS``
        names, else the package's own in a checkout of the course that may be written to, else
        ``results`` in the current folder.
    """
    named, own = _named(folder), _shipped()
    in_checkout = (own.parents[2] / "pyproject.toml").is_file() and os.access(own, os.W_OK)
    return named or (own if in_checkout else Path("results"))


def list_ids(folder: str | os.PathLike | None = None) -> list[str]:
    """List the ids of the records in a folder (see :func:`results_folder`), sorted."""
    return sorted(p.stem for p in results_folder(folder).glob("*.json") if p.name[0] != ".")


def read(id: str, folder: str | os.PathLike | None = None) -> Record:
    """Read a record and check it.

    Parameters
    ----------
    id : str
        Such as ``"article-3-repaired"``.
    folder : str or path, optional
        See :func:`results_folder`.

    Raises
    ------
    RecordError
        If there is no such record (naming those that there are), or its file is not whole.

    Examples
    --------
    >>> record = read("article-4-as-published-two")
    >>> len(record.runs), record.article
    (5, 4)
    """
    place = results_folder(folder)
    ids = list_ids(place)
    if id not in ids:
        from cxrlib.data.cases import did_you_mean  # brings pandas

        raise RecordError(
            f"expected the id of a record in {place}, got {id!r}.{did_you_mean(str(id), ids)} "
            f"Known: {', '.join(ids) or 'none yet'}."
        )
    path = place / f"{id}.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(fields, dict):
            raise RecordError(f"a {type(fields).__name__} instead of an object with fields.")
        record = Record.create(**fields)
        if record.id != id:
            raise RecordError(f"the id {record.id} instead of {id}, the file's name.")
    except (OSError, ValueError) as error:
        advice = "Restore the file from the repository, or make the record again."
        raise RecordError(f"{path}: expected a whole record, got {error} {advice}") from error
    return record


def _lines(value: object, depth: int) -> str:
    pad = "\n" + " " * (depth + 1)
    if isinstance(value, dict) and value:
        rows = (f"{_dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items())
        return "{" + pad + f",{pad}".join(rows) + pad[:-1] + "}"
    entries = depth == 1 or (isinstance(value, list) and any(isinstance(i, dict) for i in value))
    if isinstance(value, list) and value and entries:
        rows = (_lines(item, depth + 1) for item in value)
        return "[" + pad + f",{pad}".join(rows) + pad[:-1] + "]"
    return _dumps(value)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
