import copy
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxrlib import data
from cxrlib import experiments as records
from cxrlib.data import DataError, phantoms
from cxrlib.evaluation.intervals import Interval
from cxrlib.experiments import files

TEST = {"path": ["A/1.png", "A/2.png", "B/3.png"], "y": [0, 0, 1]}


def run(seed: int = 0) -> dict:
    return {
        "seed": seed,
        "history": {"loss": [0.7, 0.5], "val_loss": [None, 0.6]},
        "metrics": {"test accuracy": 2 / 3},
        "confusion_matrix": {"test": [[1, 1], [0, 1]]},
        "threshold": 0.5,
        "scores": {**TEST, "score": [0.1234567, 1.234567e-9, 0.9]},
    }


def fields(**other) -> dict:
    return {
        "id": "article-3-repaired",
        "title": "Article 3 · répaired",
        "article": 3,
        "config": {"learning rate": 1e-4, "layers": (16, 32)},
        "data": {
            "name": "pneumonia",
            "source": "folder",
            "counts": {"train": {"A": 5, "B": 4}, "test": {"A": 2, "B": 1}},
            "fingerprint": "0a" * 32,
            "patients": {"train": 8, "test": None},
        },
        "seconds": 1234.5678,
        "peak_memory_mb": None,
        "runs": [run(0), run(1)],
        "summary": records.summarise({"test accuracy": Interval(2 / 3, 0.2, 0.9)}, "by hand"),
        "test_touches": 1,
        "notes": ["Three pictures only."],
        **records.environment(),
        **other,
    }


def changed(value: object, *place) -> dict:
    """Fields with another value at a place, such as ("runs", 0, "seed")."""
    made = copy.deepcopy(fields())
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return made


def test_what_is_written_is_what_is_read(tmp_path):
    record = records.make(**fields())
    path = records.write(record, tmp_path / "new" / "results")
    assert path == tmp_path / "new" / "results" / "article-3-repaired.json"
    assert records.read("article-3-repaired", path.parent) == record
    assert os.listdir(path.parent) == ["article-3-repaired.json"]


def test_numbers_are_pythons_own_and_rounded():
    values = fields(seconds=np.float32(1234.5678), config={"shape": np.array([2, 3]), 5: (1, 2)})
    record = records.make(**values)
    assert record.seconds == 1234.57
    assert record.config == {"shape": [2, 3], "5": [1, 2]}
    assert record.runs[0]["metrics"] == {"test accuracy": 0.666667}
    # Significant digits: the order of tiny scores is kept.
    assert record.runs[0]["scores"]["score"] == [0.12346, 1.2346e-09, 0.9]


