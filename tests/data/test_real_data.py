"""What is known about the published sets, checked where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest

from cxrlib import experiments
from cxrlib.data import balanced_subset, load, problems, provenance, registry, splits, verify

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
        assert cases.patient_id.nunique() == registry.KERMANY.n_patients
        assert cases.subtype.value_counts().to_dict() == {
            "bacterial": 2772, "normal": 1575, "viral": 1493,
        }  # fmt: skip
    splits.check_leakage(cases)
    splits.check_leakage(splits.train_val_split(cases))


def test_what_a_wrong_key_and_a_random_split_would_do_to_the_published_set():
    cases = load("pneumonia", quiet=True)
    if len(cases) != 5840:
        pytest.skip("this is another edition of the set")
    train, test = (cases[cases.split == name] for name in ("train", "test"))
    assert not set(train.patient_id) & set(test.patient_id)
    numbers = [rows.path.str.extract(r"person(\d+)_")[0] for rows in (train, test)]
    shared = set(numbers[0].dropna()) & set(numbers[1].dropna())
    assert (len(shared), numbers[1].isin(shared).sum()) == (170, 320)
    siblings = train.groupby("patient_id").size()
    assert siblings.max() == 30
    assert train.patient_id.duplicated(keep=False).mean() == pytest.approx(0.42, abs=0.005)
    drawn = np.random.default_rng(0).random((20, len(train))) < 0.2
    leaked = [train.patient_id[out].isin(train.patient_id[~out]).mean() for out in drawn]
    assert np.mean(leaked) == pytest.approx(0.39, abs=0.01)
    found = problems(cases)
    copies = found.path[found.problem.str.startswith("the same image")]
    contents = copies.map(lambda path: Path(path).read_bytes())
    assert (contents.nunique(), len(copies)) == (30, 62)
    sides = copies.map(cases.set_index("path").split).groupby(contents).nunique()
    assert (sides == 1).all()


def test_covid():
    cases = load("covid", quiet=True)
    assert list(cases.label.cat.categories) == ["normal", "bacterial", "viral", "covid"]
    assert (cases.groupby(["split", "label"], observed=True).size() > 0).all()
    splits.check_leakage(cases)


def test_adults():
    cases = load("adults", quiet=True)
    assert cases.label.value_counts().to_dict() == {"normal": 500, "pneumonia": 500}
    assert cases.patient_id.notna().all()
    assert cases.patient_id.nunique() == registry.NIH.n_patients


@pytest.mark.parametrize("name", ["pneumonia", "adults", "covid"])
def test_the_copies_here_are_those_of_the_registry(name):
    assert len(verify(name)) == len(registry.DATASETS[name].sources)


def test_article_4_and_the_largest_sound_size():
    cases = load("covid", quiet=True)
    own = experiments.article_4.sample(cases)
    count = own.groupby(["split", "label"], observed=True).size().unstack()
    assert count.loc["test"].tolist() == [9] * 4
    assert count.sum().tolist() == [79, 79, 79, 69]
    splits.check_leakage(own)
    large = balanced_subset(cases)
    assert large.label.value_counts().nunique() == 1
    assert (large.label == "covid").sum() == (cases.label == "covid").sum()
    splits.check_leakage(large)


def test_covid_collection():
    cases = load("covid-collection", quiet=True)
    assert not cases.path.duplicated().any()
    assert {"Streptococcus", "No Finding"} <= set(cases.finding)
    splits.check_leakage(
        splits.patient_split(cases, {"train": 0.8, "test": 0.2}, stratify=["label", "view"])
    )
    four = load("covid", quiet=True)
    assert set(four[four.label == "covid"].path) == set(cases[cases.label == "covid"].path)
    (row,) = provenance(cases).itertuples()
    assert (row.masks, row.masks_by) == (cases.mask_path.notna().sum(), "a network, lungVAE")
