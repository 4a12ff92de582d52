import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib.data import DataError, splits
from cxrlib.data.splits import PatientLeakError
from tests.data.conftest import case_table

HALVES = {"train": 0.5, "val": 0.5}


@given(
    families=st.lists(st.integers(1, 8), min_size=20, max_size=60),
    share=st.floats(0.1, 0.5),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_no_patient_stands_on_two_sides_and_shares_are_kept(families, share, seed):
    patients = [f"p{i}" for i, n in enumerate(families) for _ in range(n)]
    labels = [["normal", "pneumonia"][i % 2] for i, n in enumerate(families) for _ in range(n)]
    table = case_table(patients, labels)
    cut = splits.patient_split(table, {"train": 1 - share, "val": share}, seed=seed)
    splits.check_leakage(cut)
    assert cut.split.notna().all()
    for label in ("normal", "pneumonia"):
        rows = cut[cut.label == label]
        assert abs((rows.split == "val").sum() - share * len(rows)) <= max(families) + 1


def test_same_seed_same_split():
    table = case_table([f"p{i // 3}" for i in range(90)])
    first, again, other = (
        splits.patient_split(table, {"train": 0.7, "val": 0.3}, seed=s).split for s in (1, 1, 2)
    )
    assert first.equals(again)
    assert not first.equals(other)


def test_a_patient_on_both_sides_is_named_with_both_files():
    table = case_table([*"abcdef", "a"], splits=["train"] * 6 + ["test"])
    for look in (splits.check_leakage, splits.train_val_split):
        with pytest.raises(PatientLeakError, match=r"First: a .*0000\.png.*0006\.png"):
            look(table)


@pytest.mark.parametrize("size", [4, 6, 25])
def test_shares_are_kept_over_many_small_strata(size):
    table = case_table([f"p{i}" for i in range(50 * size)], ["normal"] * 50 * size)
    table["subtype"] = [str(i // size) for i in range(50 * size)]
    cut = splits.patient_split(table, {"train": 0.9, "test": 0.1})
    assert (cut.split == "test").sum() == pytest.approx(5 * size, abs=2)


def test_a_huge_family_is_dealt_first():
    table = case_table(["huge"] * 30 + [f"p{i}" for i in range(70)], ["normal"] * 100)
    for seed in range(5):
        cut = splits.patient_split(table, {"train": 0.7, "val": 0.3}, seed=seed)
        assert (cut.split == "val").sum() == 30


def test_hold_out_touches_only_training_rows():
    table = case_table([f"p{i}" for i in range(100)], splits=["train"] * 80 + ["test"] * 20)
    table["split"] = table["split"].astype("category")
    cut = splits.train_val_split(table, 0.25, seed=5)
    assert (cut.split[80:] == "test").all()
    assert (cut.split[:80] == "val").sum() == 20
    assert (table.split[:80] == "train").all()


def test_a_patient_with_two_labels_stays_whole():
    table = case_table([f"p{i // 2}" for i in range(60)])
    cut = splits.patient_split(table, HALVES)
    assert (cut.groupby("patient_id").split.nunique() == 1).all()
    assert np.isclose((cut.split == "val").mean(), 0.5)


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (lambda t: splits.train_val_split(t.assign(split="test")), "split 'train'"),
        (lambda t: splits.patient_split(t, {"train": 0.5, "val": 0.2}), "sum to 1"),
        (lambda t: splits.patient_split(t.assign(patient_id=["a", pd.NA, "c"]), HALVES),
         r"none for 1 of 3 .*0001\.png"),
        (lambda t: splits.patient_split(t, HALVES), "'pneumonia' images .* only 1 patient"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_told(cut, words):
    with pytest.raises(DataError, match=words):
        cut(case_table(["a", "b", "c"], ["normal", "pneumonia", "normal"]))
