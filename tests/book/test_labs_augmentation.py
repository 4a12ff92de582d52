"""augmentation_lab in a real browser, against data.augmentation."""

import numpy as np
import pytest

from cxrlib.data import augmentation
from cxrlib.teaching import labs
from cxrlib.teaching.labs.augmentation import BUTTONS, VERDICTS
from tests.book.lab_pages import choose, lab_in, link_of, make_image, numbers, value
from tests.book.looking import TOO_WIDE, serious, turn

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
    {
        "rotation": 50,
        "zoom": 0.8,
        "translate_x": 0.2,
        "contrast": 0.6,
        "brightness": 0.3,
        "gamma": 1.6,
    },
)


def expected(x, fill_mode="nearest", zoom=1, **setting):
    values = np.float32([augmentation.Transform(**({"zoom_x": zoom, "zoom_y": zoom} | setting))])
    recipe = augmentation.Augmentation(rotation=1, gamma=1, fill_mode=fill_mode)
    return np.asarray(augmentation.apply_transforms(x[None, :, :, None], values, recipe))[
        0, :, :, 0
    ]


def lab_of(show, *args, tail="", **settings):
    made = labs.augmentation_lab(*(args or (make_image(),)), **settings)
    return lab_in(show(made, tail=tail).tab, "augmentation_lab")


def state(lab):
    pairs = link_of(lab).split("#augmentation_lab=")[1].split(";")
    known = dict(pair.split(":") for pair in pairs)
    fill = known.pop("fill_mode")
    return {key: float(number) for key, number in known.items()} | {"fill_mode": fill}


def setting(known):
    """Return what the page says as data.augmentation takes it, and how it is filled."""
    shares = ("translate_x", "translate_y", "zoom_x", "zoom_y", "contrast", "brightness")
    values = {k: v / 100 if k in shares else v for k, v in known.items() if k != "fill_mode"}
    return values | {"fill_mode": known["fill_mode"]}


def test_every_setting_and_fill_gives_the_numbers_of_augment(show):
    for sides in ((21, 18), (16, 33)):
        x = make_image(*sides)
        made = [
            labs.augmentation_lab(x, **one, fill_mode=fill, name=f"{fill}{i}")
            for fill in FILLS
            for i, one in enumerate(SETTINGS)
        ]
        tab = show(*made).tab
        for fill in FILLS:
            for i, one in enumerate(SETTINGS):
                found = numbers(lab_in(tab, f"{fill}{i}"))
                np.testing.assert_allclose(
                    found, expected(x, fill, **one), atol=CLOSE, err_msg=f"{fill} {one}"
                )


def test_sliders_switches_and_fill_change_the_image(show):
    x = make_image()
    lab = lab_of(show, x)
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
    wanted = expected(
        x,
        "reflect",
        0.9,
        rotation=25,
        translate_x=-0.1,
        translate_y=0.15,
        horizontal_flip=1,
        contrast=1.2,
        brightness=-0.05,
        gamma=1.3,
    )
    np.testing.assert_allclose(numbers(lab), wanted, atol=CLOSE)


def test_draws_stay_within_their_recipes_and_are_drawn_anew(show):
    x = make_image()
    lab = lab_of(show, x, rotation=44, horizontal_flip=True, fill_mode="wrap")
    for text, name in BUTTONS.items():
        recipe, drawn = augmentation.PRESETS[name], []
        for _ in range(12):
            lab.get_by_role("button", name=text, exact=True).click()
            assert lab.locator(".drawn").inner_text() == recipe.description
            drawn.append(setting(state(lab)))
            found = numbers(lab)
            np.testing.assert_allclose(found, expected(x, **drawn[-1]), atol=CLOSE)
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
        flips = {key: getattr(recipe, key) for key in ("horizontal_flip", "vertical_flip")}
        for key, varies in (reaches | flips | {"gamma": recipe.gamma}).items():
            assert (len({one[key] for one in drawn}) > 1) == bool(varies), (text, key)


