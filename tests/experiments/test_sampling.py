import numpy as np
import pandas as pd
import pytest

from cxrlib import data
from cxrlib.experiments import article_4, sampling
from cxrlib.models import features
from tests.experiments.conftest import CLASSES, enough_images, listed


def test_the_articles_evaluator_reads_the_first_two_of_eighteen_whatever_the_order_of_rows():
    held_out = listed(normal=list("abcdefghi"), covid=list("ppqqrstuv"))
    for table in (held_out, held_out.sample(frac=1, random_state=0)):
        rows = table.iloc[sampling.evaluator_subset(table, 10)]
        assert rows["path"].tolist() == ["covid/000.png", "covid/001.png"]


@pytest.mark.parametrize(("n", "read"), [(9, 1), (10, 1), (11, 2), (18, 2), (27, 3), (36, 4)])
def test_it_reads_an_image_a_step_and_makes_a_step_a_batch(n, read):
    held_out = listed(normal=["a"], covid=[str(i) for i in range(n - 1)])
    assert len(sampling.evaluator_subset(held_out, 10)) == read


def test_the_first_fifth_of_each_class_s_files_validates():
    train = listed(covid=list("abcdefghijk"), normal=list("abcde")).sample(frac=1, random_state=1)
    first = sorted(train[sampling.validation_split(train, 0.2)]["path"])
    assert first == ["covid/000.png", "covid/001.png", "normal/000.png"]


def a_set(n: int = 40) -> pd.DataFrame:
    """Two images of each child in ``train``, and four in ``test``."""
    rows = [
        {"path": f"{split}/{i:03d}.png", "label": ["normal", "sick"][i // 2 % 2], "split": split}
        | {"patient_id": f"{split} {i // 2}"}
        for split, size in (("train", n), ("test", 4))
        for i in range(size)
    ]
    table = pd.DataFrame(rows)
    return table.assign(label=pd.Categorical(table["label"], ["normal", "sick"]))


def names(cases: pd.DataFrame, split: str) -> set[str]:
    return set(cases.loc[cases["split"] == split, "path"])


@pytest.mark.parametrize(
    ("how", "n_train", "n_val", "apart"),
    [
        ("test", 40, 0, True),
        ({"patients": 0.2}, 32, 8, True),
        ({"images": 0.25}, 30, 10, False),
        ({"images": 8}, 32, 8, False),
        ({"reshuffled": 30}, 30, 10, False),
    ],
)
def test_validation_is_cut_by_patient_or_as_articles_do(how, n_train, n_val, apart):
    cases = a_set()
    cut = sampling.cut_validation(cases, how, seed=0)
    train, val = names(cut, "train"), names(cut, "val")
    assert (len(train), len(val)) == (n_train, n_val)
    assert names(cut, "test") == names(cases, "test")
    assert sampling.shares_patients(how) is not apart
    assert (shared(cut) == 0) is apart
    assert bool(train & val) is (how == {"reshuffled": 30})


@pytest.mark.parametrize("how", ["tset", {"patient": 0.2}])
def test_a_misspelt_way_to_cut_is_refused(how):
    with pytest.raises(data.DataError, match="expected"):
        sampling.cut_validation(a_set(), how, seed=0)


def test_images_of_one_child_can_be_taken_for_strangers():
    cases = sampling.cut_validation(a_set(), {"reshuffled": 30}, seed=0)
    images = data.ImageSet(np.zeros((44, 1, 1, 1), np.uint8), data.cases.labels(cases), cases)
    strangers = sampling.ignore_patients(images).cases
    assert strangers["patient_id"].is_unique
    data.splits.check_leakage(strangers)


@pytest.fixture(scope="module")
def many():
    return enough_images()


def shared(drawn: pd.DataFrame) -> int:
    return int((drawn.groupby("patient_id")["split"].nunique() > 1).sum())


def test_single_images_let_patients_stand_on_both_sides(many):
    by_picture, again, other = (
        sampling.subsample(many, "article 4", "image", CLASSES, seed) for seed in (0, 0, 1)
    )
    by_patient = sampling.subsample(many, "article 4", "patient", CLASSES, 0)
    for drawn in (by_picture, by_patient):
        counts = pd.crosstab(drawn["split"], drawn["label"])
        assert counts.loc["test"].tolist() == [9, 9, 9, 9]
        assert counts.loc["train"].tolist() == [70, 70, 70, 60]
        assert drawn.attrs["name"] == "covid"
    assert shared(by_picture) > 10
    assert shared(by_patient) == 0
    assert by_picture["path"].tolist() == again["path"].tolist() != other["path"].tolist()
    images = [set(d["path"][d["label"] == "covid"]) for d in (by_picture, other, by_patient)]
    assert images[0] == images[1] == images[2]


def test_article_4_takes_the_first_pa_images_by_the_number_of_the_patient(many):
    views = many["view"].mask(many["path"].isin([f"covid/{i:03d}.png" for i in range(10)]), "AP")
    first, other = (article_4.sample(many.assign(view=views), seed=seed) for seed in (0, 1))
    assert set(first["path"]) != set(other["path"])
    for drawn in (first, other):
        covid = drawn[drawn["label"] == "covid"]
        # Of 70 the last is left out: of patient 39, not of 9, who as text comes after 39.
        assert sorted(covid["path"]) == [f"covid/{i:03d}.png" for i in range(10, 79)]
        assert data.classes(drawn) == CLASSES
        data.splits.check_leakage(drawn)


def test_the_largest_size_is_the_smallest_class_s(many):
    drawn = sampling.subsample(many, "balanced", "patient", ["normal", "bacterial", "covid"], 0)
    assert data.classes(drawn) == ("normal", "bacterial", "covid")
    assert drawn["label"].value_counts().tolist() == [80, 80, 80]
    data.splits.check_leakage(drawn)


def test_the_group_left_out_is_the_one_that_looks_sick():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [60, 30, 60])  # healthy, healthy but strange, sick
    values = rng.normal(size=(150, 5)) + 6 * np.eye(5)[kind]
    values[kind == 1, 2] += 4
    cases = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(150)],
            "label": pd.Categorical(np.where(kind == 2, "sick", "normal"), ["normal", "sick"]),
            "patient_id": [f"child {i // 2}" for i in range(150)],
            "split": np.where(np.arange(150) // 2 % 4 == 0, "val", "train"),
            "source": "test",
        }
    )
    labels = (kind == 2)[:, None].astype("float32")
    found = features.Features(values.astype("float32"), labels, cases)
    table = sampling.leave_one_group_out(cases, found, 2)
    np.testing.assert_array_equal(table["split"] == "shifted", kind == 1)
    data.splits.check_leakage(table)
