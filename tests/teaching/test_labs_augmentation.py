import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from cxrlib.data import augmentation
from cxrlib.teaching import labs
from cxrlib.teaching.labs.augmentation import LIMITS, VERDICTS
from tests.teaching.test_labs import config, make_image, stills


def test_recipes_are_those_of_augment():
    recipes = config(labs.augmentation_lab(make_image()))["recipes"]
    names = {"as it is": "none", "plausible": "plausible"} | {
        f"article {i}": f"article-{i}" for i in (0, 3, 4)
    }
    assert recipes == {text: asdict(augmentation.PRESETS[name]) for text, name in names.items()}


@pytest.mark.parametrize("name", augmentation.PRESETS)
def test_sliders_and_links_reach_as_far_as_every_recipe(name):
    drawn = augmentation.random_transforms(name, 500, np.random.default_rng(0))
    for key, column in zip(augmentation.Transform._fields, drawn.T, strict=True):
        if key in ("horizontal_flip", "vertical_flip"):
            continue
        unit = 1 if key in ("rotation", "shear", "gamma") else 100
        low, high = LIMITS[key]
        assert low - 1e-4 <= unit * column.min() <= unit * column.max() <= high + 1e-4, key


def test_start_is_said_in_degrees_and_percent():
    made = labs.augmentation_lab(
        make_image(),
        rotation=3,
        translate_x=0.07,
        zoom=1.1,
        contrast=0.9,
        horizontal_flip=True,
        fill_mode="wrap",
    )
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
        limits = [verdict.up_to for verdict in verdicts]
        assert limits[-1] is None
        assert limits[:-1] == sorted(limits[:-1])
        order = [("yes", "rarely", "no").index(verdict.word) for verdict in verdicts]
        assert order == sorted(order)
        assert all(verdict.why.endswith(".") for verdict in verdicts)


def test_each_setting_of_the_plausible_recipe_is_called_plausible():
    recipe = augmentation.PRESETS["plausible"]
    reaches = {
        "rotation": recipe.rotation,
        "translation": 100 * recipe.translation,
        "zoom": 100 * recipe.zoom,
        "contrast": 100 * recipe.contrast,
        "brightness": 100 * recipe.brightness,
        "gamma": 1 + recipe.gamma,
    }
    for key, reach in reaches.items():
        first = VERDICTS[key][0]
        assert first.word == "yes"
        assert reach <= first.up_to


def test_other_labs_do_not_wait_for_tensorflow():
    code = "import sys; from cxrlib.teaching import labs; labs.neuron_lab()"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
