import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cxrlib import evaluation
from cxrlib.experiments import metrics, summary
from tests.experiments.conftest import listed


def test_two_right_of_two_and_nine_right_of_eighteen():
    train = listed(normal=list("xy"), covid=list("pqz")).assign(split="train")
    held_out = listed(normal=list("abcdefghi"), covid=list("ppqqrstuv")).assign(split="test")
    held_out["path"] = "test/" + held_out["path"]
    score = np.tile([0.25, 0.75], (18, 1))  # covid for everybody
    run = metrics.evaluate_multiclass(train, held_out, score, pd.DataFrame({"loss": [0.5]}), 3, 10)
    expected = {
        "article's evaluator images": 2,
        "article's evaluator accuracy": 1,
        "article's evaluator images with patient overlap": 2,
        "test accuracy": 0.5,
        "test macro sensitivity": 0.5,
        "test macro F1": 1 / 3,
        "test macro ROC AUC": 0.5,
        "test sensitivity of covid": 1,
        "test precision of covid": 0.5,
        "test sensitivity of normal": 0,
        "test precision of normal": 0,
        "test images with patient overlap": 4,
        "test images of covid with patient overlap": 4,
        "test images of normal with patient overlap": 0,
    }
    assert run["metrics"] == pytest.approx(expected)
    assert run["confusion_matrix"]["test"].tolist() == [[0, 9], [0, 9]]
    assert run["threshold"] is None
    assert run["scores"]["score"][0] == [0.25, 0.75]
    row = summary.summarize([run], ["normal", "covid"])["article's evaluator accuracy"]
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([1, 0.342, 1], abs=1e-3)
    assert "the 2 images" in row["method"]


def test_one_sigmoid_becomes_two_columns():
    both = metrics.class_probabilities(np.array([[0.25], [1.0]]))
    np.testing.assert_array_equal(both, [[0.75, 0.25], [0, 1]])
    three = np.full((2, 3), 1 / 3)
    np.testing.assert_array_equal(metrics.class_probabilities(three), three)


def test_strangers_that_look_like_the_test_set_lend_it_their_temperature():
    rng = np.random.default_rng(0)
    truth = rng.normal(scale=2, size=4000)
    y = (rng.random(4000) < expit(truth)).astype(float)
    val, strange = expit(truth), expit(3 * truth)  # at home calibrated, elsewhere too sure
    learnt = strange[:2000]
    found = metrics.calibration_under_shift(
        learnt[y[:2000] == 0], learnt[y[:2000] == 1], (y, val), (y[2000:], strange[2000:])
    )
    assert found["val temperature"] == pytest.approx(1, abs=0.1)
    assert found["shifted temperature"] == pytest.approx(3, abs=0.3)
    assert found["test ECE, shifted temperature"] < 0.5 * found["test ECE, val temperature"]
    assert (
        found["test ECE"] == evaluation.expected_calibration_error(y[2000:], strange[2000:]).value
    )


@pytest.mark.parametrize("n", [1, 2])
def test_where_every_sick_image_is_found_the_interval_says_how_it_is_made(n):
    scores = {
        "path": [f"{i}.png" for i in range(20)],
        "patient": [f"child {i // 2}" for i in range(20)],
        "y": [0, 0, 1, 1] * 5,
        "score": [0.1, 0.7, 0.6, 0.9] * 5,
    }
    runs = [{"metrics": {}, "threshold": 0.5, "scores": scores}] * n
    found = summary.summarize(runs, ["normal", "pneumonia"])
    sure, other = found["test sensitivity"], found["test specificity"]
    assert sure["low"] < sure["mean"] == sure["high"] == 1
    assert sure["method"].startswith("95 %, Wilson's interval for as many patients")
    assert "bootstrap" in other["method"]