def test_the_file_reads_well_in_a_diff(tmp_path):
    path = records.write(records.make(**fields()), tmp_path)
    text = path.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    assert '"title": "Article 3 · répaired",' in lines
    assert '"loss": [0.7, 0.5],' in lines
    assert '"test": [[1, 1], [0, 1]]' in lines
    assert '"path": ["A/1.png", "A/2.png", "B/3.png"],' in lines
    assert '"Three pictures only."' in lines
    assert text.endswith("}\n")
    assert list(json.loads(text))[:3] == ["id", "title", "article"]
    again = dict(reversed(fields().items()))
    assert records.write(records.make(**again), tmp_path).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        ("Article 3", ("id",), "id: expected lowercase letters.*got 'Article 3'"),
        ("../x", ("id",), "id: expected lowercase"),
        (" ", ("title",), "title: expected a short text"),
        (5, ("article",), "article: expected 0 to 4, or None, got 5"),
        (True, ("article",), "article: expected 0 to 4"),
        ({}, ("config",), "config: expected a dict of settings"),
        ({"f": print}, ("config",), r"config\.f: expected numbers, texts"),
        ("phantoms", ("data", "source"), "A record is made on real data only, got 'phantoms'"),
        ("Phantom-x", ("data", "source"), "A record is made on real data only"),
        ({"A": 2}, ("data", "counts", "test"), "two classes or more"),
        ({"B": 1, "A": 2}, ("data", "counts", "test"), r"test: expected the classes A, B"),
        ({"A": 0, "B": 0}, ("data", "counts", "train"), "at least one picture"),
        ("abc", ("data", "fingerprint"), "64 hexadecimal digits, got 'abc'"),
        ({"train": 8}, ("data", "patients"), "for each of train, test"),
        ({}, ("versions",), "versions: expected package → version"),
        (0, ("device", "cpu_count"), "device.cpu_count: expected a whole number from 1"),
        ("", ("device", "accelerator"), "device.accelerator: expected a name or None"),
        (0, ("seconds",), "seconds: expected a number above 0, got 0"),
        (-1, ("peak_memory_mb",), "peak_memory_mb: expected a number above 0, or None"),
        (float("nan"), ("seconds",), "seconds: expected a finite number, got nan"),
        (float("inf"), ("runs", 1, "history", "loss", 0), r"runs\[1\].history.loss\[0\]"),
        ([], ("runs",), "runs: expected a list with one entry a seed"),
        (0, ("runs", 1, "seed"), r"another seed for each run, got \[0\]"),
        (-1, ("runs", 1, "seed"), "whole number from 0, got -1"),
        ({}, ("runs", 0, "history"), "history: expected column → list with a number for each"),
        ({"loss": []}, ("runs", 0, "history"), "one epoch or more, got {'loss': 0}"),
        ([0.7], ("runs", 0, "history", "loss"), "equal length.*{'loss': 1, 'val_loss': 2}"),
        (["x", 1], ("runs", 0, "history", "loss"), r"history, loss: expected numbers, or None"),
        ({}, ("runs", 0, "metrics"), "metrics: expected name → number"),
        ({"AUC": 1}, ("runs", 1, "metrics"), r"same metrics in each run, got \[1\]"),
        ("0.5", ("runs", 0, "threshold"), "threshold: expected a number or None"),
        ({}, ("runs", 0, "confusion_matrix"), "matrices of some of train, test"),
        ({"val": []}, ("runs", 0, "confusion_matrix"), "matrices of some of train, test"),
        ([[1, 1]], ("runs", 0, "confusion_matrix", "test"), "2 rows of 2 counts"),
        ([[1, 1], [1, 1]], ("runs", 0, "confusion_matrix", "test"), "sum of 3.*got 4"),
        ([[1, 0], [1, 1]], ("runs", 0, "confusion_matrix", "test"), r"\[2, 1\], got \[1, 2\]"),
        ([0.1], ("runs", 0, "scores", "score"), "3 entries.*'score': 1"),
        ([0.1, 0.2, "x"], ("runs", 0, "scores", "score"), "score: expected a number a picture"),
        ([0, 1, 1], ("runs", 0, "scores", "y"), r"y: expected \[2, 1\].*got \[1, 2\]"),
        ([0, 0, 2], ("runs", 0, "scores", "y"), "class numbers from 0 to 1"),
        ("/home/me/1.png", ("runs", 0, "scores", "path", 0), "without the machine's folders"),
        ("C:\\me\\1.png", ("runs", 0, "scores", "path", 0), "without the machine's folders"),
        ("A/2.png", ("runs", 0, "scores", "path", 0), r"each picture once, got \['A/2.png'\]"),
        (None, ("runs", 0, "scores"), "scores: expected those of the test set"),
        (0, ("test_touches",), "nothing of the test set with test_touches 0"),
        (1.5, ("test_touches",), "test_touches: expected a whole number from 0"),
        ({}, ("summary",), "summary: expected metric"),
        (0.95, ("summary", "test accuracy", "low"), "numbers with low ≤ high"),
        ("", ("summary", "test accuracy", "how"), "Say how the interval was made"),
        ("one", ("notes",), "notes: expected a list of sentences"),
    ],
)
def test_what_cannot_be_is_refused(value, place, message):
    with pytest.raises(records.RecordError, match=message):
        records.make(**changed(value, *place))


@pytest.mark.parametrize("place", [(), ("data",), ("device",), ("runs", 0), ("runs", 0, "scores")])
def test_missing_and_unknown_fields_are_named(place):
    made = fields()
    inner = made
    for step in place:
        inner = inner[step]
    gone = list(inner)[-1]
    inner["extra"] = inner.pop(gone)
    with pytest.raises(records.RecordError, match=f"{gone} missing and extra besides"):
        records.make(**made)


def test_an_untouched_test_set_has_neither_scores_nor_matrix():
    quiet = run() | {"scores": None, "confusion_matrix": {"train": [[5, 0], [1, 3]]}}
    assert records.make(**fields(runs=[quiet], test_touches=0)).test_touches == 0
    scored = quiet | {"scores": run()["scores"]}
    with pytest.raises(records.RecordError, match="nothing of the test set"):
        records.make(**fields(runs=[scored], test_touches=0))


def test_a_failing_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = records.write(records.make(**fields()), tmp_path)
    old, newer = path.read_bytes(), records.make(**fields(title="Newer"))

    def full(*_):
        raise OSError("no space left")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="no space"):
                records.write(newer, tmp_path)
        assert path.read_bytes() == old
        assert os.listdir(tmp_path) == [path.name]


