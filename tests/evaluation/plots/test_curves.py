import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from cxrlib.evaluation import plots
from cxrlib.evaluation.plots import style


@pytest.fixture(autouse=True)
def _clean():
    with plt.rc_context():
        yield
        plt.close("all")


def test_importing_changes_no_setting():
    code = (
        "import matplotlib as m; before = dict(m.rcParams); from cxrlib.evaluation import plots;"
        "plots.pictures; plots.counts; plots.lines; plots.look; plots.confusion;"
        "assert dict(m.rcParams) == before;"
        "import sys; from cxrlib import evaluation; dir(evaluation); evaluation.report;"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_style_is_applied_when_asked_for():
    plots.use_style()
    assert plt.rcParams["axes.spines.top"] is False


def test_classes_differ_without_colour_too():
    classes = [plots.LOOKS[n] for n in ("normal", "bacterial", "viral", "covid")]
    for part in ("hatch", "marker", "line"):
        assert len({getattr(c, part) for c in classes}) == len(classes)


def test_pictures_are_grey_and_keep_their_shape():
    axes = plots.pictures([np.zeros((20, 40)), np.full((30, 30, 1), 255)], ["wide", "square"])
    image = axes.flat[0].images[0]
    assert image.get_cmap().name == "gray"
    assert image.get_clim() == (0, 255)
    assert axes.flat[0].get_aspect() == 1
    assert [ax.get_title() for ax in axes.flat] == ["wide", "square"]


def test_empty_places_of_a_grid_stay_blank():
    axes = plots.pictures([np.zeros((4, 4))] * 5, columns=3)
    assert axes.shape == (2, 3)
    assert not axes[1, 2].images
    assert not axes[1, 2].axison


def test_titles_must_fit():
    with pytest.raises(ValueError, match="expected 2 titles, got 1"):
        plots.pictures([np.zeros((4, 4))] * 2, ["one"])


def test_weights_share_one_ramp_with_zero_in_the_middle():
    axes = plots.weight_pictures(np.stack([np.full((3, 3), -2.0), np.full((3, 3), 1.0)]))
    assert all(ax.images[0].get_clim() == (-2, 2) for ax in axes.flat[:2])
    with pytest.raises(ValueError, match=r"\(N, H, W\)"):
        plots.weight_pictures(np.zeros(4))


def test_counts_carry_their_numbers():
    table = pd.DataFrame({"normal": [1341, 234], "pneumonia": [3875, 390]}, ["train", "test"])
    ax = plots.counts(table, plt.figure().add_subplot())
    texts = {t.get_text() for t in ax.texts}
    assert texts == {"1,341 normal", "234 normal", "3,875 pneumonia", "390 pneumonia"}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["train", "test"]
    assert ax.get_xlabel() == "number of pictures"


def test_counts_of_a_series_take_the_classes_colours():
    ax = plots.counts(pd.Series({"normal": 3, "pneumonia": 5}), plt.figure().add_subplot())
    colours = [mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours == ["#1f5f8b", "#d9822b"]


def test_lines_are_named_where_they_end_without_touching():
    ax = plots.lines(
        [0, 1], {"a": [0, 1.0], "b": [0, 1.001]}, plt.figure().add_subplot(),
        xlabel="shift (pixels)", ylabel="AUC",
    )  # fmt: skip
    heights = [t.xy[1] for t in ax.texts]
    assert len(heights) == 2
    assert abs(heights[0] - heights[1]) > 0.03
    assert ax.get_legend() is None


def test_learning_curves_mark_the_chosen_epoch():
    history = pd.DataFrame({"loss": [3, 2, 1], "val_loss": [3, 2, 2.5]})
    ax = plots.learning_curves(history, plt.figure().add_subplot(), chosen=2)
    assert {t.get_text().strip() for t in ax.texts} == {"kept: epoch 2", "training", "validation"}
    with pytest.raises(ValueError, match="expected a column 'auc', got loss, val_loss"):
        plots.learning_curves(history, ax, metric="auc")


def test_histograms_share_their_bins_and_name_their_classes():
    groups = {"normal": [1, 2, 3], "pneumonia": [2, 3, 4]}
    ax = plots.histogram(groups, plt.figure().add_subplot(), xlabel="width (pixels)", bins=3)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(groups)
    assert ax.get_xlabel() == "width (pixels)"
    # One of three in each bin from 1 to 4; and none, one, two.
    for patch, shares in zip(ax.patches, ({0, 1}, {0, 1, 2}), strict=True):
        x, heights = patch.get_xy().T
        assert (x.min(), x.max()) == (1, 4)
        assert set((3 * heights).round(6)) == shares


def test_points_lie_where_they_are_and_are_named():
    clouds = {"normal": ([1, 2], [3, 4]), "pneumonia": ([5], [6])}
    ax = plots.scatter(clouds, plt.figure().add_subplot(), xlabel="a", ylabel="b")
    drawn = [c.get_offsets().tolist() for c in ax.collections]
    assert drawn == [[[1, 3], [2, 4]], [[5, 6]]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(clouds)


def test_a_band_reaches_from_its_lower_to_its_upper_end():
    ax = plots.band([0, 1], [0.2, 0.3], [0.6, 0.9], plt.figure().add_subplot())
    (area,) = ax.collections
    corners = set(map(tuple, area.get_paths()[0].vertices.round(6).tolist()))
    assert corners == {(0, 0.2), (1, 0.3), (0, 0.6), (1, 0.9)}


def test_a_roc_curve_stands_beside_the_line_of_a_coin():
    ax = plots.roc({"network": ([0, 0.1, 1], [0, 0.8, 1])}, plt.figure().add_subplot())
    coin, curve = (line.get_xydata().tolist() for line in ax.lines)
    assert coin == [[0, 0], [1, 1]]
    assert curve == [[0, 0], [0.1, 0.8], [1, 1]]


def test_a_precision_recall_curve_says_what_its_axes_are_and_names_its_lines():
    _, ax = plt.subplots()
    plots.precision_recall({"a": ([1, 0.5, 0], [0.2, 0.6, 1]), "b": ([1, 0], [0.5, 1])}, ax)
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[1, 0.2], [0.5, 0.6], [0, 1]],
        [[1, 0.5], [0, 1]],
    ]
    assert "sensitivity" in ax.get_xlabel()
    assert "precision" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_classes_against_the_rest_are_named_with_their_areas_the_best_on_top():
    _, ax = plt.subplots()
    curves = {
        "COVID-19": ([0, 0.5, 1], [0, 0.5, 1]),
        "normal": ([0, 0, 1], [0, 1, 1]),
        "opacity": ([0, 0.5, 1], [0, 1, 1]),
    }
    plots.one_against_rest(curves, ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "normal  1.000", "opacity  0.750", "COVID-19  0.500",
    ]  # fmt: skip
    _, *lines = ax.lines
    assert [line.get_label() for line in lines] == list(curves)
    shown = ax.get_legend().get_lines()
    assert [line.get_color() for line in shown] == [lines[i].get_color() for i in (1, 2, 0)]
    assert len({line.get_color() for line in lines}) == len({x.get_linestyle() for x in lines}) == 3
    assert "rest" in ax.get_xlabel()


def test_unknown_names_take_colours_that_no_known_one_has():
    chosen = style.looks(["a", "b", "normal", "c"])
    assert len({how.colour for how in chosen}) == 4
    assert chosen[2] == style.LOOKS["normal"]
    assert style.looks("abcde") == [*style.OTHERS, style.OTHERS[0]]


def test_learning_panels_draw_each_metric():
    history = pd.DataFrame({"loss": [3, 2], "val_loss": [3, 2], "accuracy": [0.5, 0.6], "auc": 1})
    axes = plots.learning_panels(history, ("loss", "accuracy", "auc"), chosen=1)
    assert axes.shape == (2, 2)
    assert [ax.get_ylabel() for ax in axes.flat[:3]] == ["loss", "accuracy", "auc"]
    assert all("kept: epoch 1" in {t.get_text() for t in ax.texts} for ax in axes.flat[:3])
    assert [len(ax.lines) for ax in axes.flat] == [3, 2, 2, 0]  # with the mark of the epoch
    assert not axes[1, 1].axison


def seeds(mean, n):
    mean = np.array(mean, float)
    index = range(1, len(mean) + 1)
    return pd.DataFrame({"mean": mean, "low": mean - 1, "high": mean + 2, "n": n}, index)


def test_curves_over_seeds_say_what_the_band_is():
    frames = {"training": seeds([3, 2, 1], [4, 4, 2]), "validation": seeds([4, 3, 3], [4, 4, 2])}
    ax = plots.curves_over_seeds(frames, plt.figure().add_subplot(), ylabel="loss")
    assert ax.get_ylabel() == "loss: mean and range of 4 runs"
    assert ax.get_xlabel() == "epoch (2 of 4 runs reach the last)"
    assert {t.get_text() for t in ax.texts} == {"training", "validation"}
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [4, 3, 3])
    edge = ax.collections[1].get_paths()[0].vertices
    assert (edge[:, 1].min(), edge[:, 1].max()) == (2, 6)


