import matplotlib as mpl
import numpy as np
import pandas as pd

from cxrlib.evaluation import plots
from tests.evaluation.plots.reading import names, texts


def test_counts_carry_their_numbers(ax):
    table = pd.DataFrame({"normal": [1341, 234], "pneumonia": [3875, 390]}, ["train", "test"])
    plots.plot_counts(table, ax=ax)
    assert set(texts(ax)) == {"1,341 normal", "234 normal", "3,875 pneumonia", "390 pneumonia"}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["train", "test"]
    assert ax.get_xlabel() == "number of images"


def test_counts_of_a_series_take_the_classes_colours(ax):
    plots.plot_counts(pd.Series({"normal": 3, "pneumonia": 5}), ax=ax)
    colours = [mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours == ["#1f5f8b", "#d9822b"]


def test_histograms_share_their_bins_and_name_their_classes(ax):
    groups = {"normal": [1, 2, 3], "pneumonia": [2, 3, 4]}
    plots.plot_histogram(groups, ax=ax, xlabel="width (pixels)", bins=3)
    assert names(ax) == list(groups)
    assert ax.get_xlabel() == "width (pixels)"
    assert ax.yaxis.get_major_formatter()(0.25, 0) == "25 %"
    # One of three in each bin from 1 to 4; and none, one, two.
    for patch, shares in zip(ax.patches, ({0, 1}, {0, 1, 2}), strict=True):
        x, heights = patch.get_xy().T
        assert (x.min(), x.max()) == (1, 4)
        assert set((3 * heights).round(6)) == shares


def groups(rows):
    columns = ["group", "n", "n_patients", "value", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns)


def test_a_forest_has_a_row_for_each_group_and_says_what_is_missing():
    nan = np.nan
    table = groups(
        [
            ("all", 1200, 800, 0.9, 0.85, 0.95, ""),
            ("AP", 900, 700, 0.8, 0.7, 0.9, ""),
            ("PA", 4, 1, 0.7, nan, nan, "too few patients"),
            ("lateral", 0, 0, nan, nan, nan, "no images"),
        ]
    )
    ax = plots.plot_forest(table, xlabel="AUC")
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[0] == "all\n1,200 images, 800 patients"
    assert len(labels) == 4
    assert texts(ax) == ["too few patients", "no images"]
    assert [t.xy[1] for t in ax.texts] == [2, 3]
    assert [t.get_ha() for t in ax.texts] == ["right", "left"]  # not on the point at 0.7
    points = [line for line in ax.lines if line.get_marker() in "Do"]
    assert [(p.get_xdata()[0], p.get_ydata()[0]) for p in points] == [(0.9, 0), (0.8, 1), (0.7, 2)]
    assert [p.get_marker() for p in points] == ["D", "o", "o"]
    assert ax.lines[0].get_xdata()[0] == 0.9  # the line through the plot
    assert len(ax.containers) == 2
    low, high = ax.get_ylim()
    assert low > high  # the first row is the uppermost


def test_a_forest_without_any_number_still_says_why(ax):
    table = groups([("all", 0, 0, np.nan, np.nan, np.nan, "no images")])
    plots.plot_forest(table, ax=ax, xlabel="AUC")
    assert texts(ax) == ["no images"]
    ax.figure.canvas.draw()
