import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from cxrlib.evaluation import plots
from cxrlib.evaluation.plots import screens


@pytest.fixture(autouse=True)
def style():
    with plt.style.context("cxrlib.evaluation.plots.course"):
        yield
    plt.close("all")


def drawn(figure):
    return {
        name: np.asarray(Image.open(io.BytesIO(base64.b64decode(image))).convert("RGBA"))
        for name, image in screens.renderings(figure).items()
    }


def as_png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


def two_panels():
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
    for ax in axes:
        plots.plot_lines(
            np.arange(3), {"training": [1, 2, 3]}, ax=ax, xlabel="epoch", ylabel="loss"
        )
        ax.fill_between([0, 1], [0, 1], color="#1f5f8b", alpha=0.2)
    return figure


def test_a_figure_comes_back_as_it_was():
    figure = two_panels()
    before = as_png(figure)
    screens.renderings(figure)
    assert as_png(figure) == before


@pytest.mark.filterwarnings("error")
def test_a_drawing_keeps_its_sheet():
    figure = plots.draw_neuron().figure
    assert {"dark", "phone"} <= set(drawn(figure))
    assert [ax.get_position().bounds for ax in figure.axes] == [(0, 0, 1, 1)]


def test_a_small_figure_needs_no_rendering_for_a_phone():
    figure, _ = plt.subplots(figsize=(3.5, 3))
    assert list(drawn(figure)) == ["dark"]


def test_panels_stand_under_each_other_on_a_phone():
    phone = drawn(two_panels())["phone"]
    height, width = phone.shape[:2]
    assert height > 1.2 * width
    assert width < screens.PHONE * screens.PHONE_DPI * 1.15


def test_in_the_dark_the_ground_is_gone_and_ink_is_light():
    dark = drawn(two_panels())["dark"].reshape(-1, 4)
    assert (dark[:, 3] == 0).mean() > 0.5
    ink = dark[dark[:, 3] == 255, :3].mean(axis=1)
    assert ink.min() > 80
    assert ink.max() > 200


def test_radiographs_keep_their_greys_in_the_dark():
    xray = np.tile(np.linspace(0, 255, 64), (64, 1))
    plots.image_grid(xray[None], ["an X-ray"], height=2)
    figure = plt.gcf()
    light = np.asarray(Image.open(io.BytesIO(as_png(figure))).convert("RGB"), float)
    dark = drawn(figure)["dark"]
    inside = (slice(light.shape[0] // 2, light.shape[0] // 2 + 20), slice(30, -30))
    np.testing.assert_array_equal(dark[inside][..., :3], light[inside])


def test_rows_that_belong_together_stay_together():
    figure, axes = plt.subplots(2, 4, figsize=(8, 3), height_ratios=[3, 1])
    before = [ax.get_subplotspec() for ax in axes.flat]
    assert "phone" in drawn(figure)
    assert [ax.get_subplotspec() for ax in axes.flat] == before


def test_a_number_above_a_map_asks_for_no_room_on_a_phone():
    maps = np.random.default_rng(0).random((8, 8, 16))
    numbered = plots.feature_map_grid(maps).flat[0].figure
    named = plots.feature_map_grid(maps, [f"conv_1, map {i}" for i in range(16)]).flat[0].figure
    heights = [drawn(figure)["phone"].shape[0] for figure in (numbered, named)]
    assert heights[0] < heights[1] / 2


def scores(**words):
    groups = {"validation": [0.1, 0.2], "test": [0.7, 0.9]}
    figure, axes = plt.subplots(1, 2, figsize=(9, 2.8))
    for ax in axes:
        plots.plot_histogram(groups, ax=ax, xlabel="score")
        ax.set(**words)
    return figure


def test_a_title_over_a_legend_is_told_with_the_screen():
    figure = scores(title="a title as long as a legend")
    assert len(screens.collisions(figure)) == 2
    with pytest.warns(UserWarning, match="'validation, test' on a .*. Shorten one"):
        screens.renderings(figure)


def test_what_collides_on_a_phone_alone_is_told():
    figure = scores()
    for ax in figure.axes:
        ax.set_title("probe, then all", loc="right")
    figure.set_size_inches(12, 2.8)
    with pytest.warns(UserWarning, match="on a phone") as told:
        screens.renderings(figure)
    assert [one for one in told if "wide" in str(one.message)] == []


def test_what_stands_apart_or_is_not_seen_is_not_told():
    assert screens.collisions(scores(title="", ylabel="")) == []
    figure = scores(title="a title as long as a legend")
    for ax in figure.axes:
        ax.title.set_visible(False)
    assert screens.collisions(figure) == []
