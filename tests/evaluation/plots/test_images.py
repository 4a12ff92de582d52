import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv

from cxrlib.evaluation import plots

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 20, 16, 1)).astype("uint8")
Y, X = np.mgrid[:20, :16]
MAPS = np.stack([np.exp(-((Y - y) ** 2 + (X - 8) ** 2) / 20) for y in (4, 10, 15)])
MASKS = np.zeros((3, 20, 16), bool)
MASKS[:, 5:9, 4:12] = True


def test_images_are_grey_and_keep_their_shape():
    axes = plots.image_grid([np.zeros((20, 40)), np.full((30, 30, 1), 255)], ["wide", "square"])
    image = axes.flat[0].images[0]
    assert image.get_cmap().name == "gray"
    assert image.get_clim() == (0, 255)
    assert axes.flat[0].get_aspect() == 1
    assert [ax.get_title() for ax in axes.flat] == ["wide", "square"]
    with pytest.raises(ValueError, match="expected 2 titles, got 1"):
        plots.image_grid([np.zeros((4, 4))] * 2, ["one"])


def test_images_side_by_side_fill_one_row_and_empty_places_of_a_grid_stay_blank():
    assert plots.image_row(*[np.zeros((4, 4))] * 5).shape == (1, 5)
    axes = plots.image_grid([np.zeros((4, 4))] * 5, ncols=3)
    assert axes.shape == (2, 3)
    assert not axes[1, 2].images
    assert not axes[1, 2].axison


def test_weights_share_one_ramp_with_zero_in_the_middle():
    axes = plots.weight_grid(np.stack([np.full((3, 3), -2.0), np.full((3, 3), 1.0)]))
    assert all(ax.images[0].get_clim() == (-2, 2) for ax in axes.flat[:2])
    with pytest.raises(ValueError, match=r"\(N, H, W\)"):
        plots.weight_grid(np.zeros(4))


def test_feature_maps_take_their_own_ramp_or_one():
    maps = np.stack([np.arange(6.0).reshape(2, 3), np.full((2, 3), 9.0)], axis=-1)
    own = plots.feature_map_grid(maps, ["a", "b"])
    assert [ax.images[0].get_clim() for ax in own.flat] == [(0, 5), (9, 9)]
    shared = plots.feature_map_grid(maps, share_range=True)
    assert [ax.images[0].get_clim() for ax in shared.flat] == [(0, 9), (0, 9)]
    np.testing.assert_array_equal(own.flat[0].images[0].get_array(), maps[..., 0])
    assert [ax.get_title() for ax in own.flat] == ["a", "b"]
    numbered = plots.feature_map_grid(np.ones((1, 1, 3)))
    assert [ax.get_title() for ax in numbered.flat] == ["0", "1", "2"]
    assert numbered.shape == (1, 3)


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 2), (4, 4, 0)])
def test_feature_maps_are_of_one_image(shape):
    with pytest.raises(ValueError, match=r"\(H, W, C\), got .*maps\[0\]"):
        plots.feature_map_grid(np.zeros(shape))


def lines(ax):
    """Return the levels of the contour lines that are really there."""
    return [
        level
        for c in ax.collections
        for level, path in zip(c.levels, c.get_paths(), strict=True)
        if len(path)
    ]


def test_each_image_stands_bare_beside_itself_with_heat():
    pairs = plots.overlay_grid(IMAGES, MAPS, titles=["a", "b", "c"], ncols=2)
    assert pairs.shape == (3, 2)
    assert len(plt.gcf().axes) == 8  # two rows of two pairs; the last pair is empty
    for (bare, covered), image, heat in zip(pairs, IMAGES[..., 0], MAPS, strict=True):
        assert [len(bare.images), len(covered.images)] == [1, 2]
        for ax in (bare, covered):
            np.testing.assert_array_equal(ax.images[0].get_array(), image)
        np.testing.assert_array_equal(covered.images[1].get_array(), heat)
    assert [ax.get_title(loc="left") for ax in pairs[:, 0]] == ["a", "b", "c"]


