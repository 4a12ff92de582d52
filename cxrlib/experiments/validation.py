"""Validation of a record: its form by a schema, then whether its numbers fit together.

In a schema ``description`` says what is expected, and ``advice`` what to do.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np

SUM_TOLERANCE = 1e-3  # scores are rounded
ROUNDED_OFF = 2  # so many images may be on the other side of the threshold
DIGITS = 1e-5  # of a metric, relative: records keep six digits
BY_HAND = "Make the record again; nothing in it may be changed by hand."


class RecordError(ValueError):
    """A record is not whole, not there, or not what it says; the message says what to do."""


def check(fields: dict[str, Any]) -> None:
    """Raise :class:`RecordError` at the first thing in a record's fields that is not valid."""
    try:
        check_schema(fields, "record.schema.json")
        _check_data(fields["data"])
        _check_runs(fields)
        for name, row in fields["summary"].items():
            valid = row["low"] <= row["mean"] <= row["high"]
            advice = "Compute the summary again: cxr reproduce ID --summary-only."
            _require(valid, f"summary.{name}", "numbers with low ≤ mean ≤ high", row, advice)
        _check_means(fields)
    except RecordError as error:
        raise RecordError(f"record {fields.get('id')}: {error}") from None


def check_schema(fields: object, name: str) -> None:
    """Raise :class:`RecordError` at the first thing that a schema of this folder does not allow."""
    for error in _validator(name).iter_errors(fields):
        _refuse(error)


@cache
def _validator(name: str) -> jsonschema.protocols.Validator:
    schema = json.loads((files("cxrlib.experiments") / name).read_text(encoding="utf-8"))
    base = jsonschema.Draft202012Validator
    # JSON knows no NaN, and takes 1.0 for a whole number.
    types = base.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) in (int, float) and math.isfinite(value),
        }
    )
    return jsonschema.validators.extend(base, type_checker=types)(schema)


def _refuse(error: jsonschema.ValidationError) -> None:
    where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in error.absolute_path)
    expected, got = error.schema["description"], error.instance
    advice = error.schema.get("advice", "Correct it.")
    if error.validator in ("required", "additionalProperties"):
        names = error.schema["properties"]
        missing = [name for name in error.schema["required"] if name not in got]
        unknown = [str(name) for name in got if name not in names]
        parts = [f"{', '.join(missing)} missing"] if missing else []
        parts += [f"{', '.join(unknown)} besides"] if unknown else []
        raise RecordError(
            f"{where.lstrip('.') or 'fields'}: expected {', '.join(names)} and no others, got "
            f"{' and '.join(parts)}. Add what is missing, and move anything else to `config` or "
            "`notes`."
        )
    _require(False, where.lstrip(".") or "fields", expected, got, advice)


def _require(valid: bool, where: str, expected: str, got: object, advice: str) -> None:
    """Raise :class:`RecordError` with what was expected, what came and what to do."""
    if not valid:
        shown = repr(got)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        raise RecordError(f"{where}: expected {expected}, got {shown}. {advice}")


def _check_data(data: dict) -> None:
    counts, patients = data["counts"], data["patients"]
    advice = "run.describe_data(cases) gives it."
    first = list(next(iter(counts.values())))
    for split, classes in counts.items():
        where = f"data.counts.{split}"
        wanted = f"the classes {', '.join(first)} in this order"
        _require(list(classes) == first, where, wanted, list(classes), advice)
        _require(sum(classes.values()) > 0, where, "at least one image", classes, "Leave it out.")
    wanted = f"the patients of {', '.join(counts)}"
    _require(set(patients) == set(counts), "data.patients", wanted, patients, advice)


def _check_runs(fields: dict) -> None:
    runs, counts = fields["runs"], fields["data"]["counts"]
    for number, run in enumerate(runs):
        where = f"runs[{number}]"
        lengths = {name: len(column) for name, column in run["history"].items()}
        valid = len(set(lengths.values())) == 1
        advice = "Pass what Keras keeps: fit(...).history."
        _require(valid, f"{where}.history", "columns of equal length", lengths, advice)
        for split, matrix in run["confusion_matrix"].items():
            _check_matrix(matrix, f"{where}.confusion_matrix.{split}", counts.get(split, {}))
        _check_test_evaluations(run, where)
        if run["scores"] is not None:
            _check_scores(run["scores"], f"{where}.scores", counts.get("test", {}))
            _check_scored_matrix(run, where)
        _check_metrics(run, f"{where}.metrics")
    repeated = [seed for seed, n in Counter(run["seed"] for run in runs).items() if n > 1]
    _require(not repeated, "runs", "another seed for each run", repeated, "Give each run its own.")
    odd = [run["seed"] for run in runs if set(run["metrics"]) != set(runs[0]["metrics"])]
    advice = "These seeds differ from the first."
    _require(not odd, "runs", "the same metrics in each run", odd, advice)