def test_both_zooms_are_said_and_the_slider_makes_them_alike(show):
    tail = "#augmentation_lab=zoom_x:87;zoom_y:112;shear:0.2"
    lab = lab_of(show, tail=tail)
    assert "87 % across, 112 % down" in lab.locator(".stretched").inner_text()
    assert "0.2°" in lab.locator(".stretched").inner_text()
    found = numbers(lab)
    wanted = expected(make_image(), zoom_x=0.87, zoom_y=1.12, shear=0.2)
    np.testing.assert_allclose(found, wanted, atol=CLOSE)
    assert lab.get_by_label("Zoom (%), typed").input_value() == "99.5"
    lab.get_by_label("Zoom (%)", exact=True).fill("105")
    assert state(lab)["zoom_x"] == state(lab)["zoom_y"] == 105


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
    x = make_image(20, 40)
    made = [labs.augmentation_lab(x, **s, name=f"lab{i}") for i, (s, _) in enumerate(OUTSIDE)]
    tab = show(*made).tab
    for i, (_, percent) in enumerate(OUTSIDE):
        found = value(lab_in(tab, f"lab{i}"), "output[data-rows]", "outside")
        assert found == pytest.approx(percent)
    assert "10 % of this image was not on the original" in lab_in(tab, "lab0").inner_text()


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
    made = [
        labs.augmentation_lab(make_image(), **settings, name=f"lab{i}")
        for i, (settings, *_) in enumerate(SAID)
    ]
    tab = show(*made).tab
    for i, (_, key, word, says) in enumerate(SAID):
        row = lab_in(tab, f"lab{i}").locator(f'.lab-verdicts li[data-key="{key}"]')
        assert row.locator(".word").inner_text() == word
        assert says in row.inner_text()
        assert any(row.inner_text().endswith(verdict.why) for verdict in VERDICTS[key])


def test_the_worst_word_comes_first(show):
    lab = lab_of(show)
    assert lab.locator(".answer").inner_text() == "Yes: the image as it is."
    assert lab.locator(".lab-verdicts li").count() == 0
    lab = lab_of(show, brightness=0.05, horizontal_flip=True)
    assert lab.locator(".answer").inner_text() == "Rarely, because of: mirror."
    lab.get_by_label("upside down").check()
    assert lab.locator(".answer").inner_text() == "No, because of: upside down."
    assert lab.locator(".lab-verdicts li").count() == 3
    assert "Upside down" in lab.locator(".two canvas").nth(1).get_attribute("aria-label")


def test_the_answer_is_said_again_only_when_it_changes(show):
    lab = lab_of(show)
    lab.locator(".answer").evaluate(
        "e => { window.said = 0; new MutationObserver(() => window.said++)"
        ".observe(e, { childList: true, characterData: true, subtree: true }); }"
    )
    turn = lab.get_by_label("Turn clockwise (degrees)", exact=True)
    for degrees in (21, 25, 30, 40):
        turn.fill(str(degrees))
        lab.page.wait_for_timeout(20)
    assert lab.page.evaluate("window.said") <= 2  # the turn, then the border as well


def test_by_keyboard_alone(show):
    tab = show(labs.augmentation_lab(make_image())).tab
    lab, known = lab_in(tab, "augmentation_lab"), set()
    for _ in range(40):
        tab.keyboard.press("Tab")
        focus = tab.evaluate(
            "() => { const e = document.activeElement; const s = e.matches('.pill input')"
            " ? e.nextElementSibling : e; return [e.closest('.cxr-lab') ? (e.ariaLabel ||"
            " (e.labels && e.labels.length ? e.labels[0].textContent : e.textContent)) : '',"
            " getComputedStyle(s).outlineStyle]; }"
        )
        if focus[0] == "Turn clockwise (degrees)":
            tab.keyboard.press("ArrowRight")
            tab.keyboard.press("PageUp")
        if focus[0] == "mirrored":
            tab.keyboard.press("Space")
        if focus[0] == FILLS["nearest"]:
            tab.keyboard.press("ArrowDown")
        if focus[0]:
            assert focus[1] == "solid", focus
            known.add(focus[0])
    assert set(BUTTONS) | {"upside down", "Gamma, above 1 darker, typed"} <= known
    assert state(lab)["horizontal_flip"] == 1
    assert state(lab)["fill_mode"] == "constant"
    assert state(lab)["rotation"] > 1
    turn = lab.get_by_label("Turn clockwise (degrees)", exact=True)
    assert turn.get_attribute("aria-valuetext") == f"{state(lab)['rotation']:g} degrees"
    button = lab.get_by_role("button", name="as it is")
    button.focus()
    tab.keyboard.press("Enter")
    assert state(lab)["rotation"] == state(lab)["horizontal_flip"] == 0


def test_it_fits_and_can_be_read_with_much_to_say(show):
    tail = "#augmentation_lab=rotation:-33.25;translate_x:12.34;translate_y:-19;horizontal_flip:1"
    tail += ";contrast:133;zoom_x:87.6543;zoom_y:112.3456;vertical_flip:1;brightness:29.12"
    lab = lab_of(show, make_image(40, 40), tail=tail)
    assert lab.locator(".lab-verdicts li").count() >= 8
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            turn(lab.page, width, scheme)
            assert lab.page.evaluate(TOO_WIDE.replace(".bd-article *", "body *")) == []
            assert serious(lab.page) == []
