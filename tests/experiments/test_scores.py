import numpy as np
import pandas as pd
import pytest

from cxrlib.experiments import RecordError, scored_cases
from cxrlib.experiments.scores import collect_scores
from tests.experiments.conftest import listed

SCORES = pd.DataFrame({"path": ["B/2.png", "A/1.png"], "score": [0.9, 0.2]})


def test_scores_find_their_images_in_any_order_and_on_any_machine():
    paths = ["/data/test/A/1.png", "C:\\xrays\\B\\2.png", "/data/train/A/3.png"]
    cases = pd.DataFrame({"path": paths, "age": [1, 2, 3]})
    found = scored_cases(SCORES, cases)
    assert found["age"].tolist() == [2, 1]
    assert found["score"].tolist() == [0.9, 0.2]


def test_a_table_without_one_of_the_images_is_refused():
    with pytest.raises(RecordError, match="without 1 of them, such as A"):
        scored_cases(SCORES, pd.DataFrame({"path": ["other/B/2.png"]}))


def test_scores_are_kept_by_image():
    test = listed(normal=["a"], covid=["b"])
    kept = collect_scores(test, np.array([[0.25], [0.75]]))
    paths = ["covid/000.png", "normal/000.png"]
    who = ["covid:b", "normal:a"]
    assert kept == {"path": paths, "patient": who, "y": [1, 0], "score": [0.25, 0.75]}
    unknown = collect_scores(test.assign(patient_id=pd.NA), np.array([0.25, 0.75]))
    assert unknown["patient"] == [None, None]
    columns = collect_scores(test, [[0.75, 0.25], [0.5, 0.5]])
    assert columns["score"][0] == [0.75, 0.25]
    for wrong in ([0.1], [[0.1, 0.2, 0.7]] * 2):
        with pytest.raises(RecordError, match=r"expected scores of shape \(2, 2\) or"):
            collect_scores(test, wrong)
