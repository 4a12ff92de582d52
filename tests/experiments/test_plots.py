import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib.experiments import Record, plots
from tests.experiments.conftest import fields


@pytest.fixture
def record():
    return Record.create(**fields())


def test_curves_are_the_mean_of_the_seeds_and_a_watched_test_set_is_called_so(record):
    watched = Record.create(**fields(config={"validation": "test"}))
    first, second = plots.learning_curve_grid({"one": record, "other": watched}, "loss")
    assert [ax.get_title() for ax in (first, second)] == ["one", "other"]
    texts = [{t.get_text() for t in ax.texts} for ax in (first, second)]
    assert "validation" in texts[0]
    assert "test" in texts[1]
    plt.close("all")


def test_matrices_of_several_seeds_are_added_up(record):
    (axes,) = plots.confusion_matrix_grid(record)
    counts = sum(np.array(run["confusion_matrix"]["test"]) for run in record.runs)
    shown = " ".join(text.get_text() for text in axes[-1].texts)
    assert f"{counts[0][0]}" in shown
    assert axes[-1].get_title() == f"test\n{len(record.runs)} seeds"
    plt.close("all")


def test_errors_come_first_and_carry_a_cross(record, tmp_path):
    scores = record.scores_frame()
    paths = [tmp_path / path for path in scores.path]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.eye(32, dtype=np.uint8) * 255).save(path)
    cases = pd.DataFrame({"path": [str(path) for path in paths], "label": scores.label})
    cases = cases.assign(patient_id="p", split="test", source="s", width=32, height=32)
    axes = plots.prediction_grid(record, cases, n=len(scores))
    titles = [ax.get_title() for ax in axes.flat if ax.get_title()]
    assert len(titles) == len(scores)
    marks = ["✗" in title for title in titles]
    assert marks == sorted(marks, reverse=True)
    plt.close("all")
