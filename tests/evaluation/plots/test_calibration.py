import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from cxrlib import evaluation
from cxrlib.evaluation import plots


@pytest.fixture(autouse=True)
def _clean():
    with plt.rc_context():
        yield
        plt.close("all")


@pytest.fixture
def ax():
    return plt.figure().add_subplot()


def texts(ax):
    return [t.get_text() for t in ax.texts]


def names(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


BINS = pd.DataFrame(
    {
        "left": [0, 0.5, 0.75], "right": [0.5, 0.75, 1], "mean_score": [0.2, np.nan, 0.9],
        "share_sick": [0.1, np.nan, 0.6], "low": [0.05, np.nan, 0.4], "high": [0.3, np.nan, 0.8],
        "n": [1234, 0, 20],
    }
)  # fmt: skip


def test_a_reliability_diagram_shows_full_bins_with_their_pictures(ax):
    plots.reliability(BINS, ax)
    points = ax.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xydata(), [[0.2, 0.1], [0.9, 0.6]])
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[1], [[0.9, 0.4], [0.9, 0.8]])
    assert {"1,234", "20", "pictures"} <= set(texts(ax))
    assert "0" not in texts(ax)
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mean score in the bin", "share that is sick")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0], [1, 1]])


def test_several_reliability_curves_are_named_and_differ_without_colour(ax):
    plots.reliability({"before": BINS, "after": BINS}, ax)
    assert names(ax) == ["before", "after"]
    first, second = (c.lines[0] for c in ax.containers)
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()


STEPS = pd.DataFrame(
    {
        "threshold": [-np.inf, 0.3, 0.6, np.inf], "sensitivity": [1, 1, 0.5, 0],
        "specificity": [0, 0.5, 1, 1],
    }
)  # fmt: skip


def test_the_threshold_curve_marks_the_chosen_one(ax):
    plots.threshold_curve(STEPS, ax, chosen=0.355)
    assert texts(ax) == ["chosen: 0.355"]
    assert ax.lines[0].get_xdata()[0] == 0.355
    assert names(ax) == ["sensitivity", "specificity"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[0.3, 1], [0.6, 0.5]])
    assert ax.lines[1].get_linestyle() != ax.lines[2].get_linestyle()
    assert "called sick" in ax.get_xlabel()


@pytest.mark.parametrize("chosen", [None, np.inf, -np.inf])
def test_a_threshold_beyond_the_scores_is_not_marked(ax, chosen):
    plots.threshold_curve(STEPS, ax, chosen=chosen)
    assert texts(ax) == []
    ax.figure.canvas.draw()


BENEFIT = pd.DataFrame(
    {
        "threshold": [0.1, 0.5, 0.9], "model": [0.3, 0.2, 0.1], "treat_all": [0.25, -0.2, -8],
        "treat_none": [0.0, 0, 0],
    }
)  # fmt: skip


def test_a_decision_curve_counts_people_and_cuts_the_abyss(ax):
    plots.decision_curve(BENEFIT, ax)
    assert names(ax) == ["everybody called sick", "nobody called sick", "network"]
    np.testing.assert_allclose(ax.lines[2].get_ydata(), [300, 200, 100])
    low, high = ax.get_ylim()
    assert -100 < low < 0 < 300 < high < 400
    assert "per 1,000 pictures" in ax.get_ylabel()
    assert len({line.get_linestyle() + str(line.get_linewidth()) for line in ax.lines}) == 3


def test_several_networks_share_one_pair_of_references(ax):
    plots.decision_curve({"big": BENEFIT, "small": BENEFIT}, ax, per=1)
    assert names(ax)[2:] == ["big", "small"]
    assert len(ax.lines) == 4
    assert ax.lines[3].get_ydata()[0] == 0.3


RISK = pd.DataFrame({"coverage": [0.5, 1.0], "error": [0.1, 0.2]})


def test_risk_over_coverage_ends_where_all_are_kept(ax):
    plots.risk_coverage(RISK, ax)
    assert ax.get_legend() is None
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), [[1, 0.2]])
    assert ax.xaxis.get_major_formatter()(0.25, 0) == "25 %"
    assert ax.get_ylabel() == "wrong among these"
    plots.risk_coverage({"a": RISK, "b": RISK}, ax)
    assert names(ax)[-2:] == ["a", "b"]


def groups(rows):
    columns = ["group", "n", "patients", "value", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns)


def test_a_forest_has_a_row_for_each_group_and_says_what_is_missing():
    nan = np.nan
    table = groups(
        [
            ("all", 1200, 800, 0.9, 0.85, 0.95, ""),
            ("AP", 900, 700, 0.8, 0.7, 0.9, ""),
            ("PA", 4, 1, 0.7, nan, nan, "too few patients"),
            ("lateral", 0, 0, nan, nan, nan, "no pictures"),
        ]
    )
    ax = plots.forest(table, xlabel="AUC")
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[0] == "all\n1,200 pictures, 800 patients"
    assert len(labels) == 4
    assert texts(ax) == ["too few patients", "no pictures"]
    assert [t.xy[1] for t in ax.texts] == [2, 3]
    assert [t.get_ha() for t in ax.texts] == ["right", "left"]  # not on the point at 0.7
    points = [line for line in ax.lines if line.get_marker() in "Do"]
    assert [(p.get_xdata()[0], p.get_ydata()[0]) for p in points] == [(0.9, 0), (0.8, 1), (0.7, 2)]
    assert [p.get_marker() for p in points] == ["D", "o", "o"]
    assert ax.lines[0].get_xdata()[0] == 0.9  # the line through the plot
    assert len(ax.containers) == 2
    low, high = ax.get_ylim()
    assert low > high  # the first row is the uppermost
    ax.figure.canvas.draw()


def test_a_forest_without_any_number_still_says_why(ax):
    plots.forest(groups([("all", 0, 0, np.nan, np.nan, np.nan, "no pictures")]), ax, xlabel="AUC")
    assert texts(ax) == ["no pictures"]
    ax.figure.canvas.draw()


def test_drawing_computes_nothing_and_importing_changes_nothing():
    code = (
        "import matplotlib as m; before = dict(m.rcParams); from cxrlib.evaluation import plots;"
        "plots.forest; plots.reliability; assert dict(m.rcParams) == before;"
        "import sys; assert not {'keras', 'sklearn', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_reliability_diagram_says_what_is_counted():
    frame = evaluation.reliability([0, 1, 1], [0.1, 0.8, 0.9])
    ax = plots.reliability(frame, of="viral")
    assert ax.get_ylabel() == "share that is viral"
    assert "more viral than scored" in [t.get_text() for t in ax.texts]
