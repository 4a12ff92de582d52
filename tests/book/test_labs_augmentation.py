"""augmentation_lab in a real browser, against data.augmentation."""

import numpy as np
import pytest

from cxrlib.data import augmentation
from cxrlib.teaching import labs
from cxrlib.teaching.labs.augmentation import BUTTONS, VERDICTS
from tests.book.lab_pages import (
    assert_numbers,
    choose,
    lab_in,
    link_of,
    make_image,
    value,
)

FILLS = {
    "nearest": "edge repeated (nearest)",
    "constant": "black (constant)",
    "reflect": "mirrored (reflect)",
    "wrap": "other side (wrap)",
}
# The script looks places up in float32 as TensorFlow does, yet sines may differ in the last bit:
# 1e-5 pixels, so 1e-5 times the difference of two neighbours. Greys are float32 only in TensorFlow,
# and near black a gamma below 1 magnifies both.
CLOSE = 0.005  # grey levels
SETTINGS = (
    {},
    {"rotation": 12},
    {"rotation": -37, "translate_x": 0.13, "translate_y": -0.08, "zoom": 0.85},
    {"horizontal_flip": True},
    {"vertical_flip": True, "rotation": 5, "zoom": 1.15},
    {"horizontal_flip": True, "vertical_flip": True, "translate_x": -0.2, "translate_y": 0.2},
    {"contrast": 1.4, "brightness": -0.2, "gamma": 0.7},
    {"rotation": 50, "zoom": 0.8, "translate_x": 0.2}
    | {"contrast": 0.6, "brightness": 0.3, "gamma": 1.6},
)


def assert_changed(lab, x, fill_mode="nearest", zoom=1, **setting):
    """Compare what the page shows with what data.augmentation makes of an image."""
    values = [augmentation.Transform(**({"zoom_x": zoom, "zoom_y": zoom} | setting))]
    recipe = augmentation.Augmentation(rotation=1, gamma=1, fill_mode=fill_mode)
    wanted = augmentation.apply_transforms(x[None, :, :, None], np.float32(values), recipe)
    assert_numbers(lab, wanted[0, :, :, 0], CLOSE, f"{fill_mode} {setting}")


def show_several(show, x, settings):
    """Show an image, changed in different ways, on one page; return the labs in order."""
    made = [
        labs.augmentation_lab(x, recipe="as it is", **one, name=f"lab{i}")
        for i, one in enumerate(settings)
    ]
    tab = show(*made)
    return [lab_in(tab, one.name) for one in made]


def state(lab):
    """Return what the page says, in the units of data.augmentation."""
    known = dict(pair.split(":") for pair in link_of(lab).split("=")[1].split(";"))
    fill = known.pop("fill_mode")
    shares = ("translate_x", "translate_y", "zoom_x", "zoom_y", "contrast", "brightness")
    values = {k: float(v) / 100 if k in shares else float(v) for k, v in known.items()}
    return values | {"fill_mode": fill}


@pytest.mark.parametrize("sides", [(21, 18), (16, 33)])
def test_every_setting_and_fill_gives_the_numbers_of_augment(show, sides):
    x, settings = make_image(*sides), [s | {"fill_mode": f} for s in SETTINGS for f in FILLS]
    for lab, one in zip(show_several(show, x, settings), settings, strict=True):
        assert_changed(lab, x, **one)


def test_sliders_switches_and_fill_change_the_image(show_one):
    lab = show_one(labs.augmentation_lab(make_image(), recipe="as it is"))
    for label, number in (
        ("Turn clockwise (degrees)", 25),
        ("Move to the right (%)", -10),
        ("Move down (%)", 15),
        ("Zoom (%)", 90),
        ("Contrast (%)", 120),
        ("Brightness (%)", -5),
        ("Gamma, above 1 darker", 1.3),
    ):
        lab.get_by_label(label, exact=True).fill(str(number))
    lab.get_by_role("group", name="Flip").get_by_role("checkbox", name="mirrored").check()
    choose(lab, "Comes in from outside", FILLS["reflect"])
    wanted = {"rotation": 25, "translate_x": -0.1, "translate_y": 0.15, "horizontal_flip": 1}
    wanted |= {"contrast": 1.2, "brightness": -0.05, "gamma": 1.3}
    assert_changed(lab, make_image(), "reflect", 0.9, **wanted)


