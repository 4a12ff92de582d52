import datetime

import pandas as pd
import pytest

from cxrlib.data import DataError
from cxrlib.experiments import Record, ledger
from tests.experiments.conftest import a_run, fields


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


def test_the_ledger_lists_records_and_what_came_before(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path))
    second = [{"date": "2001-02-03", "purpose": "again", "times": 4}]
    Record.create(**fields(runs=[a_run(0), a_run(1) | {"test_evaluations": second}])).write()
    table = ledger.entries()
    mine = table[table["study"] == "article-3-repaired"]
    assert mine["times"].tolist() == [4, 1]  # by date
    assert mine["seed"].tolist() == [1, 0]
    assert set(mine["dataset"]) == {"pneumonia"}
    earlier = table[table["source"] != ledger.COUNTED]
    assert earlier["times"].sum() > 10
    assert earlier["source"].str.len().gt(10).all()
    assert table["date"].is_monotonic_increasing
