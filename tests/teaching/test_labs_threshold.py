import base64

import numpy as np
import pytest

from cxrlib import evaluation
from cxrlib.teaching import labs
from cxrlib.teaching.labs import threshold
from tests.teaching.test_labs import config

RNG = np.random.default_rng(0)
Y = np.arange(1500) % 2
S = np.clip(0.5 + 0.2 * (Y - 0.5) + RNG.normal(0, 0.2, 1500), 0, 1)
NAN = np.where(np.arange(1500) == 3, np.nan, S)


def test_sets_arrive_as_they_are():
    lab = labs.threshold_lab(dict.fromkeys("abc", (Y, S)))
    for one in config(lab)["sets"]:
        for label, side in enumerate(("healthy", "sick")):
            found = np.frombuffer(base64.b64decode(one[side]), "<u2") / 10_000
            np.testing.assert_array_equal(found, np.sort(S[label == Y].round(4)))
        assert one["auc"] == pytest.approx(evaluation.roc_auc(Y, S), abs=1e-5)


def test_it_starts_at_the_prevalence_of_the_first_set():
    few = np.r_[np.zeros(90, int), np.ones(10, int)]
    lab = labs.threshold_lab({"a": (few, S[:100]), "b": (Y, S)}, threshold=0.3)
    start = config(lab)["start"]
    assert start == {"set": 0, "threshold": 0.3, "prevalence": 10, "fn_cost": 5}
    assert config(labs.threshold_lab({"a": (Y, S)}, prevalence=0.02))["start"]["prevalence"] == 2


def test_the_curve_ends_in_the_corner_and_equal_scores_make_a_slope():
    one = {"healthy": np.array([0.1, 0.5]), "sick": np.array([0.5, 0.9])}
    assert threshold._curve(one) == "M40 360v-176l176 -174h174"


def test_column_vectors_and_names_with_tags():
    lab = labs.threshold_lab({"<b>": (Y[:, None], S[:, None])}, class_names=("<i>", "x"))
    page = lab._repr_html_().replace("<b>Try first:</b>", "")
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scores": [(Y, S)]}, "dict of 1 to 3 sets, got list"),
        ({"scores": {}}, "got 0 sets"),
        ({"scores": dict.fromkeys("abcd", (Y, S))}, "got 4 sets"),
        ({"scores": {"a": (Y, NAN)}}, "'a' cannot be shown.*1 NaN"),
        ({"scores": {"a": (Y, 2 * S)}}, "from 0 to 1.*sigmoid"),
        ({"scores": {"a": (Y * 0, S)}}, "sick"),
        ({"scores": {"a": (Y, S[:-1])}}, "1,499 scores"),
        ({"scores": {"a": (Y * 2, S)}}, "0 .healthy. and 1"),
        ({"scores": {"a": (np.tile(Y, 2), np.tile(S, 2))}}, "at most 1,500 cases, got 3,000"),
        ({"scores": {"a": S}}, "cannot be shown"),
        ({"scores": {"": (Y, S)}}, "1 to 24 letters"),
        ({"scores": {"a" * 25: (Y, S)}}, "1 to 24 letters"),
        ({"threshold": 1.2}, "`threshold` as a number from 0 to 1.01"),
        ({"prevalence": 40}, "`prevalence` as a number from 0.001 to 0.995"),
        ({"fn_cost": 0}, "`fn_cost`"),
        ({"n_people": 20}, "`n_people`"),
        ({"class_names": ("a", 1)}, "`class_names` as 2 different texts"),
    ],
)
def test_bad_scores_and_settings(given, says):
    with pytest.raises(ValueError, match=says):
        labs.threshold_lab(**{"scores": {"a": (Y, S)}} | given)
