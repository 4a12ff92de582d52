import numpy as np
import pandas as pd
import pytest

from cxrlib.data import DataError, classes, problems, sample
from cxrlib.data.cases import Problem, build, did_you_mean, labels
from tests.data.conftest import case_table

ROW = {"patient_id": "a", "split": "train", "source": "s", "width": 20, "height": 20}


def test_build_sorts_by_path_and_keeps_the_class_order():
    rows = [ROW | {"path": p, "label": c} for p, c in [("b", "normal"), ("a", "viral")]]
    table = build(
        rows, ["normal", "viral"], name="x", problems=[Problem("c", "broken", "left out")]
    )
    assert list(table.path) == ["a", "b"]
    assert classes(table) == ("normal", "viral")
    assert problems(table).loc[0, "problem"] == "broken"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"path": "a", "label": "normal"}], "Add 'patient_id'"),
        ([ROW | {"path": "a", "label": "normal"}], "none for 'viral'"),
        ([], "got none that is readable"),
    ],
)
def test_build_names_the_missing_column_and_the_empty_class(rows, words):
    with pytest.raises(DataError, match=words):
        build(rows, ["normal", "viral"], name="x")


def test_labels_are_one_column_for_two_classes_and_one_hot_beyond():
    two = case_table(["a", "b"])
    np.testing.assert_array_equal(labels(two), [[0], [1]])
    assert labels(two).dtype == np.float32
    with pytest.raises(DataError, match=r"none for 0001\.png"):
        labels(two.assign(label=two["label"].where([True, False])))
    three = two.assign(label=pd.Categorical(["c", "a"], list("abc")))
    np.testing.assert_array_equal(labels(three), [[0, 0, 1], [1, 0, 0]])


def test_sample_takes_whole_patients_in_proportion_and_repeats_itself():
    patients = [f"p{i // 2}" for i in range(400)]
    table = case_table(patients, ["normal"] * 100 + ["pneumonia"] * 300)
    small = sample(table, 100, seed=3)
    assert abs(len(small) - 100) <= 4
    assert abs((small.label == "normal").mean() - 0.25) < 0.05
    rest = table.drop(small.index)
    assert not set(small.patient_id) & set(rest.patient_id)
    pd.testing.assert_frame_equal(small, sample(table, 100, seed=3))
    assert not small.equals(sample(table, 100, seed=4))
    assert len(sample(table, 10_000)) == len(table)


def test_sample_minds_neither_missing_patients_nor_a_doubled_index():
    for table in (case_table([pd.NA] * 100), case_table([f"p{i}" for i in range(100)])):
        assert len(sample(table.set_axis([0] * 100), 20)) == pytest.approx(20, abs=2)
    with pytest.raises(DataError, match="expected `n` of at least 1, got 0"):
        sample(table, 0)


def test_a_part_of_a_table_shares_its_attributes_and_a_glued_one_says_what_it_lost():
    found = [Problem(f"{i}.png", "empty", "left out") for i in range(3)]
    one = build([ROW | {"path": "a", "label": "n"}], ["n"], name="one", problems=found)
    assert one[:1].attrs["problems"] is one.attrs["problems"], "no deep copy at each slice"
    assert one[one.label == "n"].attrs["name"] == "one"
    two = build([ROW | {"path": "b", "label": "v"}], ["v"], name="two")
    glued = pd.concat([one, two])
    with pytest.raises(DataError, match=r"After pd\.concat name the classes anew"):
        classes(glued)
    with pytest.raises(DataError, match="knows its problems, got one made by hand"):
        problems(glued)


def test_the_nearest_known_name_is_meant_whatever_its_capitals():
    assert did_you_mean("PNEUMONA", ["adults", "Pneumonia"]) == " Did you mean 'Pneumonia'?"
    assert did_you_mean("zzz", ["adults"]) == ""
