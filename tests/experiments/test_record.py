import json
import os
from pathlib import Path

import numpy as np
import pytest

from cxrlib.experiments import record as records, registry
from cxrlib.experiments.record import Record, RecordError
from tests.experiments.conftest import a_run, changed, fields


def test_what_is_written_is_what_is_read_and_reads_well_in_a_diff(tmp_path):
    record = Record.create(**fields())
    path = record.write(tmp_path / "new" / "results")
    assert path == tmp_path / "new" / "results" / "article-3-repaired.json"
    assert records.read("article-3-repaired", path.parent) == record
    text = path.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    for line in (
        '"title": "Article 3 · répaired",',
        '"loss": [0.7, 0.5],',
        '"test": [[1, 1], [0, 1]]',
        '"path": ["A/1.png", "A/2.png", "B/3.png"],',
        '"Three images only."',
    ):
        assert line in lines
    assert text.endswith("}\n")
    assert list(json.loads(text))[:3] == ["id", "title", "article"]


def test_numbers_are_pythons_own_and_rounded():
    values = fields(seconds=np.float32(1234.5678), config={"shape": np.array([2, 3]), 5: (1, 2)})
    record = Record.create(**values)
    assert record.seconds == 1234.57
    assert record.config == {"shape": [2, 3], "5": [1, 2]}
    assert record.runs[0]["metrics"] == {"test accuracy": 0.666667}
    # Significant digits: the order of tiny scores is kept.
    assert record.runs[0]["scores"]["score"] == [0.12346, 1.2346e-09, 0.9]


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        ("Article 3", ("id",), "id: expected lowercase letters.*got 'Article 3'"),
        (5, ("article",), "article: expected 0 to 4, or None, got 5"),
        ({}, ("config",), "config: expected a dict of settings"),
        ({"f": [print]}, ("config",), r"config\.f\[0\]: expected finite numbers, texts"),
        ("phantoms", ("data", "source"), "a record is made on real data only.*got 'phantoms'"),
        ({"A": 2}, ("data", "counts", "test"), r"data\.counts\.test: expected .*two classes or"),
        ({"B": 1, "A": 2}, ("data", "counts", "test"), r"test: expected the classes A, B"),
        ({"A": 0, "B": 0}, ("data", "counts", "train"), "at least one image"),
        ("abc", ("data", "fingerprint"), "64 hexadecimal digits, got 'abc'"),
        ({"train": 8}, ("data", "patients"), "data.patients: expected .* train, test"),
        (0, ("device", "cpu_count"), "device.cpu_count: expected a whole number from 1"),
        ("", ("device", "accelerator"), "device.accelerator: expected a name or None"),
        (float("nan"), ("seconds",), "seconds: expected a number above 0, got nan"),
        (-1, ("peak_memory_mb",), "peak_memory_mb: expected a number above 0, or None"),
        (float("inf"), ("runs", 1, "history", "loss", 0), r"runs\[1\].history.loss\[0\]"),
        ([], ("runs",), "runs: expected a list with one entry a seed"),
        (0, ("runs", 1, "seed"), r"another seed for each run, got \[0\]"),
        (True, ("runs", 1, "seed"), r"runs\[1\].seed: expected a whole number from 0, got True"),
        (1.0, ("runs", 1, "seed"), r"runs\[1\].seed: expected a whole number from 0, got 1.0"),
        ({}, ("runs", 0, "history"), "history: expected column → list with a number for each"),
        ([], ("runs", 0, "history", "loss"), "one epoch or more"),
        ([0.7], ("runs", 0, "history", "loss"), "equal length.*{'loss': 1, 'val_loss': 2}"),
        ({}, ("runs", 0, "metrics"), "metrics: expected name → number"),
        ({"AUC": 1}, ("runs", 1, "metrics"), r"same metrics in each run, got \[1\]"),
        ("0.5", ("runs", 0, "threshold"), "threshold: expected a number or None"),
        ({}, ("runs", 0, "confusion_matrix"), "a matrix for one split or more"),
        ({"val": []}, ("runs", 0, "confusion_matrix"), "a split that data.counts has"),
        ([[1, 1]], ("runs", 0, "confusion_matrix", "test"), "2 rows of 2 counts"),
        ([[1, 0], [1, 1]], ("runs", 0, "confusion_matrix", "test"), r"\[2, 1\], got \[1, 2\]"),
        (None, ("runs", 0, "threshold"), "threshold: expected a number, with one score an image"),
        (7, ("runs", 0, "scores", "score", 0), r"score\[0\]: expected a number, or one a class"),
        ([0.1], ("runs", 0, "scores", "score"), "3 entries.*'score': 1"),
        ([0.1, 0.2, [1, 0]], ("runs", 0, "scores", "score"), "score: expected a number an image"),
        ([0, 1, 1], ("runs", 0, "scores", "y"), r"y: expected \[2, 1\].*got \[1, 2\]"),
        ([0, 0, -1], ("runs", 0, "scores", "y"), r"y\[2\]: expected a class number, got -1"),
        ("/home/me/1.png", ("runs", 0, "scores", "path", 0), "without the machine's folders"),
        ("A/2.png", ("runs", 0, "scores", "path", 0), r"each image once, got \['A/2.png'\]"),
        (None, ("runs", 0, "scores"), "scores: expected those of the test set"),
        ([], ("runs", 0, "test_evaluations"), "nothing of a test set that was not opened"),
        (
            " ",
            ("runs", 0, "test_evaluations", 0, "purpose"),
            "purpose: expected what was evaluated",
        ),
        (0, ("runs", 0, "test_evaluations", 0, "times"), "times: expected a whole number from 1"),
        ("today", ("runs", 0, "test_evaluations", 0, "date"), "a date such as 2026-11-29"),
        ({}, ("summary",), "summary: expected metric"),
        (0.95, ("summary", "test accuracy", "low"), "test accuracy: expected .* low ≤ mean ≤ high"),
        ("", ("summary", "test accuracy", "method"), "Say how the interval was made"),
        ("one", ("notes",), "notes: expected a list of sentences"),
    ],
)
def test_what_is_not_valid_is_refused(value, place, message):
    with pytest.raises(RecordError, match=message):
        Record.create(**changed(value, *place))