def test_heat_grows_denser_and_never_hides_the_image():
    _, covered = plots.overlay_grid(IMAGES[:1], MAPS[:1])[0]
    colours = covered.images[1].cmap(np.linspace(0, 1, 11))
    assert colours[0, 3] == 0
    assert (np.diff(colours[:, 3]) > 0).all()
    assert colours[-1, 3] < 0.7
    assert np.ptp(rgb_to_hsv(colours[:, :3])[:, 0]) < 1e-6  # one hue: only its density speaks


def test_lines_say_the_same_without_colour():
    _, covered = plots.overlay_grid(IMAGES[:1], MAPS[:1])[0]
    assert lines(covered) == [0.5, 0.8]
    (names,) = [[t.get_text() for t in legend.get_texts()] for legend in plt.gcf().legends]
    assert names == ["50 % and 80 % of full heat"]


def test_a_map_without_heat_leaves_the_image_alone():
    for heat in (np.zeros((1, 20, 16)), np.full((1, 20, 16), -3.0)):
        for vmax in (1.0, None):
            _, covered = plots.overlay_grid(IMAGES[:1], heat, vmax=vmax)[0]
            assert lines(covered) == []
            layer = covered.images[1]
            assert not layer.cmap(layer.norm(heat[0]))[..., 3].any()
            plt.gcf().canvas.draw()


def test_without_a_limit_each_map_runs_to_its_own_highest():
    pairs = plots.overlay_grid(IMAGES[:2], MAPS[:2] * np.array([8, 0.1])[:, None, None], vmax=None)
    assert [covered.images[1].get_clim() for _, covered in pairs] == [(0, 8), (0, 0.1)]
    np.testing.assert_allclose([lines(covered) for _, covered in pairs], [[4, 6.4], [0.05, 0.08]])
    (_, weak) = plots.overlay_grid(IMAGES[:1], MAPS[:1] * 0.6, vmax=1)[0]
    assert lines(weak) == [0.5]  # strengths compare: this one never gets to 0.8


def test_the_mask_is_outlined_on_both_and_unlike_the_heat():
    bare, _ = plots.overlay_grid(IMAGES[:1], MAPS[:1], np.zeros((1, 20, 16)))[0]
    assert not bare.collections  # an empty one has no outline
    bare, covered = plots.overlay_grid(IMAGES[:1], MAPS[:1], MASKS[:1], mask_label="lungs")[0]
    assert [c.levels.tolist() for c in bare.collections] == [[0.5]]
    heat, outline = covered.collections
    assert heat.levels.tolist() == [0.5, 0.8]
    assert heat.get_linestyle()[0][1] is None
    assert outline.get_linestyle()[0][1] is not None  # dashed
    assert [t.get_text() for t in plt.gcf().legends[0].get_texts()][1] == "lungs"
    left, right, low, high = 3.5, 11.5, 4.5, 8.5
    corners = outline.get_paths()[0].vertices
    np.testing.assert_allclose(
        [*corners.min(axis=0), *corners.max(axis=0)], [left, low, right, high], atol=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((IMAGES[0, ..., 0], MAPS[:1]), r"expected images of shape \(N, H, W\).*got \(20, 16\)"),
        ((IMAGES, MAPS[:2]), r"expected maps of .* \(3, 20, 16\), got \(2, 20, 16\)"),
        ((IMAGES, MAPS[:, ::2]), r"got \(3, 10, 16\).*same size"),
        ((IMAGES, MAPS, MASKS[:1]), "expected masks of"),
        ((IMAGES, MAPS, None, ["a"]), "3 titles, got 1"),
    ],
)
def test_what_does_not_belong_together_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        plots.overlay_grid(*arguments)
    for vmax in (0, float("nan")):
        with pytest.raises(ValueError, match="`vmax` above 0, or None, got"):
            plots.overlay_grid(IMAGES, MAPS, vmax=vmax)