def test_draws_stay_within_their_recipes_and_are_drawn_anew(show_one):
    x = make_image()
    lab = show_one(labs.augmentation_lab(x, rotation=44, horizontal_flip=True, fill_mode="wrap"))
    for text, name in BUTTONS.items():
        recipe, drawn = augmentation.PRESETS[name], []
        for _ in range(12):
            lab.get_by_role("button", name=text, exact=True).click()
            assert lab.locator(".drawn").inner_text() == recipe.description
            drawn.append(state(lab))
            assert_changed(lab, x, **drawn[-1])
            if text == "plausible":
                assert lab.locator(".answer").inner_text() == "Yes."
        reaches = {
            **dict.fromkeys(("translate_x", "translate_y"), recipe.translation),
            **dict.fromkeys(("zoom_x", "zoom_y"), recipe.zoom),
            **{k: getattr(recipe, k) for k in ("rotation", "shear", "contrast", "brightness")},
        }
        for one in drawn:
            assert one["fill_mode"] == recipe.fill_mode
            for key, reach in reaches.items():
                middle = 1 if key in ("zoom_x", "zoom_y", "contrast") else 0
                assert abs(one[key] - middle) <= reach + 1e-9, (text, key)
            assert 1 / (1 + recipe.gamma) <= one["gamma"] <= 1 + recipe.gamma
            assert recipe.anisotropic_zoom or one["zoom_x"] == one["zoom_y"]
        others = ("horizontal_flip", "vertical_flip", "gamma")
        for key, varies in (reaches | {key: getattr(recipe, key) for key in others}).items():
            assert (len({one[key] for one in drawn}) > 1) == bool(varies), (text, key)


def test_it_opens_on_an_image_that_no_hospital_would_give_and_says_why(show_one):
    x = make_image(40, 40)
    lab = show_one(labs.augmentation_lab(x))
    assert lab.locator(".drawn").inner_text() == augmentation.PRESETS["article-4"].description
    assert lab.locator(".answer").inner_text().startswith("No, because of: ")
    assert_changed(lab, x, **state(lab))


@pytest.mark.parametrize(("width", "knobs"), [(1280, 8), (390, 4)])
def test_both_images_the_verdict_and_knobs_fit_one_screen(show_one, width, knobs):
    lab = show_one(labs.augmentation_lab(make_image(64, 64)), width=width)
    parts = [*lab.locator("canvas").all(), lab.locator(".answer")]
    parts += lab.locator(".knobs :is(input[type=range], .pill)").all()[:knobs]
    boxes = [part.bounding_box() for part in parts]
    ends = [box["y"] + box["height"] for box in boxes]
    assert max(ends) - min(box["y"] for box in boxes) < 640


def test_both_zooms_are_said_and_the_slider_makes_them_alike(show_one):
    x, tail = make_image(), "#augmentation_lab=zoom_x:87;zoom_y:112;shear:0.2"
    lab = show_one(labs.augmentation_lab(x, recipe="as it is"), tail=tail)
    assert "87 % across, 112 % down" in lab.locator(".stretched").inner_text()
    assert "0.2°" in lab.locator(".stretched").inner_text()
    assert_changed(lab, x, zoom_x=0.87, zoom_y=1.12, shear=0.2)
    assert lab.get_by_label("Zoom (%), typed").input_value() == "99.5"
    lab.get_by_label("Zoom (%)", exact=True).fill("105")
    assert state(lab)["zoom_x"] == state(lab)["zoom_y"] == 1.05


OUTSIDE = [  # percent of an image of 20 × 40 pixels
    ({"translate_x": 0.1}, 10),
    ({"translate_x": 0.1, "translate_y": -0.2}, 28),
    ({"translate_x": 0.01}, 0),  # 0.4 of a pixel
    ({"translate_x": 0.015}, 2.5),  # 0.6
    ({"zoom": 1.2}, 0),
    ({"horizontal_flip": True}, 0),
    ({"zoom": 0.8}, 36),
]


def test_the_share_that_was_not_on_the_image(show):
    settings, percent = zip(*OUTSIDE, strict=True)
    shown = show_several(show, make_image(20, 40), settings)
    found = [value(lab, "output[data-rows]", "outside") for lab in shown]
    assert found == pytest.approx(percent)
    assert "10 % of this image was not on the original" in shown[0].inner_text()