def test_an_invalid_record_is_not_written(tmp_path):
    broken = records.Record(**changed("phantoms", "data", "source"))
    with pytest.raises(records.RecordError, match="real data only"):
        records.write(broken, tmp_path / "results")
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
    own = files.shipped()
    assert records.find_folder() == own
    assert "article-1-repaired" in records.known()
    assert "study-mine" not in records.known()
    records.write(records.make(**fields(id="study-x")), elsewhere / "other")
    monkeypatch.setenv("CXR_RESULTS", str(elsewhere / "other"))
    assert records.known() == ["study-x"]
    assert records.known("results") == ["study-mine"]
    monkeypatch.setenv("CXR_RESULTS", str(elsewhere / "gone"))
    with pytest.raises(records.RecordError, match=r"CXR_RESULTS is .*gone"):
        records.known()
    monkeypatch.delenv("CXR_RESULTS")
    monkeypatch.setattr(files, "shipped", lambda: elsewhere / "gone")
    with pytest.raises(records.RecordError, match="Install cxrlib again"):
        records.known()


def test_every_record_of_the_package_is_whole(monkeypatch):
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    assert len([records.read(name) for name in records.known()]) >= 29


def test_a_new_record_goes_to_the_checkout_or_else_to_the_current_folder(elsewhere, monkeypatch):
    package = elsewhere / "course" / "cxrlib" / "experiments" / "results"
    package.mkdir(parents=True)
    monkeypatch.setattr(files, "shipped", lambda: package)
    assert records.folder_to_write() == Path("results")  # installed, and no checkout
    (elsewhere / "course" / "pyproject.toml").touch()
    assert records.folder_to_write() == package
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        assert records.folder_to_write() == Path("results")
    monkeypatch.setenv("CXR_RESULTS", "named")
    assert records.folder_to_write() == Path("named")
    assert records.folder_to_write(elsewhere) == elsewhere
    assert records.write(records.make(**fields())) == Path("named/article-3-repaired.json")


def test_an_unknown_id_names_what_is_near_and_what_there_is(tmp_path):
    with pytest.raises(records.RecordError, match=r"got 'x'\. Known: none yet\."):
        records.read("x", tmp_path)
    records.write(records.make(**fields()), tmp_path)
    records.write(records.make(**fields(id="study-x")), tmp_path)
    for wrong in ("article-3-repared", "../results/article-3-repaired"):
        with pytest.raises(records.RecordError) as caught:
            records.read(wrong, tmp_path)
        assert "Did you mean article-3-repaired? " in str(caught.value)
        assert "Known: article-3-repaired, study-x." in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[: len(text) // 2], r"is not a whole record"),
        (lambda text: "[1]", r"expected an object with fields, got a list"),
        (lambda text: text.replace("1234.57", "NaN"), r"expected finite numbers, got NaN"),
        (lambda text: text.replace('"seconds"', '"minutes"'), r"seconds missing and minutes"),
        (lambda text: text.replace("-repaired", "-broken"), r"as in the file's name"),
        (lambda text: text.encode("utf-16"), r"is not a whole record"),
    ],
)
def test_a_spoilt_file_is_named(tmp_path, spoil, message):
    path = records.write(records.make(**fields()), tmp_path)
    text = spoil(path.read_text(encoding="utf-8"))
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(records.RecordError, match=message) as caught:
        records.read("article-3-repaired", tmp_path)
    assert str(path) in str(caught.value)


def table(root: str = "/some/where") -> pd.DataFrame:
    rows = [
        (f"{root}/chest/{split}/{label}/{name}", label, who, split)
        for split, label, name, who in [
            ("train", "B", "1.png", "p1"),
            ("train", "A", "2.png", "p2"),
            ("train", "A", "3.png", "p2"),
            ("test", "B", "4.png", None),
            ("test", "A", "5.png", "p5"),
        ]
    ]
    cases = pd.DataFrame(rows, columns=["path", "label", "patient_id", "split"])
    cases["label"] = pd.Categorical(cases["label"], ["B", "A"])
    cases["source"] = "chest"
    cases.attrs.update(name="tiny", source="folder")
    return cases


def test_data_are_described_by_counts_patients_and_names():
    described = records.describe_data(table())
    assert (described["name"], described["source"]) == ("tiny", "folder")
    assert described["counts"] == {"train": {"B": 1, "A": 2}, "test": {"B": 1, "A": 1}}
    assert list(described["counts"]) == ["train", "test"]
    assert list(described["counts"]["train"]) == ["B", "A"]
    assert described["patients"] == {"train": 2, "test": None}


