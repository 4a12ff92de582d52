"""What the runs of a record must look like, and whether they fit its data."""

from __future__ import annotations

import re
from collections import Counter

from cxrlib.experiments.refusals import (
    check_names,
    is_count,
    is_dict_of,
    is_number,
    need,
)

RUN = ("seed", "history", "metrics", "confusion_matrix", "threshold", "scores")
SCORES = ("path", "y", "score")
SUM_OFF = 1e-3  # scores are rounded


def check_runs(fields: dict) -> None:
    """Refuse runs that are not whole or do not fit the data."""
    runs, touches = fields["runs"], fields["test_touches"]
    advice = "Count each look of a run at the test set; watching it costs one an epoch."
    need(is_count(touches), "test_touches", "a whole number from 0", touches, advice)
    some = isinstance(runs, list) and runs
    need(some, "runs", "a list with one entry a seed", runs, "Run at least one seed.")
    for number, run in enumerate(runs):
        check_names(f"runs[{number}]", run, RUN)
        seed = run["seed"]
        where = f"runs[{number}].seed"
        need(is_count(seed), where, "a whole number from 0", seed, "Seeds tell runs apart.")
        _run(run, f"run with seed {seed}", fields["data"]["counts"], touches)
    again = [seed for seed, n in Counter(run["seed"] for run in runs).items() if n > 1]
    need(not again, "runs", "another seed for each run", again, "Give each run its own.")
    names = [set(run["metrics"]) for run in runs]
    odd = [run["seed"] for run, own in zip(runs, names, strict=True) if own != names[0]]
    need(not odd, "runs", "the same metrics in each run", odd, "These seeds differ from the first.")


def _run(run: dict, where: str, counts: dict, touches: int) -> None:
    _history(run["history"], f"{where}, history")
    metrics, threshold = run["metrics"], run["threshold"]
    fine = is_dict_of(is_number, metrics)
    need(fine, f"{where}, metrics", "name → number", metrics, "Name it like 'test accuracy'.")
    fine = threshold is None or is_number(threshold)
    need(fine, f"{where}, threshold", "a number or None", threshold, "None is for no threshold.")
    matrices, scores = run["confusion_matrix"], run["scores"]
    fine = isinstance(matrices, dict) and matrices and set(matrices) <= set(counts)
    advice = "Keep at least one, under the split's name."
    wanted = f"matrices of some of {', '.join(counts)}"
    need(fine, f"{where}, confusion_matrix", wanted, matrices, advice)
    for split, matrix in matrices.items():
        _matrix(matrix, f"{where}, confusion_matrix of {split}", counts[split])
    if touches:
        advice = f"test_touches is {touches}: a test set that was looked at has its scores."
        need(scores is not None, f"{where}, scores", "those of the test set", scores, advice)
        _scores(scores, f"{where}, scores", counts.get("test"))
    else:
        untouched = scores is None and "test" not in matrices
        advice = "Count in test_touches how often each run looked."
        came = list(matrices) + ["scores"] * (scores is not None)
        need(untouched, where, "nothing of the test set with test_touches 0", came, advice)


def _history(history: object, where: str) -> None:
    advice = "Pass what Keras keeps: fit(...).history."
    fine = is_dict_of(lambda column: isinstance(column, list), history)
    need(fine, where, "column → list with a number for each epoch", history, advice)
    lengths = {name: len(column) for name, column in history.items()}
    equal = len(set(lengths.values())) == 1 and 0 not in lengths.values()
    need(equal, where, "columns of equal length, one epoch or more", lengths, advice)
    for name, column in history.items():
        fine = all(value is None or is_number(value) for value in column)
        need(fine, f"{where}, {name}", "numbers, or None", column, advice)


def _matrix(matrix: object, where: str, classes: dict) -> None:
    k, n = len(classes), sum(classes.values())
    square = isinstance(matrix, list) and len(matrix) == k
    square = square and all(isinstance(row, list) and len(row) == k for row in matrix)
    fine = square and all(is_count(value) for row in matrix for value in row)
    need(fine, where, f"{k} rows of {k} counts", matrix, "Truth in rows, answers in columns.")
    total = sum(map(sum, matrix))
    advice = "Count every picture of the split once."
    need(total == n, where, f"a sum of {n:,}, the pictures of the split", total, advice)
    rows = [sum(row) for row in matrix]
    wanted = f"rows that sum to the classes' pictures {list(classes.values())}"
    need(rows == list(classes.values()), where, wanted, rows, "Truth in rows, answers in columns.")


def _scores(scores: object, where: str, classes: dict | None) -> None:
    advice = "records.score_columns(test_cases, scores) gives them."
    need(classes, where, "pictures of the split 'test' in data.counts", classes, advice)
    check_names(where, scores, SCORES)
    n, k = sum(classes.values()), len(classes)
    for name in SCORES:
        fine = isinstance(scores[name], list)
        need(fine, f"{where}, {name}", "a list", scores[name], advice)
    lengths = {name: len(scores[name]) for name in SCORES}
    need(set(lengths.values()) == {n}, where, f"{n:,} entries, the test pictures", lengths, advice)
    _paths(scores["path"], f"{where}, path", advice)
    codes, each = scores["y"], scores["score"]
    fine = all(is_count(y) and y < k for y in codes)
    need(fine, f"{where}, y", f"class numbers from 0 to {k - 1}", codes, advice)
    have, due = [codes.count(code) for code in range(k)], list(classes.values())
    need(have == due, f"{where}, y", f"{due} pictures of the classes", have, advice)
    vectors = all(isinstance(s, list) and len(s) == k and all(map(is_number, s)) for s in each)
    fine = vectors or (k == 2 and all(map(is_number, each)))
    wanted = "a number a picture" if k == 2 else f"{k} numbers a picture"
    need(fine, f"{where}, score", wanted, each, advice)
    if vectors:
        odd = [s for s in each if min(s) < 0 or abs(sum(s) - 1) > SUM_OFF]
        advice = "Put logits through a softmax first."
        need(not odd, f"{where}, score", "probabilities that sum to 1 a picture", odd[:1], advice)


def _paths(paths: list, where: str, advice: str) -> None:
    for path in paths:
        own = isinstance(path, str) and path and not re.match(r"[/\\~]|[A-Za-z]:", path)
        need(own, where, "names without the machine's folders", path, advice)
    twice = [path for path, count in Counter(paths).items() if count > 1]
    need(not twice, where, "each picture once", twice[:3], advice)
