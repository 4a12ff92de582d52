"""What is known about the published sets, checked where they are at hand."""

import os

import pytest

from cxrlib.data import load, splits

FOLDER = os.environ.get("CXR_DATA")


@pytest.fixture(autouse=True)
def real_data(no_real_data, monkeypatch):
    if not FOLDER:
        pytest.skip("CXR_DATA is not set, so there are no real X-rays to check")
    monkeypatch.setenv("CXR_DATA", FOLDER)


def test_pneumonia():
    cases = load("pneumonia", quiet=True)
    assert len(cases) in (5840, 5856)  # the second: as first published
    assert cases[cases.split == "test"].subtype.value_counts().to_dict() == {
        "bacterial": 242, "normal": 234, "viral": 148,
    }  # fmt: skip
    if len(cases) == 5840:
        assert cases.patient_id.nunique() == 4082
        assert cases.subtype.value_counts().to_dict() == {
            "bacterial": 2772, "normal": 1575, "viral": 1493,
        }  # fmt: skip
    splits.check(cases)
    splits.check(splits.hold_out(cases))


def test_covid():
    cases = load("covid", quiet=True)
    assert list(cases.label.cat.categories) == ["normal", "bacterial", "viral", "covid"]
    assert (cases.groupby(["split", "label"], observed=True).size() > 0).all()
    splits.check(cases)


def test_adults():
    cases = load("adults", quiet=True)
    assert cases.label.value_counts().to_dict() == {"normal": 500, "pneumonia": 500}
    assert cases.patient_id.notna().all()