SAID = [
    ({"rotation": 10}, "rotation", "yes", "Turned 10° clockwise"),
    ({"rotation": -10.5}, "rotation", "rarely", "Turned 10.5° anticlockwise"),
    ({"rotation": 21}, "rotation", "no", "taken again"),
    (
        {"translate_x": -0.05, "translate_y": 0.1},
        "translation",
        "yes",
        "5\u00a0% to the left, 10\u00a0% down",
    ),
    ({"translate_x": 0.16}, "translation", "no", "Moved 16\u00a0% to the right: "),
    ({"zoom": 1.1}, "zoom", "yes", "Zoomed to 110 %"),
    ({"zoom": 0.85}, "zoom", "rarely", "Zoomed to 85 %"),
    ({"horizontal_flip": True}, "horizontal_flip", "rarely", "1 in 10,000"),
    ({"vertical_flip": True}, "vertical_flip", "no", "neck at the top"),
    ({"contrast": 0.8}, "contrast", "yes", "Contrast 80 %"),
    ({"contrast": 1.35}, "contrast", "no", "Contrast 135 %"),
    ({"brightness": -0.15}, "brightness", "rarely", "15 % darker"),
    ({"brightness": 0.25}, "brightness", "no", "25 % brighter"),
    ({"gamma": 1 / 1.2}, "gamma", "yes", "Gamma 0.833"),
    ({"gamma": 0.6}, "gamma", "no", "Gamma 0.6"),
]


def test_what_is_said_of_each_setting(show):
    shown = show_several(show, make_image(), [setting for setting, *_ in SAID])
    for lab, (_, key, word, says) in zip(shown, SAID, strict=True):
        row = lab.locator(f'.lab-verdicts li[data-key="{key}"]')
        assert row.locator(".word").inner_text() == word
        assert says in row.inner_text()
        assert any(row.inner_text().endswith(verdict.why) for verdict in VERDICTS[key])


def test_the_worst_word_comes_first(show):
    bare, lab = show_several(
        show, make_image(), [{}, {"brightness": 0.05, "horizontal_flip": True}]
    )
    assert bare.locator(".answer").inner_text() == "Yes: the image as it is."
    assert bare.locator(".lab-verdicts li").count() == 0
    assert lab.locator(".answer").inner_text() == "Rarely, because of: mirror."
    lab.get_by_label("upside down").check()
    assert lab.locator(".answer").inner_text() == "No, because of: upside down."
    assert lab.locator(".lab-verdicts li").count() == 3
    assert "Upside down" in lab.locator(".two canvas").nth(1).get_attribute("aria-label")


FOCUS = """() => {
  const e = document.activeElement;
  const shown = e.matches(".pill input") ? e.nextElementSibling : e;
  const name = e.ariaLabel || e.labels?.[0]?.textContent || e.textContent;
  return [e.closest(".cxr-lab") ? name : "", getComputedStyle(shown).outlineStyle];
}"""


def test_by_keyboard_alone(show_one):
    lab, known = show_one(labs.augmentation_lab(make_image(), recipe="as it is")), set()
    press = lab.page.keyboard.press
    keys = {"Turn clockwise (degrees)": ("ArrowRight", "PageUp"), "mirrored": ("Space",)}
    keys |= {FILLS["nearest"]: ("ArrowDown",)}
    for _ in range(40):
        press("Tab")
        name, outline = lab.page.evaluate(FOCUS)
        for key in keys.get(name, ()):
            press(key)
        if name:
            assert outline == "solid", name
            known.add(name)
    assert set(BUTTONS) | {"upside down", "Gamma, above 1 darker, typed"} <= known
    now = state(lab)
    assert (now["horizontal_flip"], now["fill_mode"]) == (1, "constant")
    assert now["rotation"] > 1
    turn = lab.get_by_label("Turn clockwise (degrees)", exact=True)
    assert turn.get_attribute("aria-valuetext") == f"{now['rotation']:g} degrees"
    lab.get_by_role("button", name="as it is").press("Enter")
    assert state(lab)["rotation"] == state(lab)["horizontal_flip"] == 0
