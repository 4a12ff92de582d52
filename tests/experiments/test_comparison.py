import copy
from functools import partial

import numpy as np
import pytest

from cxrlib import evaluation
from cxrlib.experiments import Comparison, Record, compare, registry
from cxrlib.experiments.record import RecordError
from cxrlib.experiments.summary import judged_runs
from cxrlib.teaching import exercises
from tests.experiments.conftest import a_run, fields

CLASSES = {"A": 20, "B": 20}


def a_record(id: str, seeds: tuple[int, ...], threshold: float) -> Record:
    """Make a record of forty test images of thirty patients, each seed with its own scores."""
    data = fields()["data"] | {"counts": {"test": CLASSES}, "patients": {"test": 30}}
    y = np.repeat([0, 1], 20)
    runs = []
    for seed in seeds:
        score = np.clip(0.5 * y + np.random.default_rng(seed).uniform(0, 0.7, 40), 0, 1)
        scores = {
            "path": [f"{i}.png" for i in range(40)],
            "patient": [f"p{i % 30 if i < 20 else i - 10}" for i in range(40)],
            "y": y.tolist(),
            "score": score.tolist(),
        }
        matrix = {"test": evaluation.confusion_matrix(y, score, threshold)}
        right = {"test accuracy": evaluation.accuracy(y, score, threshold)}
        runs.append(
            a_run(seed)
            | {"scores": scores, "threshold": threshold, "confusion_matrix": matrix}
            | {"metrics": right}
        )
    mean = np.mean([run["metrics"]["test accuracy"] for run in runs])
    summary = {"test accuracy": {"mean": mean, "low": 0.0, "high": 1.0, "method": "by hand"}}
    return Record.create(**fields(id=id, runs=runs, data=data, summary=summary))


def test_a_claim_stands_beside_its_repetition_its_repair_and_their_difference(tmp_path):
    published, repaired = (
        a_record(f"article-3-{role}", seeds, threshold)
        for role, seeds, threshold in (("as-published", (0,), 0.5), ("repaired", (1, 2, 3), 0.6))
    )
    published.write(tmp_path)
    (alone,) = compare(registry.PAPERS["article-3"], tmp_path)
    assert (alone.repaired, alone.difference) == (None, None)
    assert (alone.metric, alone.published) == ("test accuracy", 0.9)
    assert alone.as_published == (published.runs[0]["metrics"]["test accuracy"], 0, 1)
    repaired.write(tmp_path)
    (both,) = compare(registry.PAPERS["article-3"], tmp_path)

    def runs(record: Record) -> evaluation.Runs:
        scores = [run["scores"] for run in record.runs]
        return evaluation.Runs(
            [s["y"] for s in scores],
            [s["score"] for s in scores],
            [s["patient"] for s in scores],
            [partial(evaluation.accuracy, threshold=r["threshold"]) for r in record.runs],
        )

    assert both.difference == evaluation.runs_difference(runs(repaired), runs(published))
    assert both.difference.low < both.difference.value < both.difference.high


def test_a_metric_that_a_record_has_not_is_named(tmp_path):
    a_record("article-3-repaired", (0,), 0.5).write(tmp_path)
    paper = copy.deepcopy(registry.PAPERS["article-3"])
    paper.claims[0]["metric"] = "test ROC AUC"
    with pytest.raises(RecordError, match="expected the metric 'test ROC AUC' in its summary"):
        compare(paper, tmp_path)


def test_unknown_patients_count_as_one_each_and_closed_test_sets_are_named():
    record = a_record("article-3-repaired", (0,), 0.5)
    (run,) = record.runs
    unknown = run | {"scores": run["scores"] | {"patient": [None] * 40}}
    assert judged_runs([unknown], "test accuracy").patients[0].tolist() == run["scores"]["path"]
    with pytest.raises(RecordError, match="never opened it"):
        judged_runs([run | {"scores": None}], "test accuracy")
    with pytest.raises(RecordError, match="expected a metric among test accuracy"):
        judged_runs([run], "test F1")


@pytest.mark.parametrize(
    ("published", "interval", "about", "reproduced"),
    [
        (0.9, (0.85, 0.8, 0.9), "", True),
        (0.91, (0.85, 0.8, 0.9), "", False),
        (0.7, (0.85, 0.8, 0.9), "", False),
        (0.7, (0.85, 0.8, 0.9), "over", True),
        (0.91, (0.85, 0.8, 0.9), "over", False),
        (0.91, (0.85, 0.8, 0.9), "up to", True),
        (0.7, (0.85, 0.8, 0.9), "up to", False),
        (0.7, None, "", None),
    ],
)
def test_a_number_is_reproduced_where_the_interval_allows_for_it(
    published, interval, about, reproduced
):
    found = interval and evaluation.Interval(*interval)
    one = Comparison("s", "words", "test accuracy", published, about, found, None, None)
    assert one.reproduced is reproduced
    if found:
        taught = exercises.check_reproduced.solution(published, found.low, found.high, about)
        assert taught is reproduced


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.1, 0.01, 0.2), "higher"),
        ((-0.1, -0.2, -0.01), "lower"),
        ((0.1, -0.01, 0.2), "no change shown"),
        ((0.0, 0.0, 0.0), "no change shown"),
        (None, None),
    ],
)
def test_a_change_is_called_one_where_its_interval_leaves_zero_out(interval, words):
    found = interval and evaluation.Interval(*interval)
    assert Comparison("s", "words", "metric", 0.5, "", None, None, found).change == words