@pytest.mark.parametrize("place", [(), ("data",), ("device",), ("runs", 0), ("runs", 0, "scores")])
def test_missing_and_unknown_fields_are_named(place):
    made = inner = fields()
    for step in place:
        inner = inner[step]
    gone = list(inner)[-1]
    inner["extra"] = inner.pop(gone)
    with pytest.raises(RecordError, match=f"{gone} missing and extra besides"):
        Record.create(**made)


def test_a_test_set_that_was_not_evaluated_has_neither_scores_nor_matrix():
    closed = {"scores": None, "test_evaluations": []}
    quiet = a_run() | closed | {"confusion_matrix": {"train": [[5, 0], [1, 3]]}}
    assert Record.create(**fields(runs=[quiet])).test_evaluations == 0
    scored = quiet | {"scores": a_run()["scores"]}
    with pytest.raises(RecordError, match="nothing of a test set"):
        Record.create(**fields(runs=[scored]))


def test_a_record_counts_the_evaluations_of_the_run_that_made_most():
    watched = {"date": "2026-11-29", "purpose": "validation after each epoch", "times": 25}
    often = a_run(1) | {"test_evaluations": [watched, *a_run()["test_evaluations"]]}
    assert Record.create(**fields(runs=[a_run(), often])).test_evaluations == 26


def test_scores_are_a_table_with_patients_and_labels():
    table = Record.create(**fields()).scores_frame(1)
    assert table["label"].tolist() == ["A", "A", "B"]
    assert table["patient_id"].dropna().tolist() == ["p1", "p3"]
    assert table.columns.tolist() == ["path", "patient_id", "label", "score"]
    with pytest.raises(RecordError, match=r"expected `run` from 0 to 1 .* got 2"):
        Record.create(**fields()).scores_frame(2)


