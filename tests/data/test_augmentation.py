import numpy as np
import pytest
from scipy import ndimage

from cxrlib.data import DataError, augmentation
from cxrlib.data.augmentation import PRESETS, Augmentation, Transform
from tests.float32 import assert_close


def make_image(rows=40, columns=32, seed=0):
    noise = np.random.default_rng(seed).uniform(0, 255, (rows, columns))
    return ndimage.gaussian_filter(noise, 2).astype("float32")


def changed(image, recipe=None, **setting):
    every = Augmentation(rotation=1, contrast=1, gamma=1)
    settings = np.array([Transform(**setting)], "float32")
    return augmentation.apply_transforms(
        image[None, :, :, None], settings, recipe or every
    ).numpy()[0, :, :, 0]


def by_scipy(image, s):
    """Do the same with SciPy: flip, zoom, shear, turn about the middle, move."""
    turn, lean = np.deg2rad(s.rotation), np.deg2rad(s.shear)
    # Rows first: the turn is clockwise where rows run downwards.
    forward = (
        np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        @ np.array([[1, np.tan(lean)], [0, 1]])
        @ np.diag([s.zoom_y, s.zoom_x])
        @ np.diag([1 - 2 * s.vertical_flip, 1 - 2 * s.horizontal_flip])
    )
    back = np.linalg.inv(forward)
    middle = (np.array(image.shape) - 1) / 2
    moved = np.array([s.translate_y * image.shape[0], s.translate_x * image.shape[1]])
    return ndimage.affine_transform(
        image.astype(float), back, middle - back @ (middle + moved), order=1, mode="nearest"
    )


@pytest.mark.parametrize(
    "setting",
    [
        Transform(rotation=-35, translate_x=0.1, translate_y=-0.2),
        Transform(zoom_x=1.2, zoom_y=0.8, shear=20),
        Transform(vertical_flip=1, translate_y=0.1),
        Transform(50, translate_x=-0.2, zoom_x=0.9, zoom_y=1.1, shear=10, horizontal_flip=1),
    ],
)
def test_it_moves_images_as_scipy_does(setting):
    image = make_image()
    assert_close(changed(image, **setting._asdict()), by_scipy(image, setting), rel=1e-4)


def test_a_positive_turn_is_clockwise_and_moves_go_right_and_down():
    image = np.zeros((21, 21), "float32")
    image[2, 10] = 200  # above the middle
    assert np.unravel_index(changed(image, rotation=90).argmax(), image.shape) == (10, 18)
    moved = changed(image, translate_x=1 / 21, translate_y=2 / 21)
    assert np.unravel_index(moved.argmax(), image.shape) == (4, 11)


@pytest.mark.parametrize(
    ("fill", "comes_in"),
    [("nearest", lambda p: p[:, :1]), ("constant", lambda p: 0 * p[:, :1]),
     ("wrap", lambda p: p[:, -1:])],
)  # fmt: skip
def test_what_comes_in_from_outside(fill, comes_in):
    image = make_image(32, 32)
    moved = changed(image, Augmentation(translation=0.1, fill_mode=fill), translate_x=1 / 32)
    assert_close(moved, np.hstack([comes_in(image), image[:, :-1]]))


def test_exposure_is_gamma_then_contrast_about_the_mean_then_brightness():
    image = make_image()
    grey = (image / 255) ** 1.2
    by_hand = 255 * np.clip((grey - grey.mean()) * 1.3 + grey.mean() + 0.1, 0, 1)
    ours = changed(image, contrast=1.3, brightness=0.1, gamma=1.2)
    assert_close(ours, by_hand, rel=4e-5)


def test_nothing_to_do_changes_nothing_and_colours_change_alike():
    images = make_image()[None, :, :, None]
    np.testing.assert_array_equal(augmentation.augment_images(images, "none"), images)
    colour = np.repeat(images, 3, axis=3).round().astype(np.uint8)
    out = augmentation.augment_images(colour, Augmentation(rotation=9, gamma=0.2))
    assert_close(out[..., 0], out[..., 2])


@pytest.mark.parametrize("name", PRESETS)
def test_drawn_settings_stay_within_the_recipe(name):
    recipe = PRESETS[name]
    drawn = augmentation.random_transforms(recipe, 2000, np.random.default_rng(0))
    s = Transform(*drawn.T)
    assert drawn.dtype == np.float32
    for moved, reach in (
        (s.rotation, recipe.rotation), (s.shear, recipe.shear), (s.brightness, recipe.brightness),
        (s.translate_x, recipe.translation), (s.translate_y, recipe.translation),
        (s.zoom_x - 1, recipe.zoom), (s.zoom_y - 1, recipe.zoom),
        (s.contrast - 1, recipe.contrast), (np.log(s.gamma), np.log1p(recipe.gamma)),
    ):  # fmt: skip
        for side in (moved.max(), -moved.min()):  # the whole range is used, to both sides
            assert 0.95 * reach <= side <= reach + 1e-6
    assert np.array_equal(s.zoom_x, s.zoom_y) == (not recipe.anisotropic_zoom)
    assert set(s.horizontal_flip) == {0, int(recipe.horizontal_flip)}
    assert set(s.vertical_flip) == {0, int(recipe.vertical_flip)}


