import datetime

import pandas as pd
import pytest

from cxrlib.data import DataError
from cxrlib.experiments import ledger, record as records
from cxrlib.experiments.record import RecordError


def test_test_images_are_handed_out_against_a_purpose():
    rows = pd.DataFrame({"path": ["1.png"]})
    test = ledger.TestSet(rows)
    assert test.open("validation after each epoch", times=3) is rows
    assert test.open(" final evaluation ") is rows
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert test.evaluations == [
        {"date": today, "purpose": "validation after each epoch", "times": 3},
        {"date": today, "purpose": "final evaluation", "times": 1},
    ]


@pytest.mark.parametrize("purpose", ["", " ", None, 3])
def test_without_a_purpose_they_stay_closed(purpose):
    test = ledger.TestSet(pd.DataFrame())
    with pytest.raises(DataError, match=r"purpose of looking at the test set .* validate on"):
        test.open(purpose)
    assert test.evaluations == []


@pytest.mark.parametrize("times", [0, -1, 1.5, True])
def test_less_than_once_is_no_look(times):
    with pytest.raises(DataError, match="`times` as a whole number from 1"):
        ledger.TestSet(pd.DataFrame()).open("final evaluation", times)


def test_each_opening_is_a_line_at_once_and_lines_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path))
    rows = pd.DataFrame({"path": ["1.png"]})
    rows.attrs["name"] = "pneumonia"
    assert ledger.entries().empty
    for seed in (1, 0, 1):  # the last one again: another look
        test = ledger.TestSet(rows, tmp_path / ledger.FILE, study="study-x", seed=seed)
        test.open("final evaluation", times=2)
    table = ledger.entries()
    assert table["seed"].tolist() == [0, 1, 1]
    assert table["times"].sum() == 6
    assert set(table["dataset"]) == {"pneumonia"}
    assert set(table["source"]) == {ledger.COUNTED}
    with (tmp_path / ledger.FILE).open("a") as file:
        file.write('{"study": "mine"}\n')
    with pytest.raises(RecordError, match=r"ledger\.jsonl, line 4: expected dataset, study"):
        ledger.entries()


def test_the_package_s_ledger_has_each_run_of_each_record_and_what_came_before(monkeypatch):
    monkeypatch.delenv("CXR_RESULTS", raising=False)
    table = ledger.entries()
    counted = table.groupby("study")["times"].sum()
    for id in records.list_ids():
        record = records.read(id)
        looks = sum(e["times"] for run in record.runs for e in run["test_evaluations"])
        assert counted[id] >= looks
    assert table["source"].str.len().gt(10).all()
    assert table["date"].is_monotonic_increasing
