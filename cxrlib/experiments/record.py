"""The record itself."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cxrlib.experiments import validation as checks
from cxrlib.experiments.refusals import check_names

SCORE_DIGITS, DIGITS = 5, 6  # significant digits that are kept


@dataclass(frozen=True)
class Record:
    """What a run on real X-rays gave. Made by :func:`make`, which rounds and checks.

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
        ``name``, ``source``, ``counts`` (split → class → pictures, classes in the networks'
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
        rows); ``threshold`` (a number or None); ``scores`` of the test set (``path``, ``y``,
        ``score``, a list each), None where the test set was not touched.
    summary : dict
        Metric → ``mean``, ``low``, ``high``, ``how``. The first metric is the headline.
    test_touches : int
        How often each run looked at the test set; watching it counts once an epoch.
    notes : list of str
        Sentences a reader of the numbers should know.
    """

    id: str
    title: str
    article: int | None
    config: dict
    data: dict
    versions: dict
    device: dict
    seconds: float
    peak_memory_mb: float | None
    runs: list
    summary: dict
    test_touches: int
    notes: list

    def validate(self) -> None:
        """Raise :class:`RecordError` saying what cannot be so, and what to do."""
        checks.check(vars(self))


FIELDS = tuple(field.name for field in fields(Record))


def make(**values: object) -> Record:
    """Make a record of its fields, as it will be read again.

    NumPy's numbers and arrays become Python's, floats keep 6 significant digits and scores 5.

    Parameters
    ----------
    **values
        All fields of :class:`Record`, and no other.

    Raises
    ------
    RecordError
        If a field is missing, unknown or not what it must be, or if the data are phantoms.
    """
    check_names("a record", values, FIELDS)
    plain = {name: _plain(values[name], DIGITS) for name in FIELDS}
    record = Record(**plain)
    record.validate()
    return record


def _plain(value: object, digits: int) -> object:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {
            str(key): _plain(item, SCORE_DIGITS if key == "scores" else digits)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