def test_same_seed_same_copies_and_values_stay_in_range():
    images = np.stack([make_image(seed=i) for i in range(5)])[..., None]
    first, again, other = (
        augmentation.augment_images(images, "article-4", seed=s) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == images.shape
    assert 0 <= first.min() <= first.max() <= 255


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (0, 8, 8, 1)])
def test_one_image_alone_is_told_how_to_come(shape):
    with pytest.raises(DataError, match=r"\(N, H, W, C\)"):
        augmentation.augment_images(np.zeros(shape))


# ---- what is drawn

JITTER = {"contrast": 0.2, "brightness": 0.2}
AFFINE = {"rotation": 10, "shear": 2, "translation": 0.1, "fill_mode": "constant"}
MIRROR = {"horizontal_flip": True, "flip_probability": 1}
ONE_OF_THREE = augmentation.get({"one_of": [JITTER, AFFINE, MIRROR]})


def drawn_from(recipe, n, seed=0):
    return augmentation.random_transforms(recipe, n, np.random.default_rng(seed))


def choice_of(row):
    """Say which of the three recipes drew a transform, if exactly one did."""
    s, same = Transform(*row), Transform()
    differ = {name for name in s._fields if getattr(s, name) != getattr(same, name)}
    kinds = [{"contrast", "brightness"}, {"rotation", "translate_x", "translate_y", "shear"},
             {"horizontal_flip"}]  # fmt: skip
    assert differ in kinds
    return kinds.index(differ)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_draw_the_numbers_that_recorded_runs_drew(name):
    recipe, rng, n = PRESETS[name], np.random.default_rng(7), 50
    reach = [recipe.rotation, recipe.translation, recipe.translation, recipe.zoom]
    columns = [rng.uniform(m - r, m + r, n) for m, r in zip((0, 0, 0, 1), reach, strict=True)]
    z = recipe.zoom
    columns.append(rng.uniform(1 - z, 1 + z, n) if recipe.anisotropic_zoom else columns[-1])
    columns.append(rng.uniform(-recipe.shear, recipe.shear, n))
    columns += [rng.integers(2, size=n) * f for f in (recipe.horizontal_flip, recipe.vertical_flip)]
    columns.append(rng.uniform(1 - recipe.contrast, 1 + recipe.contrast, n))
    columns.append(rng.uniform(-recipe.brightness, recipe.brightness, n))
    g = np.log1p(recipe.gamma)
    columns.append(np.exp(rng.uniform(-g, g, n)))
    np.testing.assert_array_equal(drawn_from(recipe, n, 7), np.float32(columns).T)


def test_flips_are_as_frequent_as_asked_for():
    for p in (0, 0.2, 0.5, 1):
        recipe = Augmentation(horizontal_flip=True, vertical_flip=True, flip_probability=p)
        s = Transform(*drawn_from(recipe, 4000).T)
        for flipped in (s.horizontal_flip, s.vertical_flip):
            assert flipped.mean() == pytest.approx(p, abs=0.03 * (0 < p < 1))
        both = (s.horizontal_flip * s.vertical_flip).mean()
        assert both == pytest.approx(p**2, abs=0.03)  # each by itself
    assert not drawn_from(Augmentation(flip_probability=1), 10)[:, 6:8].any()


def test_each_image_gets_one_of_several_recipes_each_as_often():
    chosen = [choice_of(row) for row in drawn_from(ONE_OF_THREE, 6000)]
    np.testing.assert_allclose(np.bincount(chosen) / 6000, 1 / 3, atol=0.02)
    within = {"one_of": [MIRROR, {"one_of": [JITTER, AFFINE]}]}
    chosen = [choice_of(row) for row in drawn_from(within, 6000)]
    np.testing.assert_allclose(np.bincount(chosen) / 6000, [1 / 4, 1 / 4, 1 / 2], atol=0.02)


def test_one_of_several_changes_an_image_as_that_one_alone():
    images = np.stack([make_image(32, 40, seed=i) for i in range(12)])[..., None]
    drawn = drawn_from(ONE_OF_THREE, len(images))
    changed = augmentation.augment_images(images, ONE_OF_THREE)
    chosen = [choice_of(row) for row in drawn]
    assert set(chosen) == {0, 1, 2}
    for i, choice in enumerate(chosen):
        alone = ONE_OF_THREE.one_of[choice]
        wanted = augmentation.apply_transforms(images[i : i + 1], drawn[i : i + 1], alone)
        assert_close(changed[i], wanted[0])
        if choice == 2:
            assert_close(changed[i], images[i, :, ::-1])


def test_gamma_of_one_among_several_is_not_lost():
    image = np.full((1, 8, 8, 1), 100.0)
    recipe = {"one_of": [{"gamma": 0.5}, {"gamma": 0.5, "horizontal_flip": True}]}
    (gamma,) = Transform(*drawn_from(recipe, 1).T).gamma
    by_hand = np.full_like(image, 255 * (100 / 255) ** gamma)
    assert_close(augmentation.augment_images(image, recipe), by_hand)
