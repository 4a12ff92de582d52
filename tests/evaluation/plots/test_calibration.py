import numpy as np
import pandas as pd

from cxrlib.evaluation import plots
from tests.evaluation.plots.reading import data, names, texts

BINS = pd.DataFrame(
    {
        "left": [0, 0.5, 0.75], "right": [0.5, 0.75, 1], "prob_pred": [0.2, np.nan, 0.9],
        "prob_true": [0.1, np.nan, 0.6], "low": [0.05, np.nan, 0.4], "high": [0.3, np.nan, 0.8],
        "n": [1234, 0, 20],
    }
)  # fmt: skip


def test_a_reliability_diagram_shows_full_bins_with_their_images(ax):
    plots.plot_calibration_curve(BINS, ax=ax, outcome="viral")
    points = ax.containers[0].lines[0]
    assert data([points]) == [[[0.2, 0.1], [0.9, 0.6]]]
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[1], [[0.9, 0.4], [0.9, 0.8]])
    assert {"1,234", "20", "images", "more viral than scored"} <= set(texts(ax))
    assert "0" not in texts(ax)
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mean score in the bin", "share that is viral")
    assert data(ax.lines[:1]) == [[[0, 0], [1, 1]]]


def test_several_reliability_curves_are_named_and_differ_without_colour(ax):
    plots.plot_calibration_curve({"before": BINS, "after": BINS}, ax=ax)
    assert names(ax) == ["before", "after"]
    first, second = (c.lines[0] for c in ax.containers)
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()


BENEFIT = pd.DataFrame(
    {
        "threshold": [0.1, 0.5, 0.9], "model": [0.3, 0.2, 0.1], "treat_all": [0.25, -0.2, -8],
        "treat_none": [0.0, 0, 0],
    }
)  # fmt: skip


def test_a_decision_curve_counts_people_and_cuts_the_abyss(ax):
    plots.plot_decision_curve(BENEFIT, ax=ax)
    assert names(ax) == ["act on all", "act on none", "network"]
    np.testing.assert_allclose(ax.lines[2].get_ydata(), [300, 200, 100])
    low, high = ax.get_ylim()
    assert -100 < low < 0 < 300 < high < 400
    assert "per 1,000 images" in ax.get_ylabel()
    assert ax.xaxis.get_major_formatter()(0.25, 0) == "25 %"
    assert len({line.get_linestyle() + str(line.get_linewidth()) for line in ax.lines}) == 3


def test_several_networks_share_one_pair_of_references(ax):
    plots.plot_decision_curve({"big": BENEFIT, "small": BENEFIT}, ax=ax)
    assert names(ax)[2:] == ["big", "small"]
    assert len(ax.lines) == 4
