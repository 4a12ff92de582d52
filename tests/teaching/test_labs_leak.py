import numpy as np
import pandas as pd
import pytest

from cxrlib.teaching import labs
from cxrlib.teaching.labs import leak
from tests.book.lab_pages import runs
from tests.teaching.test_labs import config


def test_stops_are_means_of_runs():
    stops = config(labs.leak_lab(runs().drop(columns="variant")))["variants"][0]["stops"]
    means = runs().groupby("grouped")[["validation", "test", "leaked"]].mean()
    assert [one["grouped"] for one in stops] == means.index.tolist()
    assert {one["runs"] for one in stops} == {6}
    for column in means:
        np.testing.assert_allclose([one[column] for one in stops], means[column], atol=1e-5)


def test_the_noise_of_a_mean_is_two_standard_errors_and_one_row_has_none():
    stops = config(labs.leak_lab(runs().drop(columns="variant")))["variants"][0]["stops"]
    noise = 2 * runs().groupby("grouped")["test"].sem()
    np.testing.assert_allclose([one["test_noise"] for one in stops], noise, atol=1e-5)
    alone = config(labs.leak_lab(runs().query("variant == 'as they are' and seed == 0")))
    assert {one["gap_noise"] for one in alone["variants"][0]["stops"]} == {None}


def test_the_drawing_has_as_many_in_validation_either_way():
    sizes = [2, 1, 4, 1, 3, 8, 1, 2, 6, 1, 3, 2]
    families = leak._families(sizes)
    assert families == leak._families(sizes)
    assert sorted(one["rank"] for one in families) == list(range(12))
    assert [len(one["pictures"]) for one in families] == sizes
    images = sum(sum(one["pictures"]) for one in families)
    patients = sum(one["side"] * n for one, n in zip(families, sizes, strict=True))
    assert images == round(sum(sizes) / 4)
    assert abs(images - patients) <= 1


def test_chance_is_drawn_for_auc_alone():
    assert ">chance<" in labs.leak_lab(runs())._repr_html_()
    assert ">chance<" not in labs.leak_lab(runs(), metric="accuracy")._repr_html_()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"runs": [1]}, "as a DataFrame.*got list"),
        ({"runs": runs().drop(columns="leaked")}, "without leaked"),
        ({"runs": runs().iloc[:0]}, "got 0 rows"),
        ({"runs": pd.concat([runs()] * 20)}, "got 480 rows"),
        (
            {"runs": runs().assign(grouped=100 * runs()["grouped"])},
            "`grouped`, got 0 to 100.*percent",
        ),
        ({"runs": runs().assign(test=np.nan)}, "`test`.*NaN"),
        ({"runs": runs().assign(test="high")}, "numbers from 0 to 1 in the column `test`"),
        ({"runs": runs().assign(grouped=0.5)}, "2 to 11 different numbers.*got 1"),
        ({"runs": runs().assign(grouped=np.linspace(0, 1, 24), variant="x")}, "got 24"),
        ({"runs": runs().assign(variant=np.arange(24))}, "1 to 4 names"),
        ({"runs": runs().assign(variant=None)}, "none of them missing"),
        ({"images_per_patient": [1, 2]}, "4 to 24 whole numbers"),
        ({"images_per_patient": [9, 1, 1, 1]}, "from 1 to 8"),
        ({"images_per_patient": [1, 1, 1, 1]}, "not all 1"),
        ({"images_per_patient": [1.5, 2, 2, 2]}, "whole numbers"),
        ({"metric": ""}, "`metric`"),
    ],
)
def test_bad_runs_and_settings(given, says):
    with pytest.raises(ValueError, match=says):
        labs.leak_lab(**{"runs": runs()} | given)
