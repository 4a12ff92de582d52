"""What all labs share, in a real browser: colours, frames, links, speed, no JavaScript."""

import functools

import numpy as np
import pytest
from scipy.signal import correlate2d

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import (
    assert_numbers,
    choose,
    lab_in,
    link_of,
    link_tail,
    make_image,
    network,
    numbers,
    runs,
    scores,
    seen,
    shortcut,
    slide,
    type_in,
    value,
)
from tests.book.looking import FITS, assert_labs_can_be_read, barriers, turn


@functools.cache
def made():
    """Return one of each by its name; what is slow to make is made once."""
    one = make_image(40, 40)
    every = (
        labs.neuron_lab(activations=("sigmoid", "step", "relu", "tanh")),
        labs.kernel_lab(one),
        labs.pooling_lab(one),
        labs.augmentation_lab(one, recipe="as it is"),
        labs.threshold_lab(scores()),
        labs.leak_lab(runs()),
        shortcut(),  # 3 × 4,096 answers
        network(),
    )
    return {lab.kind: lab for lab in every}


@pytest.fixture
def show_all(show):
    """Open one of each on a page, as `show` does."""
    return lambda **options: show(*made().values(), **options)


def each(page):
    """Return the boxes of a page with one of each, by their names."""
    return {name: lab_in(page, name) for name in made()}


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(22, 27, 34)"
GROUNDS = "[...document.querySelectorAll('.cxr-lab')].map(e => getComputedStyle(e).backgroundColor)"
MUCH_TO_SAY = (
    "#augmentation_lab=rotation:-33.25;translate_x:12.34;translate_y:-19;horizontal_flip:1"
    ";contrast:133;zoom_x:87.6543;zoom_y:112.3456;vertical_flip:1;brightness:29.12"
    "&shortcut_lab=guess:4"
)


def test_they_fit_can_be_read_and_follow_the_system_s_colours(show_all):
    tab = show_all(tail=MUCH_TO_SAY)
    assert each(tab)["augmentation_lab"].locator(".lab-verdicts li").count() >= 8
    for width in (1280, 360):
        for scheme, ground in (("light", LIGHT), ("dark", DARK)):
            turn(tab, width, scheme)
            assert_labs_can_be_read(tab)
            assert set(tab.evaluate(GROUNDS)) == {ground}


@pytest.mark.parametrize(("dark", "theme", "ground"), [(1, "light", LIGHT), (0, "dark", DARK)])
def test_the_page_s_choice_of_colours_comes_first(show, dark, theme, ground):
    tab = show(labs.neuron_lab(), dark=dark, theme=f' data-theme="{theme}"')
    assert tab.evaluate(GROUNDS) == [ground]
    assert barriers(tab) == []


def test_they_work_in_a_notebook_s_sandboxed_frame(show_all):
    lab = each(show_all(framed=True).frames[1])
    kernel, pooling, neuron = (lab[f"{kind}_lab"] for kind in ("kernel", "pooling", "neuron"))
    choose(kernel, "Kernel", "sharpen")
    image = make_image(40, 40).astype(float)
    assert_numbers(kernel, correlate2d(image, scratch.SHARPEN, "valid"))
    choose(pooling, "Size", "4")
    assert numbers(pooling).shape == (10, 10)
    slide(neuron, 2, 0, 0)
    assert value(neuron, ".sum") == pytest.approx(2)
    assert link_of(kernel).startswith("#kernel_lab=kernel:0,-1,0,")
    assert link_of(pooling).startswith("#pooling_lab=pool_size:4;")
    assert "Copy this text" in pooling.locator(".lab-link output").inner_text()


def test_a_still_image_and_a_sentence_stand_there_without_javascript_alone(show_all):
    drawings = {"neuron": ".dots circle", "threshold": ".roc .point", "leak": ".promise .mean"}
    for name, lab in each(show_all(java_script_enabled=False)).items():
        drawing = lab.locator(drawings.get(name.removesuffix("_lab"), "img")).first
        for part in (drawing, lab.get_by_text("A still image."), lab.get_by_text("Try first")):
            assert part.is_visible()
    tab = show_all()
    assert tab.locator(".still").count() == tab.get_by_text("A still image.").count() == 0


