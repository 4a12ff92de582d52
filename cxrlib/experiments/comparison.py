"""What became of a paper's claims: repeated as published, repaired, and the difference."""

from __future__ import annotations

import os
from typing import NamedTuple

from cxrlib import evaluation
from cxrlib.experiments import record as records
from cxrlib.experiments.specification import Paper
from cxrlib.experiments.summary import judged_runs


class Comparison(NamedTuple):
    """One claim, and the two studies that ask after it; None where a record is not there.

    Attributes
    ----------
    study : str
        Id of the repaired one.
    words, metric : str
    published : float
        The number in the paper.
    about : str
        What the number is where it is none that was measured, such as "over".
    as_published, repaired : Interval or None
        Of the records' summaries.
    difference : Interval or None
        Repaired minus as published; see :func:`cxrlib.evaluation.runs_difference`.
    """

    study: str
    words: str
    metric: str
    published: float
    about: str
    as_published: evaluation.Interval | None
    repaired: evaluation.Interval | None
    difference: evaluation.Interval | None

    @property
    def reproduced(self) -> bool | None:
        """Say whether the interval of the repetition allows for the number that was published.

        "over" asks for an interval that reaches above it, "up to" for one that begins below it.
        """
        if self.as_published is None:
            return None
        above = self.about == "over" or self.as_published.low <= self.published
        below = self.about == "up to" or self.published <= self.as_published.high
        return above and below

    @property
    def change(self) -> str | None:
        """Say what the difference's interval shows, ``"higher"``, ``"lower"`` or neither."""
        if self.difference is None:
            return None
        if self.difference.low > 0:
            return "higher"
        return "lower" if self.difference.high < 0 else "no change shown"


def compare(paper: Paper, folder: str | os.PathLike | None = None) -> list[Comparison]:
    """Compare the records of a paper's studies, claim by claim.

    Parameters
    ----------
    paper : Paper
        One of :data:`~cxrlib.experiments.registry.PAPERS`, or your own.
    folder : str or path, optional
        Of the records, see :func:`~cxrlib.experiments.record.results_folder`.

    Raises
    ------
    RecordError
        If a record is not whole, or has not the metric that a claim names.
    """
    known = set(records.list_ids(folder))
    found = []
    for claim in paper.claims:
        metric = claim["metric"]
        pair = [
            records.read(claim[role], folder) if claim[role] in known else None
            for role in ("as_published", "repaired")
        ]
        first, second = pair
        apart = None
        if first is not None and second is not None:
            apart = difference(second, first, metric)
        found.append(
            Comparison(
                study=claim["repaired"],
                words=claim["words"],
                metric=metric,
                published=claim["value"],
                about=claim.get("about", ""),
                as_published=None if first is None else _of_summary(first, metric),
                repaired=None if second is None else _of_summary(second, metric),
                difference=apart,
            )
        )
    return found


def difference(
    record: records.Record, baseline: records.Record, metric: str
) -> evaluation.Interval:
    """Return how much higher one record's metric is than another's, on the same test images.

    Patients are drawn for both at once, and each one's seeds; see
    :func:`cxrlib.evaluation.runs_difference`.

    Parameters
    ----------
    record, baseline : Record
        Their runs keep scores of the same images; each is judged at its own thresholds.
    metric : str
        Of their summaries, such as ``"test accuracy"``.
    """
    return evaluation.runs_difference(
        judged_runs(record.runs, metric), judged_runs(baseline.runs, metric)
    )


def _of_summary(record: records.Record, metric: str) -> evaluation.Interval:
    if metric not in record.summary:
        raise records.RecordError(
            f"{record.id}: expected the metric {metric!r} in its summary, got "
            f"{', '.join(record.summary)}. Name one of these in the paper's claim."
        )
    row = record.summary[metric]
    return evaluation.Interval(row["mean"], row["low"], row["high"])