def _check_test_evaluations(run: dict, where: str) -> None:
    present = [*run["confusion_matrix"], *(["scores"] if run["scores"] is not None else [])]
    if run["test_evaluations"]:
        advice = "A test set that was evaluated has its scores."
        _require("scores" in present, f"{where}.scores", "those of the test set", None, advice)
    else:
        valid = not {"test", "scores"} & set(present)
        advice = "Open the test set through ledger.TestSet, which counts."
        _require(valid, where, "nothing of a test set that was not opened", present, advice)


def _check_matrix(matrix: list, where: str, classes: dict[str, int]) -> None:
    advice = "Name it after the split."
    _require(bool(classes), where, "a split that data.counts has", matrix, advice)
    k, expected = len(classes), list(classes.values())
    valid = [len(row) for row in matrix] == [k] * k
    advice = "Truth in rows, predictions in columns."
    _require(valid, where, f"{k} rows of {k} counts", matrix, advice)
    rows = [sum(row) for row in matrix]
    _require(
        rows == expected, where, f"rows that sum to the classes' images {expected}", rows, advice
    )


def _check_scored_matrix(run: dict, where: str) -> None:
    """Refuse a test matrix that is not that of the scores; these are rounded."""
    matrix, scores = run["confusion_matrix"].get("test"), run["scores"]
    if matrix is None:
        return
    score, threshold = np.array(scores["score"], dtype=float), run["threshold"]
    if score.ndim == 1:
        advice = "Say at which threshold the matrix was counted."
        valid = threshold is not None
        _require(valid, f"{where}.threshold", "a number, with one score an image", None, advice)
    called = score.argmax(axis=1) if score.ndim == 2 else (score >= threshold).astype(int)
    found = np.zeros(np.shape(matrix), int)
    np.add.at(found, (scores["y"], called), 1)
    off = int(np.abs(found - matrix).sum()) // 2
    wanted = f"{found.tolist()}, as the scores are at the threshold {threshold}"
    _require(off <= ROUNDED_OFF, f"{where}.confusion_matrix.test", wanted, matrix, BY_HAND)


def _check_metrics(run: dict, where: str) -> None:
    """Refuse metrics that are not those of the confusion matrices."""
    for split, rows in run["confusion_matrix"].items():
        matrix = np.array(rows)
        recall = matrix.diagonal() / matrix.sum(axis=1).clip(1)
        counted = {"accuracy": matrix.trace() / matrix.sum(), "macro sensitivity": recall.mean()}
        if len(matrix) == 2:
            counted |= {"specificity": recall[0], "sensitivity": recall[1]}
        for name, value in counted.items():
            got = run["metrics"].get(f"{split} {name}", value)
            wanted = f"{value:.6f}, as the confusion matrix says"
            _require(
                math.isclose(got, value, rel_tol=DIGITS),
                f"{where}[{split} {name}]",
                wanted,
                got,
                BY_HAND,
            )


def _check_means(fields: dict) -> None:
    """Refuse a summary that is not the mean of its runs."""
    metrics = [run["metrics"] for run in fields["runs"]]
    for name in set(fields["summary"]) & set(metrics[0]):
        mean = math.fsum(one[name] for one in metrics) / len(metrics)
        got = fields["summary"][name]["mean"]
        wanted = f"{mean:.6f}, the mean of its runs"
        _require(
            math.isclose(got, mean, rel_tol=DIGITS), f"summary.{name}.mean", wanted, got, BY_HAND
        )


def _check_scores(scores: dict, where: str, classes: dict[str, int]) -> None:
    advice = "metrics.collect_scores(test_cases, scores) gives them."
    wanted = "images of the split 'test' in data.counts"
    _require(bool(classes), where, wanted, classes, advice)
    k, expected, score = len(classes), list(classes.values()), scores["score"]
    lengths = {name: len(column) for name, column in scores.items()}
    n = sum(expected)
    wanted = f"{n:,} entries, the test images"
    _require(set(lengths.values()) == {n}, where, wanted, lengths, advice)
    repeated = [path for path, count in Counter(scores["path"]).items() if count > 1]
    _require(not repeated, f"{where}.path", "each image once", repeated[:3], advice)
    found = [scores["y"].count(code) for code in range(k)]
    _require(found == expected, f"{where}.y", f"{expected} images of the classes", found, advice)
    vectors = all(isinstance(s, list) and len(s) == k for s in score)
    plain = k == 2 and not any(isinstance(s, list) for s in score)
    wanted = "a number an image, or 2" if k == 2 else f"{k} numbers an image"
    _require(vectors or plain, f"{where}.score", wanted, score, advice)
    odd = [s for s in score if vectors and abs(sum(s) - 1) > SUM_TOLERANCE]
    advice = "Put logits through a softmax first."
    _require(not odd, f"{where}.score", "probabilities that sum to 1 an image", odd[:1], advice)