def test_curves_over_seeds_need_the_same_epochs():
    ax = plt.figure().add_subplot()
    plots.curves_over_seeds({"training": seeds([1], 3)}, ax, ylabel="loss")
    assert ax.get_xlabel() == "epoch"
    frames = {"training": seeds([1], 3), "validation": seeds([1, 2], 3)}
    with pytest.raises(ValueError, match="got training 1, validation 2"):
        plots.curves_over_seeds(frames, ax, ylabel="loss")


def test_feature_maps_take_their_own_ramp_or_one():
    maps = np.stack([np.arange(6.0).reshape(2, 3), np.full((2, 3), 9.0)], axis=-1)
    own = plots.feature_maps(maps, ["a", "b"])
    assert [ax.images[0].get_clim() for ax in own.flat] == [(0, 5), (9, 9)]
    shared = plots.feature_maps(maps, shared=True)
    assert [ax.images[0].get_clim() for ax in shared.flat] == [(0, 9), (0, 9)]
    for ax in own.flat:
        assert ax.images[0].get_cmap().name == "gray"
        assert ax.get_aspect() == 1
    np.testing.assert_array_equal(own.flat[0].images[0].get_array(), maps[..., 0])
    assert [ax.get_title() for ax in own.flat] == ["a", "b"]


def test_feature_maps_of_one_pixel_or_one_row_are_drawn():
    assert plots.feature_maps(np.ones((1, 1, 3))).shape == (1, 3)
    assert plots.feature_maps(np.ones((1, 5, 3))).flat[0].images[0].get_array().shape == (1, 5)


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 2), (4, 4, 0)])
def test_feature_maps_are_of_one_picture(shape):
    with pytest.raises(ValueError, match=r"\(H, W, C\), got .*maps\[0\]"):
        plots.feature_maps(np.zeros(shape))
