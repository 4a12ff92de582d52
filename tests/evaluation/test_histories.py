import numpy as np
import pandas as pd
import pytest

from cxrlib import evaluation


def history(*loss):
    return pd.DataFrame({"loss": loss})


def test_the_mean_runs_over_those_still_training():
    found = evaluation.average_histories([history(4, 3, 1), history(2), history(3, 1)], "loss")
    expected = pd.DataFrame(
        {"mean": [3, 2, 1.0], "low": [2, 1, 1.0], "high": [4, 3, 1.0], "n": [3, 2, 1]},
        index=pd.RangeIndex(1, 4, name="epoch"),
    )
    pd.testing.assert_frame_equal(found, expected)


def test_one_run_is_its_own_mean():
    found = evaluation.average_histories([history(2, 1)], "loss")
    np.testing.assert_array_equal(found[["mean", "low", "high"]], [[2] * 3, [1] * 3])


def test_a_run_that_broke_is_not_hidden():
    found = evaluation.average_histories([history(1, np.nan), history(1, 1)], "loss")
    assert found.loc[2, ["mean", "low", "high"]].isna().all()
    assert found.loc[2, "n"] == 2


@pytest.mark.parametrize(
    ("histories", "words"),
    [
        ([], "at least one history, got none"),
        ([history(1), history(1).rename(columns={"loss": "auc"})], "'loss'.*got auc in run 2"),
        ([history(1), history()], "at least one epoch.*run 2"),
        ([{"loss": [1]}], "DataFrames, got dict as run 1"),
        (history(1), "got str as run 1"),
    ],
)
def test_bad_histories_are_named(histories, words):
    with pytest.raises(ValueError, match=words):
        evaluation.average_histories(histories, "loss")
