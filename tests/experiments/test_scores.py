import pandas as pd
import pytest

from cxrlib.experiments import RecordError, scored_cases

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