def test_two_of_a_kind_do_not_disturb_each_other(show):
    x = make_image()
    pair = labs.kernel_lab(x, name="first"), labs.kernel_lab(x, kernel="blur", name="second")
    tab = show(*pair, labs.neuron_lab(name="n1"), labs.neuron_lab(name="n2"))
    first, second, n1, n2 = (lab_in(tab, name) for name in ("first", "second", "n1", "n2"))
    untouched = numbers(second)
    choose(first, "Kernel", "Sobel y")
    choose(first, "Stride", "2")
    type_in(first, 4, "9")
    assert np.array_equal(numbers(second), untouched)
    assert second.get_by_role("radio", name="blur").is_checked()
    slide(n1, -3)
    assert value(n2, ".loss") != value(n1, ".loss")
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) > 20


def test_nothing_is_left_in_the_page_s_globals(show, show_all):
    names = "() => Object.getOwnPropertyNames(window).sort()"
    assert show_all().evaluate(names) == show().evaluate(names)


CHANGES = {
    "neuron_lab": lambda lab: (type_in(lab, 0, "-1.35"), choose(lab, "Activation", "tanh")),
    "kernel_lab": lambda lab: (
        choose(lab, "Kernel", "blur"),
        type_in(lab, 0, "-2.5"),
        choose(lab, "Stride", "2"),
        choose(lab, "Padding", "same (zeros)"),
        lab.locator(".lab-view").first.press("ArrowLeft"),
    ),
    "pooling_lab": lambda lab: (
        choose(lab, "Size", "3"),
        choose(lab, "Stride", "2"),
        choose(lab, "Keep the", "average"),
        slide(lab, 1, 3),
    ),
    "augmentation_lab": lambda lab: (
        lab.get_by_role("button", name="article 4").click(),
        lab.get_by_label("Gamma, above 1 darker, typed").fill("0,9"),
        choose(lab, "Comes in from outside", "other side (wrap)"),
    ),
    "threshold_lab": lambda lab: (type_in(lab, 0, "0.51"), choose(lab, "Show", "test")),
    "leak_lab": lambda lab: (slide(lab, 1), choose(lab, "Labels", "drawn by lot")),
    "shortcut_lab": lambda lab: (
        choose(lab, "Image", "C"),
        lab.locator(".squares button").nth(5).click(),
        choose(lab, "A press on a square", "marks my guess"),
        lab.locator(".squares button").nth(4).click(),
    ),
    "network_lab": lambda lab: (
        choose(lab, "Picture", "B"),
        lab.get_by_role("button", name="take all back").click(),
        slide(lab, 3, 45),
        lab.locator(".lab-view").first.press("Shift+ArrowUp"),
        lab.locator(".lab-view").first.press("Space"),
        lab.locator(".lab-view").nth(1).press("ArrowLeft"),
        choose(lab, "Activation map of", "the chosen one"),
    ),
}


def test_a_link_brings_the_state_back(show_all):
    tab = show_all()
    before = {name: seen(lab) for name, lab in each(tab).items()}
    for name, lab in each(tab).items():
        CHANGES[name](lab)
    texts = {name: seen(lab) for name, lab in each(tab).items()}
    tails = {name: link_tail(lab) for name, lab in each(tab).items()}
    assert link_of(lab_in(tab, "kernel_lab")) == tab.url + tails["kernel_lab"]
    said = "=picture:2;covered:32;square:4;press:mark;guess:4;fill:0"
    assert tails["shortcut_lab"].endswith(said)
    again = show_all(tail="#" + "&".join(tail[1:] for tail in tails.values()))
    later = show_all()  # a link followed on the open page
    for name in made():
        assert before[name] != texts[name] == seen(lab_in(again, name))
        assert link_tail(lab_in(again, name)) == tails[name]
        later.evaluate("tail => { location.hash = tail }", tails[name])
        assert seen(lab_in(later, name)) == texts[name]