def of_three(score: object) -> dict:
    described = fields()["data"] | {
        "counts": {"test": {"A": 1, "B": 1, "C": 1}},
        "patients": {"test": 3},
    }
    scores = a_run()["scores"] | {"y": [0, 1, 2], "score": [score, *[[0.5, 0.25, 0.25]] * 2]}
    matrix = {"test": [[1, 0, 0], [1, 0, 0], [1, 0, 0]]}
    run = a_run() | {"scores": scores, "confusion_matrix": matrix, "threshold": None}
    run["metrics"] = {"best epoch": 1}
    return fields(data=described, runs=[run])


def test_a_record_of_three_classes_keeps_a_probability_a_class():
    (run,) = Record.create(**of_three([0.5, 0.3, 0.2])).runs
    assert run["scores"]["score"][0] == [0.5, 0.3, 0.2]
    for score, message in (
        ([0.5, 0.4, 0.3], r"probabilities that sum to 1 an image, got \[\[0.5, 0.4, 0.3\]\]"),
        ([1.5, -0.25, -0.25], r"score\[0\]\[1\]: expected a probability, got -0.25"),
        ([0.5, 0.5], "3 numbers an image"),
        (0.5, "3 numbers an image"),
    ):
        with pytest.raises(RecordError, match=message):
            Record.create(**of_three(score))


