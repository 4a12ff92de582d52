import os

import numpy as np
import pandas as pd
import pytest

from cxrlib import data, phantoms
from cxrlib.data import DataError
from cxrlib.experiments.metadata import describe_data, environment
from cxrlib.experiments.metrics import score_columns
from cxrlib.experiments.record import Record, RecordError
from tests.experiments.conftest import fields


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
    described = describe_data(table())
    assert (described["name"], described["source"]) == ("tiny", "folder")
    assert described["counts"] == {"train": {"B": 1, "A": 2}, "test": {"B": 1, "A": 1}}
    assert list(described["counts"]) == ["train", "test"]
    assert list(described["counts"]["train"]) == ["B", "A"]
    assert described["patients"] == {"train": 2, "test": None}


def test_the_fingerprint_knows_names_splits_and_labels_but_no_folder_and_no_order():
    mark = describe_data(table())["fingerprint"]
    windows = table("C:/other").assign(path=lambda t: t["path"].str.replace("/", "\\"))
    for same in (table("/else"), table().iloc[::-1], windows):
        assert describe_data(same)["fingerprint"] == mark
    for column, value in (("path", "x.png"), ("split", "test"), ("label", "A")):
        other = table()
        other.loc[0, column] = value
        assert describe_data(other)["fingerprint"] != mark
    assert describe_data(table().iloc[:4])["fingerprint"] != mark


def test_what_cannot_be_described_is_refused():
    bare = table()
    bare.attrs = {}
    with pytest.raises(DataError, match="without name and source"):
        describe_data(bare)
    with pytest.raises(DataError, match="split for every picture, got 1 of 5"):
        describe_data(table().assign(split=["train", "train", "test", "test", pd.NA]))
    with pytest.raises(DataError, match="no label"):
        describe_data(table().assign(label=lambda t: t["label"].cat.remove_categories("B")))


def test_phantoms_are_told_even_where_the_table_forgot_them(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "drawn"))
    phantoms.write(tmp_path / "drawn", "pneumonia", size=48, n=24)
    cases = data.load("pneumonia", source="folder", quiet=True)
    cases.attrs["source"] = "folder"
    described = describe_data(cases)
    assert described["source"] == "phantoms"
    assert sum(map(sum, (s.values() for s in described["counts"].values()))) == len(cases)
    with pytest.raises(RecordError, match="real data only"):
        Record.create(**fields(data=described))


def test_scores_are_kept_by_picture():
    test = table()[3:]
    kept = score_columns(test, np.array([[0.25], [0.75]]))
    assert kept == {"path": ["B/4.png", "A/5.png"], "y": [0, 1], "score": [0.25, 0.75]}
    assert score_columns(test, [[0.75, 0.25], [0.5, 0.5]])["score"][0] == [0.75, 0.25]
    for wrong in ([0.1], [[0.1, 0.2, 0.7]] * 2):
        with pytest.raises(RecordError, match=r"expected scores of shape \(2, 2\) or"):
            score_columns(test, wrong)


def test_the_environment_says_what_is_installed_and_what_was_used():
    made = environment()
    assert made["versions"]["numpy"] == np.__version__
    assert {"python", "keras", "tensorflow", "cxrlib"} <= set(made["versions"])
    assert 1 <= made["device"]["cpu_count"] <= os.cpu_count()
    assert made["peak_memory_mb"] > 50
