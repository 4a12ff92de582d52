import pandas as pd
import pytest

from cxrlib import teaching
from cxrlib.data import DataError
from cxrlib.teaching import chapter


@pytest.fixture
def cases():
    table = pd.DataFrame({"path": list("abcd"), "split": ["train", "test", "test", pd.NA]})
    table.attrs.update(name="pneumonia", source="folder")
    return table


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(chapter, "current", chapter.Chapter("02-neurons"))


def test_opening_gives_the_rows_and_says_what_for(cases, capsys):
    rows = teaching.open_test_set(cases, "the network", times=2)
    assert rows["path"].tolist() == ["b", "c"]
    assert capsys.readouterr().out == "Test set opened: the network, 2 times, 2 images.\n"
    teaching.open_test_set(cases, "its repair")
    assert capsys.readouterr().out.endswith(
        "once, 2 images. 3 evaluations in this chapter so far.\n"
    )
    first, second = chapter.current.test_evaluations
    assert (first["purpose"], first["times"], first["n_images"]) == ("the network", 2, 2)
    assert (second["chapter"], second["dataset"], second["source"]) == (
        "02-neurons", "pneumonia", "folder",
    )  # fmt: skip


def test_without_purpose_or_test_set_nothing_is_opened_or_counted(cases):
    with pytest.raises(DataError, match="purpose of looking"):
        teaching.open_test_set(cases, "")
    with pytest.raises(DataError, match='split is "test", got none'):
        teaching.open_test_set(cases[cases["path"] == "a"], "the network")
    assert chapter.current.test_evaluations == []


def test_a_new_chapter_counts_from_nought(cases, capsys):
    teaching.open_test_set(cases, "the network")
    teaching.start("03-convolution")
    assert chapter.current.test_evaluations == []