def test_the_fingerprint_knows_names_splits_and_labels_but_no_folder_and_no_order():
    mark = records.describe_data(table())["fingerprint"]
    windows = table("C:/other").assign(path=lambda t: t["path"].str.replace("/", "\\"))
    for same in (table("/else"), table().iloc[::-1], windows):
        assert records.describe_data(same)["fingerprint"] == mark
    renamed, moved, relabelled = table(), table(), table()
    renamed.loc[0, "path"] += "x"
    moved.loc[0, "split"] = "test"
    relabelled.loc[0, "label"] = "A"
    for other in (renamed, moved, relabelled, table().iloc[:4]):
        assert records.describe_data(other)["fingerprint"] != mark


def test_what_cannot_be_described_is_refused():
    bare = table()
    bare.attrs = {}
    with pytest.raises(DataError, match="without name and source"):
        records.describe_data(bare)
    with pytest.raises(DataError, match="split for every picture, got 1 of 5"):
        records.describe_data(table().assign(split=["train", "train", "test", "test", pd.NA]))
    with pytest.raises(DataError, match="no label"):
        records.describe_data(table().assign(label=lambda t: t["label"].cat.remove_categories("B")))


def test_phantoms_are_told_even_where_the_table_forgot_them(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "drawn"))
    phantoms.write(tmp_path / "drawn", "pneumonia", size=48, n=24, workers=1)
    cases = data.load("pneumonia", source="folder", quiet=True)
    assert records.describe_data(cases)["source"] == "phantoms"
    cases.attrs["source"] = "folder"
    described = records.describe_data(cases)
    assert described["source"] == "phantoms"
    assert sum(map(sum, (s.values() for s in described["counts"].values()))) == len(cases)
    with pytest.raises(records.RecordError, match="real data only"):
        records.make(**fields(data=described))


def test_scores_are_kept_by_picture():
    test = table()[3:]
    kept = records.score_columns(test, np.array([[0.25], [0.75]]))
    assert kept == {"path": ["B/4.png", "A/5.png"], "y": [0, 1], "score": [0.25, 0.75]}
    assert records.score_columns(test, [[0.75, 0.25], [0.5, 0.5]])["score"][0] == [0.75, 0.25]
    for wrong in ([0.1], [[0.1, 0.2, 0.7]] * 2):
        with pytest.raises(records.RecordError, match=r"expected scores of shape \(2, 2\) or"):
            records.score_columns(test, wrong)


def test_a_record_of_three_classes_keeps_a_score_a_class():
    counts = {"test": {"A": 1, "B": 1, "C": 1}}
    described = fields()["data"] | {"counts": counts, "patients": {"test": 3}}
    scores = TEST | {"y": [0, 1, 2], "score": [[0.5, 0.25, 0.25]] * 3}
    matrix = {"test": [[1, 0, 0], [1, 0, 0], [1, 0, 0]]}
    three = run() | {"scores": scores, "confusion_matrix": matrix, "threshold": None}
    (kept,) = records.make(**fields(data=described, runs=[three])).runs
    assert kept["scores"]["score"][0] == [0.5, 0.25, 0.25]
    flat = three | {"scores": scores | {"score": [0.5, 0.5, 0.5]}}
    with pytest.raises(records.RecordError, match="3 numbers a picture"):
        records.make(**fields(data=described, runs=[flat]))


def test_the_environment_says_what_is_installed_and_what_was_used():
    made = records.environment("a GPU")
    assert made["versions"]["numpy"] == np.__version__
    assert {"python", "keras", "tensorflow", "cxrlib"} <= set(made["versions"])
    assert made["device"]["accelerator"] == "a GPU"
    assert 1 <= made["device"]["cpu_count"] <= os.cpu_count()
    assert records.environment()["device"]["accelerator"] is None


def test_intervals_become_a_summary():
    made = records.summarise({"AUC": Interval(0.9, 0.8, 1.0), "F1": (0.5, 0.4, 0.6)}, "so")
    assert made["AUC"] == {"mean": 0.9, "low": 0.8, "high": 1.0, "how": "so"}
    assert list(made) == ["AUC", "F1"]
    each = records.summarise({"AUC": (0.9, 0.8, 1.0)}, {"AUC": "thus"})
    assert each["AUC"]["how"] == "thus"
    with pytest.raises(records.RecordError, match=r"one for each of AUC, got F1\."):
        records.summarise({"AUC": (0.9, 0.8, 1.0)}, {"F1": "thus"})


def test_a_history_is_a_table_with_epochs_from_1():
    record = records.make(**fields())
    frame = records.history_frame(record, run=1)
    assert frame.index.tolist() == [1, 2]
    assert frame.index.name == "epoch"
    assert frame["loss"].tolist() == [0.7, 0.5]
    assert np.isnan(frame["val_loss"][1])
    assert frame["val_loss"][2] == 0.6
    with pytest.raises(records.RecordError, match=r"from 0 to 1 .*got 2\. Its seeds: 0, 1\."):
        records.history_frame(record, run=2)
