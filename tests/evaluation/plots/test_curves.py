import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cxrlib.evaluation import plots
from tests.evaluation.plots.reading import data, names, texts


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_lines_are_named_where_they_end_without_touching(ax, scale):
    ax.set_yscale(scale)
    plots.plot_lines(
        [0, 1], {"a": [0.1, 1.0], "b": [0.1, 1.001]}, ax=ax, xlabel="shift", ylabel="AUC"
    )
    heights = [t.xy[1] for t in ax.texts]
    assert len(heights) == 2
    assert abs(heights[0] - heights[1]) > 0.03
    assert ax.get_legend() is None


def test_whole_numbers_have_whole_ticks(ax):
    plots.plot_lines([1, 2, 3], {"loss": [3, 2, 1]}, ax=ax, xlabel="epoch", ylabel="loss")
    assert all(tick == int(tick) for tick in ax.get_xticks())


@pytest.mark.parametrize("later", ["a line", "shared limits", "a log axis"])
def test_names_stay_at_the_ends_of_their_lines_when_the_axis_changes(later):
    fig, (ax, other) = plt.subplots(1, 2, sharey=True)
    plots.plot_lines([0, 1], {"a": [1, 1], "b": [1, 2]}, ax=ax, xlabel="shift", ylabel="AUC")
    if later == "a line":
        ax.axhline(9)
    elif later == "shared limits":
        other.plot([0, 1], [0, 9])
    else:
        ax.set(yscale="log", ylim=(0.1, 9))
    fig.canvas.draw()
    to_axes = ax.transData - ax.transAxes
    ends = [to_axes.transform((1, y))[1] for y in (1, 2)]
    np.testing.assert_allclose([t.xy[1] for t in ax.texts], ends, atol=0.04)
    plt.close(fig)


def test_a_band_reaches_from_its_lower_to_its_upper_end(ax):
    (area,) = plots.plot_band([0, 1], [0.2, 0.3], [0.6, 0.9], ax=ax).collections
    corners = set(map(tuple, area.get_paths()[0].vertices.round(6).tolist()))
    assert corners == {(0, 0.2), (1, 0.3), (0, 0.6), (1, 0.9)}


def test_learning_curves_mark_the_chosen_epoch(ax):
    history = pd.DataFrame({"loss": [3, 2, 1], "val_loss": [3, 2, 2.5]})
    plots.plot_learning_curves(history, ax=ax, best_epoch=2)
    assert set(texts(ax)) == {"kept: epoch 2", "training", "validation"}
    with pytest.raises(ValueError, match="expected a column 'auc', got loss, val_loss"):
        plots.plot_learning_curves(history, ax=ax, metric="auc")


def test_learning_panels_draw_each_metric():
    history = pd.DataFrame({"loss": [3, 2], "val_loss": [3, 2], "accuracy": [0.5, 0.6], "auc": 1})
    axes = plots.learning_curve_grid(history, ("loss", "accuracy", "auc"), best_epoch=1)
    assert axes.shape == (2, 2)
    assert [ax.get_ylabel() for ax in axes.flat[:3]] == ["loss", "accuracy", "auc"]
    assert all("kept: epoch 1" in texts(ax) for ax in axes.flat[:3])
    assert [len(ax.lines) for ax in axes.flat] == [3, 2, 2, 0]  # with the mark of the epoch
    assert not axes[1, 1].axison


def seeds(mean, n):
    mean = np.array(mean, float)
    index = range(1, len(mean) + 1)
    return pd.DataFrame({"mean": mean, "low": mean - 1, "high": mean + 2, "n": n}, index)


def test_curves_over_seeds_say_what_the_band_is(ax):
    frames = {"training": seeds([3, 2, 1], [4, 4, 2]), "validation": seeds([4, 3, 3], [4, 4, 2])}
    plots.plot_curves_over_seeds(frames, ax=ax, ylabel="loss")
    assert ax.get_ylabel() == "loss: mean and range of 4 runs"
    assert ax.get_xlabel() == "epoch (2 of 4 runs reach the last)"
    assert set(texts(ax)) == {"training", "validation"}
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [4, 3, 3])
    edge = ax.collections[1].get_paths()[0].vertices
    assert (edge[:, 1].min(), edge[:, 1].max()) == (2, 6)


def test_curves_over_seeds_need_the_same_epochs(ax):
    plots.plot_curves_over_seeds({"training": seeds([1], 3)}, ax=ax, ylabel="loss")
    assert ax.get_xlabel() == "epoch"
    frames = {"training": seeds([1], 3), "validation": seeds([1, 2], 3)}
    with pytest.raises(ValueError, match="got training 1, validation 2"):
        plots.plot_curves_over_seeds(frames, ax=ax, ylabel="loss")


def test_a_roc_curve_stands_beside_the_line_of_a_coin(ax):
    plots.plot_roc_curves({"network": ([0, 0.1, 1], [0, 0.8, 1])}, ax=ax)
    assert data(ax.lines) == [[[0, 0], [1, 1]], [[0, 0], [0.1, 0.8], [1, 1]]]


def test_a_precision_recall_curve_says_what_its_axes_are_and_names_its_lines(ax):
    plots.plot_precision_recall_curves(
        {"a": ([1, 0.5, 0], [0.2, 0.6, 1]), "b": ([1, 0], [0.5, 1])}, ax=ax
    )
    assert data(ax.lines) == [[[1, 0.2], [0.5, 0.6], [0, 1]], [[1, 0.5], [0, 1]]]
    assert "sensitivity" in ax.get_xlabel()
    assert "precision" in ax.get_ylabel()
    assert names(ax) == ["a", "b"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_classes_against_the_rest_are_named_with_their_areas_the_best_on_top(ax):
    curves = {
        "COVID-19": ([0, 0.5, 1], [0, 0.5, 1]),
        "normal": ([0, 0, 1], [0, 1, 1]),
        "opacity": ([0, 0.5, 1], [0, 1, 1]),
    }
    plots.plot_one_vs_rest(curves, ax=ax)
    assert names(ax) == ["normal  1.000", "opacity  0.750", "COVID-19  0.500"]
    _, *lines = ax.lines
    assert [line.get_label() for line in lines] == list(curves)
    shown = ax.get_legend().get_lines()
    assert [line.get_color() for line in shown] == [lines[i].get_color() for i in (1, 2, 0)]
    assert len({line.get_color() for line in lines}) == len({x.get_linestyle() for x in lines}) == 3
    assert "rest" in ax.get_xlabel()
