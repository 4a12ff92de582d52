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


def test_other_labs_do_not_wait_for_tensorflow():
    code = "import sys; from cxrlib.teaching import labs; labs.neuron_lab()"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