def test_a_link_that_is_out_of_date_goes_away(show_one):
    lab = show_one(made()["pooling_lab"])
    assert "translate_x:1;" in link_of(lab)
    assert lab.locator(".lab-link input").is_visible()
    slide(lab, 3)
    assert not lab.locator(".lab-link input").is_visible()
    assert "translate_x:3;" in link_of(lab)


def test_a_broken_link_changes_nothing(show_all):
    tab = show_all()
    usual = [seen(lab) for lab in each(tab).values()]
    for tail in (
        "#kernel_lab=stride:9;padding:full;kernel:1,2;row:-1;column:x&neuron_lab=w1:1e9;activation:no",
        "#kernel_lab=%E0%A4%A&pooling_lab",
        "#pooling_lab=pool_size:1.5;stride:0;mode:min;translate_x:NaN&augmentation_lab=rotation:99",
        "#augmentation_lab=zoom_x:x;horizontal_flip:0.5;fill_mode:grey",
        "#threshold_lab=set:7;threshold:2;prevalence:0;missed:x&leak_lab=grouped:x;variant:5",
        "#shortcut_lab=picture:9;covered:4096;press:no;guess:12",
        "#network_lab=picture:2;dabs:1,2;radius:0;density:100;map:6;show:none;row:32",
    ):
        tab.evaluate("tail => { location.hash = tail }", tail)
        assert [seen(lab) for lab in each(tab).values()] == usual


BAD_NUMBERS = [
    ("neuron_lab", 0, {"ten": "not a number", "": "empty", "1e9": "outside −5 to 5"}, "-2.25"),
    ("pooling_lab", 0, {"1.5": "not a whole number", "5": "outside 0 to 4"}, "2"),
    ("augmentation_lab", 3, {"79": "outside 80 to 120"}, "101.5"),
    ("threshold_lab", 0, {"2": "outside 0 to 1.01"}, "0.4"),
]


@pytest.mark.parametrize(("name", "which", "bad", "good"), BAD_NUMBERS)
def test_what_is_no_number_is_said_and_changes_nothing(show_one, name, which, bad, good):
    lab = show_one(made()[name])
    before, problem = link_tail(lab), lab.locator(".slider .problem").nth(which)
    for text, says in bad.items():
        type_in(lab, which, text)
        assert says in problem.inner_text()
        assert link_tail(lab) == before
    type_in(lab, which, good)
    assert problem.inner_text() == ""
    assert link_tail(lab) != before


def test_legends_live_answers_and_a_frame_around_what_has_the_focus(show_all):
    tab = show_all()
    assert tab.locator(".cxr-lab fieldset:not(:has(> legend))").count() == 0
    assert tab.locator("canvas:not([role=img][aria-label]):not([aria-hidden])").count() == 0
    assert tab.locator("[aria-live=polite]").count() >= 5
    lab = each(tab)["kernel_lab"]
    lab.get_by_role("radio", name="Sobel x").focus()
    tab.keyboard.press("Tab")
    outline = "e => e.matches(':focus-visible') && getComputedStyle(e).outlineStyle"
    assert lab.locator(".lab-view").first.evaluate(outline) == "solid"


COUNTED = """(regions) => {
  window.told = 0;
  const watch = new MutationObserver((found) => (window.told += found.length));
  for (const region of document.querySelectorAll(regions))
    watch.observe(region, { childList: true, characterData: true, subtree: true });
}"""


@pytest.mark.parametrize("name", ["neuron_lab", "kernel_lab", "pooling_lab", "network_lab"])
def test_a_passing_mouse_is_not_heard_and_a_place_chosen_is_heard_once(show, name):
    tab = show(made()[name])
    view = tab.locator(".lab-view").first
    tab.wait_for_timeout(600)  # what the page says when it is there
    tab.clock.install(time=0)
    tab.clock.pause_at(9)  # however slow the machine is, no time passes between two keys
    tab.evaluate(COUNTED, "[aria-live=polite], output:not([aria-live])")
    box = view.bounding_box()
    for i in range(8):
        tab.mouse.move(box["x"] + box["width"] * (i + 1) / 9, box["y"] + box["height"] / 2)
    tab.mouse.move(1, 1)
    tab.clock.run_for(600)
    assert tab.evaluate("window.told") == 0
    for _ in range(3):
        view.press("ArrowRight")
    tab.clock.run_for(600)
    assert tab.evaluate("window.told") == 1


