import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from cxrlib.data import augmentation
from cxrlib.teaching import labs
from cxrlib.teaching.labs.augmentation import LIMITS, VERDICTS
from tests.book.lab_pages import make_image
from tests.teaching.test_labs import config, stills


def test_recipes_are_those_of_augment():
    recipes = config(labs.augmentation_lab(make_image()))["recipes"]
    names = ["none", "plausible", "article-0", "article-3", "article-4"]
    assert list(recipes) == ["as it is", "plausible", "article 0", "article 3", "article 4"]
    theirs = [asdict(augmentation.PRESETS[name]) for name in names]
    assert list(recipes.values()) == json.loads(json.dumps(theirs))
    for recipe in theirs:  # the page draws all settings together, and tosses a coin for flips
        assert (recipe["one_of"], recipe["flip_probability"]) == ((), 0.5)


@pytest.mark.parametrize("name", augmentation.PRESETS)
def test_sliders_and_links_reach_as_far_as_every_recipe(name):
    drawn = augmentation.random_transforms(name, 500, np.random.default_rng(0))
    columns = dict(zip(augmentation.Transform._fields, drawn.T, strict=True))
    for key, (low, high) in LIMITS.items():
        unit = 1 if key in ("rotation", "shear", "gamma") else 100
        assert low - 1e-4 <= unit * columns[key].min(), key
        assert high + 1e-4 >= unit * columns[key].max(), key


def test_start_is_said_in_degrees_and_percent():
    given = {"rotation": 3, "translate_x": 0.07, "zoom": 1.1, "contrast": 0.9}
    made = labs.augmentation_lab(make_image(), **given, horizontal_flip=True, fill_mode="wrap")
    values = [3, 7, 0, 110, 110, 0, 1, 0, 90, 0, 1, "wrap"]
    fields = (*augmentation.Transform._fields, "fill_mode")
    assert config(made)["start"] == dict(zip(fields, values, strict=True))


def test_the_still_shows_the_image_as_it_is_and_changed():
    one = make_image(12, 20)
    before, after = stills(labs.augmentation_lab(one, horizontal_flip=True))
    assert np.array_equal(before, one)
    assert np.array_equal(after, one[:, ::-1])
    moved = stills(labs.augmentation_lab(one, translate_x=0.2, fill_mode="constant"))[1]
    assert np.array_equal(moved, np.pad(one, ((0, 0), (4, 0)))[:, :20])
    darker = stills(labs.augmentation_lab(np.full((8, 8), 128), brightness=-0.2))[1]
    assert np.all(darker == 77)


def test_every_setting_has_a_verdict_for_any_distance():
    for verdicts in VERDICTS.values():
        *limits, last = [verdict.up_to for verdict in verdicts]
        assert last is None
        assert limits == sorted(limits)
        order = [("yes", "rarely", "no").index(verdict.word) for verdict in verdicts]
        assert order == sorted(order)


def test_each_setting_of_the_plausible_recipe_is_called_plausible():
    recipe = augmentation.PRESETS["plausible"]
    shares = {
        key: getattr(recipe, key) for key in ("translation", "zoom", "contrast", "brightness")
    }
    reaches = {key: 100 * share for key, share in shares.items()}
    for key, reach in {**reaches, "rotation": recipe.rotation, "gamma": 1 + recipe.gamma}.items():
        assert VERDICTS[key][0].word == "yes"
        assert reach <= VERDICTS[key][0].up_to


def outside(setting, side=64):
    """Return the percent of pixels that come from outside a square image."""
    turn = np.radians(setting.rotation)
    middle, place = (side - 1) / 2, np.mgrid[:side, :side]
    y = place[0] - middle - setting.translate_y * side
    x = place[1] - middle - setting.translate_x * side
    across = (np.cos(turn) * x + np.sin(turn) * y) / setting.zoom_x
    down = (np.cos(turn) * y - np.sin(turn) * x) / setting.zoom_y
    return 100 * np.mean(np.maximum(np.abs(across), np.abs(down)) > side / 2 + 1e-3)


def test_nor_does_the_border_that_a_plausible_draw_makes_up_speak_against_it():
    recipe = augmentation.PRESETS["plausible"]
    reach, zoom = recipe.translation, 1 - recipe.zoom
    farthest = augmentation.Transform(recipe.rotation, reach, reach, zoom, zoom)
    assert 20 < outside(farthest) <= VERDICTS["outside"][0].up_to
    drawn = augmentation.random_transforms("plausible", 300, np.random.default_rng(0))
    assert max(outside(augmentation.Transform(*one)) for one in drawn) <= outside(farthest)


def test_it_opens_on_a_draw_from_its_recipe_unless_told_otherwise():
    drawn = augmentation.random_transforms("article-3", 1, np.random.default_rng(0))[0]
    opened = config(labs.augmentation_lab(make_image(), recipe="article 3"))
    assert opened["drawn"] == "article 3"
    assert opened["start"]["rotation"] == pytest.approx(drawn[0], abs=0.05)
    told = config(labs.augmentation_lab(make_image(), fill_mode="wrap"))
    assert (told["drawn"], told["start"]["rotation"]) == (None, 0)
    with pytest.raises(ValueError, match="`recipe` as one of 'as it is'"):
        labs.augmentation_lab(make_image(), recipe="article 7")


def test_other_labs_do_not_wait_for_tensorflow():
    code = "import sys; from cxrlib.teaching import labs; labs.neuron_lab()"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
