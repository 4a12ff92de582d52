import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib.data import DataError, balanced_subset, classes, splits

FOUR = ("normal", "bacterial", "viral", "covid")


def table(families, views=None):
    """Build a table from class → sizes of families; patients number on, as the collection's do."""
    rows = [
        {"label": name, "patient_id": f"{name}:{who}", "path": f"{name}-{who:03d}-{k}.png"}
        for name, sizes in families.items()
        for who, size in enumerate(sizes)
        for k in range(size)
    ]
    cases = pd.DataFrame(rows).assign(split=pd.NA, source="t", width=9, height=9, view="PA")
    cases["finding"] = cases["label"].map({"covid": "COVID-19"}).fillna("Pneumonia")
    cases["label"] = pd.Categorical(cases["label"], list(families))
    cases.attrs.update(name="mine", source="folder", problems=())
    return cases


def sizes(cases):
    return pd.crosstab(cases["label"], cases["split"]).to_dict()


@given(
    families=st.lists(st.integers(1, 6), min_size=12, max_size=40),
    n=st.integers(8, 12),
    test=st.integers(1, 4),
    seed=st.integers(0, 9),
)
@settings(max_examples=30, deadline=None)
def test_any_families_give_the_exact_size_by_patient(families, n, test, seed):
    cases = balanced_subset(
        table({"a": [*families, 20], "b": families}), n, test_size=test, seed=seed
    )
    splits.check_leakage(cases)
    assert sizes(cases) == {"train": {"a": n - test, "b": n - test}, "test": {"a": test, "b": test}}
    assert not cases["path"].duplicated().any()


@pytest.mark.parametrize(
    ("families", "ask", "train", "test"),
    [
        # where no patients add up, one gives a part
        ({"a": [2] * 10, "b": [1] * 20}, {"n_per_class": 13, "test_size": 3}, [10, 10], [3, 3]),
        # by default all classes are as large as the smallest
        ({"a": [1, 2] * 40, "b": [1, 2, 4] * 5, "c": [1] * 50}, {}, [28] * 3, [7] * 3),
        # all of a class loses no image and holds out whole patients
        ({"a": [2] * 10, "b": [1] * 40}, {"n_per_class": 20, "test_size": 5}, [16, 15], [4, 5]),
    ],
)
def test_how_many_are_drawn(families, ask, train, test):
    drawn = balanced_subset(table(families), **ask)
    assert list(sizes(drawn)["train"].values()) == train
    assert list(sizes(drawn)["test"].values()) == test
    splits.check_leakage(drawn)


def test_same_seed_same_images_whatever_the_order_of_rows():
    cases = table({"a": [1, 2] * 20, "b": [1] * 60})
    first, again, other = (balanced_subset(cases, 20, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert set(first["path"]) != set(other["path"])
    mixed = balanced_subset(cases.sample(frac=1, random_state=0), 20, seed=1)
    assert set(zip(mixed["path"], mixed["split"], strict=True)) == set(
        zip(first["path"], first["split"], strict=True)
    )


def test_a_class_that_is_not_named_is_left_out_and_the_order_kept():
    drawn = balanced_subset(
        table({"a": [1] * 9, "b": [1] * 9, "c": [1] * 9}), {"c": 6, "a": 6}, test_size=2
    )
    assert classes(drawn) == ("a", "c")
    assert drawn.attrs["name"] == "mine"


@pytest.mark.parametrize(
    ("ask", "test", "words"),
    [
        ({"a": 10}, 2, "2 to 9 for class 'a'"),
        ({"a": 6.5}, 2, "expected a size from 2 to 9"),
        ({"a": True}, 2, "expected a size from 2 to 9"),
        ({"z": 5}, 2, "among a, b, one, gone, huge, got z"),
        ({}, 2, "got none"),
        ({"one": 3}, 1, "two patients in class 'one'.* got 1"),
        ({"gone": 3}, 1, "class 'gone', which has 0 images"),
        (None, 1, r"got none of 'gone'\..* at most \{'a': 9, 'b': 9, 'one': 4, 'huge': 20\}"),
        ({"huge": 20}, 1, "in class 'huge' .* got 2 who"),
        ({"a": 6}, 6, "expected `test_size` as a number of images below 6"),
        ({"a": 6}, 0, "expected `test_size`"),
        ({"a": 6}, 1.5, "expected `test_size`"),
        ({"a": 6}, True, "expected `test_size`"),
    ],
)
def test_what_cannot_be_drawn_is_told(ask, test, words):
    cases = table({"a": [1] * 9, "b": [1] * 9, "one": [4], "gone": [], "huge": [10, 10]})
    with pytest.raises(DataError, match=words):
        balanced_subset(cases, ask, test_size=test)


def test_images_without_patient_and_patients_of_two_classes_are_refused():
    cases = table({"a": [1] * 9, "b": [1] * 9})
    with pytest.raises(DataError, match=r"patient_id .* none for 1 of 18"):
        balanced_subset(cases.assign(patient_id=[pd.NA, *cases["patient_id"][1:]]), 5)
    with pytest.raises(DataError, match="got a:0 with images of 2 classes"):
        balanced_subset(cases.assign(patient_id=[*cases["patient_id"][:-1], "a:0"]), 5)