def test_an_answer_is_said_again_only_when_it_changes(show_one):
    lab = show_one(made()["augmentation_lab"])
    lab.page.evaluate(COUNTED, ".answer")
    for degrees in (21, 25, 30, 40):
        slide(lab, degrees)
        lab.page.wait_for_timeout(20)
    assert 1 <= lab.page.evaluate("window.told") <= 2  # the turn, then the border as well


def swipe(tab, right=0, down=0, steps=10):
    """Draw a finger over the page, from a place in the upper middle of a phone."""
    hand = tab.context.new_cdp_session(tab)
    for i in range(steps + 1):
        at = {"x": 195 + right * i / steps, "y": 250 + down * i / steps}
        kind = "touchMove" if i else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        tab.wait_for_timeout(16)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.wait_for_timeout(100)


TO_TOP = "e => scrollTo(0, e.getBoundingClientRect().y + scrollY - 150)"


@pytest.mark.parametrize(
    "name", ["neuron_lab", "kernel_lab", "pooling_lab", "shortcut_lab", "network_lab"]
)
def test_a_finger_that_goes_up_scrolls_past_and_changes_nothing(show_one, name):
    lab = show_one(made()[name], width=390, has_touch=True)
    tab, touched = lab.page, lab.locator(".squares, .lab-view").first
    tab.set_viewport_size({"width": 390, "height": 500})
    link = link_tail(lab)
    touched.evaluate(TO_TOP)
    before = tab.evaluate("scrollY")
    swipe(tab, down=-150)
    assert tab.evaluate("scrollY") > before + 50
    assert link_tail(lab) == link
    touched.evaluate(TO_TOP)
    swipe(tab, right=-100)
    assert tab.evaluate("scrollY") == before
    assert link_tail(lab) != link  # sideways it moves what it touches


AS_JUPYTERLAB = """(page) => {
  const place = document.querySelector("main");
  place.innerHTML = page;
  for (const script of place.querySelectorAll("script")) {
    const copy = document.createElement("script");
    copy.textContent = script.textContent;
    script.replaceWith(copy);
  }
}"""


def test_they_start_where_html_is_put_in_later_as_jupyterlab_does(show):
    tab = show()
    tab.evaluate("document.body.dataset.jpThemeLight = 'false'")
    kernel = labs.kernel_lab(make_image())
    tab.evaluate(AS_JUPYTERLAB, kernel._repr_html_() + labs.neuron_lab()._repr_html_())
    lab = lab_in(tab, "kernel_lab")
    choose(lab, "Stride", "2")
    assert numbers(lab).shape == (10, 8)
    assert tab.evaluate(GROUNDS) == [DARK, DARK]
    assert link_of(lab).startswith("#kernel_lab=kernel:-1,0,1,")
    assert lab.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_long_numbers_still_fit_on_a_phone(show_all):
    tab = show_all(width=390)
    lab = each(tab)
    type_in(lab["kernel_lab"], 0, *["-999.123456"] * 9)
    choose(lab["pooling_lab"], "Size", "4")
    type_in(lab["neuron_lab"], 0, *["-4.1234"] * 3)
    assert tab.evaluate(FITS) == []
    spilled = (
        "[...document.querySelectorAll('.cxr-lab *')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && e.clientWidth && !e.matches('input, svg *, .spoken')).map(e => e.className)"
    )
    assert tab.evaluate(spilled) == []


def test_nothing_glides_for_those_who_asked_for_stillness(show):
    tab = show(made()["pooling_lab"], reduced_motion="reduce")
    times = "[...document.querySelectorAll('.cxr-lab *')].map(e => getComputedStyle(e).{}Duration)"
    for kind in ("transition", "animation"):
        assert set(tab.evaluate(times.format(kind))) == {"0s"}