def test_an_invalid_record_is_not_written(tmp_path):
    broken = Record(**changed("phantoms", "data", "source"))
    with pytest.raises(RecordError, match="real data only"):
        broken.write(tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Another folder, with a ``results/`` of its own, and no variable that names one."""
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    (tmp_path / "mine" / "results").mkdir(parents=True)
    (tmp_path / "mine" / "results" / "study-mine.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path


def test_the_folder_is_the_one_given_or_named_or_the_packages_own(elsewhere, monkeypatch):
    assert "article-1-repaired" in records.list_ids()
    assert "study-mine" not in records.list_ids()
    Record.create(**fields(id="study-x")).write(elsewhere / "other")
    monkeypatch.setenv("CXR_RESULTS", str(elsewhere / "other"))
    assert records.list_ids() == ["study-x"]
    assert records.list_ids("results") == ["study-mine"]
    monkeypatch.setenv("CXR_RESULTS", str(elsewhere / "gone"))
    with pytest.raises(RecordError, match=r"gone .CXR_RESULTS."):
        records.list_ids()
    monkeypatch.delenv("CXR_RESULTS")
    monkeypatch.setattr(records, "_shipped", lambda: elsewhere / "gone")
    with pytest.raises(RecordError, match="Install cxrlib again"):
        records.list_ids()


def test_a_new_record_goes_to_the_checkout_or_else_to_the_current_folder(elsewhere, monkeypatch):
    package = elsewhere / "course" / "cxrlib" / "experiments" / "results"
    package.mkdir(parents=True)
    monkeypatch.setattr(records, "_shipped", lambda: package)
    assert records.output_folder() == Path("results")  # installed, and no checkout
    (elsewhere / "course" / "pyproject.toml").touch()
    assert records.output_folder() == package
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        assert records.output_folder() == Path("results")
    monkeypatch.setenv("CXR_RESULTS", "named")
    assert records.output_folder() == Path("named")
    assert records.output_folder(elsewhere) == elsewhere


def test_every_record_of_the_package_is_whole_and_has_its_study_s_settings(monkeypatch):
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    shipped = [records.read(id) for id in records.list_ids()]
    assert len(shipped) >= 29
    for record in shipped:
        study = registry.get(record.id)
        assert record.config == records.to_plain(study.config)
        assert record.title == study.title
        assert set(study.notes) <= set(record.notes)


def test_an_unknown_id_names_what_is_near_and_what_there_is(tmp_path):
    with pytest.raises(RecordError, match=r"got 'x'\. Known: none yet\."):
        records.read("x", tmp_path)
    for id in ("article-3-repaired", "study-x"):
        Record.create(**fields(id=id)).write(tmp_path)
    for wrong in ("article-3-repared", "../results/article-3-repaired"):
        with pytest.raises(RecordError, match="Did you mean 'article-3-repaired'") as caught:
            records.read(wrong, tmp_path)
        assert "Known: article-3-repaired, study-x." in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[: len(text) // 2], r"expected a whole record"),
        (lambda text: "[1]", r"got a list instead of an object"),
        (lambda text: text.replace("1234.57", "NaN"), r"seconds: expected .*, got nan"),
        (lambda text: text.replace('"seconds"', '"minutes"'), r"seconds missing and minutes"),
        (lambda text: text.replace("-repaired", "-broken"), r"the file's name"),
        (lambda text: text.encode("utf-16"), r"expected a whole record"),
    ],
)
def test_a_spoilt_file_is_named(tmp_path, spoil, message):
    path = Record.create(**fields()).write(tmp_path)
    text = spoil(path.read_text(encoding="utf-8"))
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecordError, match=message) as caught:
        records.read("article-3-repaired", tmp_path)
    assert str(path) in str(caught.value)


def test_a_history_is_a_table_with_epochs_from_1():
    record = Record.create(**fields())
    frame = record.history_frame(run=1)
    assert frame.index.tolist() == [1, 2]
    assert frame.index.name == "epoch"
    assert frame["loss"].tolist() == [0.7, 0.5]
    assert frame["val_loss"].tolist() == pytest.approx([np.nan, 0.6], nan_ok=True)
    with pytest.raises(RecordError, match=r"from 0 to 1 .*got 2\. Its seeds: 0, 1\."):
        record.history_frame(run=2)


def test_a_matrix_that_is_not_that_of_the_scores_is_refused():
    n = 20
    scores = {
        "path": [f"{i}.png" for i in range(2 * n)],
        "patient": [None] * 2 * n,
        "y": [0] * n + [1] * n,
        "score": [0.1] * n + [0.9] * n,
    }
    data = fields()["data"] | {"counts": {"test": {"A": n, "B": n}}, "patients": {"test": None}}
    nearly, wrong = ([[n - off, off], [0, n]] for off in (2, 5))
    for matrix in ([[n, 0], [0, n]], nearly):  # rounding may turn an answer or two
        run = a_run() | {
            "scores": scores,
            "confusion_matrix": {"test": matrix},
            "metrics": {"best epoch": 1},
        }
        Record.create(**fields(runs=[run], data=data))
    run = a_run() | {
        "scores": scores,
        "confusion_matrix": {"test": wrong},
        "metrics": {"best epoch": 1},
    }
    with pytest.raises(RecordError, match=r"test: expected \[\[20, 0\], \[0, 20\]\], as"):
        Record.create(**fields(runs=[run], data=data))


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            ("runs", 0, "metrics", "test accuracy"),
            r"\[0\].metrics\[test accuracy\]: expected 0.666667",
        ),
        (("summary", "test accuracy", "mean"), "accuracy.mean: expected 0.666667, the mean of its"),
    ],
)
def test_a_number_changed_by_hand_is_refused(place, message):
    with pytest.raises(RecordError, match=message):
        Record.create(**changed(0.7, *place))


def test_the_spread_between_seeds_is_the_lowest_and_the_highest():
    runs = [a_run(seed) | {"metrics": {"val AUC": 0.5 + seed / 10}} for seed in range(3)]
    record = Record.create(**fields(runs=runs))
    assert record.between_seeds("val AUC") == (0.5, 0.7)
    assert Record.create(**fields(runs=runs[:1])).between_seeds("val AUC") is None
    with pytest.raises(RecordError, match=r"expected the metric 'AUC' .* There are: val AUC"):
        record.between_seeds("AUC")
