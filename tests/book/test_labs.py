"""What all labs share, in a real browser: colours, frames, links, speed, no JavaScript."""

import functools

import numpy as np
import pytest
from scipy.signal import correlate2d

from cxrlib.models import scratch
from cxrlib.teaching import labs
from tests.book.lab_pages import (
    choose,
    lab_in,
    link_of,
    link_tail,
    make_image,
    numbers,
    runs,
    scores,
    seen,
    shortcut,
    value,
)
from tests.book.looking import TOO_WIDE, serious, turn


@functools.cache
def made():
    """Return one of each by its name; what is slow to make is made once."""
    one = make_image(40, 40)
    every = (
        labs.neuron_lab(),
        labs.kernel_lab(one),
        labs.pooling_lab(one),
        labs.augmentation_lab(one),
        labs.threshold_lab(scores()),
        labs.leak_lab(runs()),
        shortcut(),  # 3 × 4,096 answers
    )
    return {lab.kind: lab for lab in every}


def all_labs():
    return tuple(made().values())


KINDS = ("neuron", "kernel", "pooling", "augmentation", "threshold", "leak", "shortcut")
NAMES = [f"{kind}_lab" for kind in KINDS]
FITS = TOO_WIDE.replace(".bd-article *", "body *")


def test_they_fit_can_be_read_and_follow_the_system_s_colours(show):
    tab = show(*all_labs()).tab
    for width in (1280, 390):
        for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 27, 34)")):
            turn(tab, width, scheme)
            assert tab.evaluate(FITS) == []
            assert serious(tab) == []
            grounds = "[...document.querySelectorAll('.cxr-lab')].map(e => getComputedStyle(e)"
            assert set(tab.evaluate(f"{grounds}.backgroundColor)")) == {ground}


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_s_choice_of_colours_comes_first(show, dark):
    theme = ' data-theme="light"' if dark else ' data-theme="dark"'
    tab = show(labs.neuron_lab(), dark=dark, theme=theme).tab
    ground = tab.evaluate("getComputedStyle(document.querySelector('.cxr-lab')).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if dark else "rgb(22, 27, 34)")
    assert serious(tab) == []


def test_they_work_in_a_notebook_s_sandboxed_frame(show):
    visit = show(*all_labs(), framed=True)
    frame = visit.tab.frames[1]
    kernel, pooling, one = (lab_in(frame, f"{n}_lab") for n in ("kernel", "pooling", "neuron"))
    choose(kernel, "Kernel", "sharpen")
    expected = correlate2d(make_image(40, 40).astype(float), scratch.SHARPEN, "valid")
    np.testing.assert_allclose(numbers(kernel), expected, atol=1e-3)
    choose(pooling, "Size", "4")
    assert numbers(pooling).shape == (10, 10)
    one.locator("input[type=range]").first.fill("2")
    assert value(one, ".sum") == pytest.approx(2)
    for lab, text in (
        (kernel, "#kernel_lab=kernel:0,-1,0,"),
        (pooling, "#pooling_lab=pool_size:4;"),
    ):
        lab.get_by_role("button", name="Copy link").click()
        assert lab.locator(".lab-link input").input_value().startswith(text)
        assert "Copy this text" in lab.locator(".lab-link output").inner_text()


def test_without_javascript_an_image_and_a_sentence_stand_there(show):
    tab = show(*all_labs(), java_script_enabled=False).tab
    for name, drawing in (
        ("neuron_lab", "svg .dots circle"),
        ("kernel_lab", "img"),
        ("pooling_lab", "img"),
        ("augmentation_lab", "img"),
        ("threshold_lab", ".roc svg .point"),
        ("leak_lab", ".promise svg .mean"),
        ("shortcut_lab", "img"),
    ):
        lab = lab_in(tab, name)
        assert lab.locator(drawing).first.is_visible()
        assert lab.get_by_text("A still image.").is_visible()
        assert lab.get_by_text("Try first").is_visible()


def test_with_javascript_the_still_is_gone(show):
    tab = show(*all_labs()).tab
    assert tab.locator(".still").count() == tab.get_by_text("A still image.").count() == 0


def test_two_of_a_kind_do_not_disturb_each_other(show):
    x = make_image()
    pair = labs.kernel_lab(x, name="first"), labs.kernel_lab(x, kernel="blur", name="second")
    tab = show(*pair, labs.neuron_lab(name="n1"), labs.neuron_lab(name="n2")).tab
    first, second = (lab_in(tab, name) for name in ("first", "second"))
    untouched = numbers(second)
    choose(first, "Kernel", "Sobel y")
    choose(first, "Stride", "2")
    first.locator("input.lab-number").nth(4).fill("9")
    assert np.array_equal(numbers(second), untouched)
    assert second.get_by_role("radio", name="blur").is_checked()
    lab_in(tab, "n1").locator("input[type=range]").first.fill("-3")
    assert value(lab_in(tab, "n2"), ".loss") != value(lab_in(tab, "n1"), ".loss")
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) > 20


def test_nothing_is_left_in_the_page_s_globals(show):
    names = "() => Object.getOwnPropertyNames(window).sort()"
    bare = show().tab.evaluate(names)
    assert show(*all_labs()).tab.evaluate(names) == bare


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
        lab.locator("input[type=range]").nth(1).fill("3"),
    ),
    "augmentation_lab": lambda lab: (
        lab.get_by_role("button", name="article 4").click(),
        lab.get_by_label("Gamma, above 1 darker, typed").fill("0,9"),
        choose(lab, "Comes in from outside", "other side (wrap)"),
    ),
    "threshold_lab": lambda lab: (type_in(lab, 0, "0.51"), choose(lab, "Show", "test")),
    "leak_lab": lambda lab: (
        lab.locator("input[type=range]").press("ArrowRight"),
        choose(lab, "Labels", "drawn by lot"),
    ),
    "shortcut_lab": lambda lab: (
        choose(lab, "Image", "C"),
        lab.locator(".squares button").nth(5).click(),
        choose(lab, "A press on a square", "marks my guess"),
        lab.locator(".squares button").nth(4).click(),
    ),
}


def type_in(lab, which, text):
    lab.locator("input.lab-number").nth(which).fill(text)


def test_a_link_brings_the_state_back(show):
    tab = show(*all_labs()).tab
    before = {name: seen(lab_in(tab, name)) for name in NAMES}
    for name in NAMES:
        CHANGES[name](lab_in(tab, name))
    texts = {name: seen(lab_in(tab, name)) for name in NAMES}
    tails = {name: link_tail(lab_in(tab, name)) for name in NAMES}
    assert link_of(lab_in(tab, "kernel_lab")) == tab.url + tails["kernel_lab"]
    assert tails["shortcut_lab"].endswith("=picture:2;covered:32;square:4;press:mark;guess:4")
    again = show(*all_labs(), tail="#" + "&".join(tail[1:] for tail in tails.values())).tab
    later = show(*all_labs()).tab  # a link followed on the open page
    for name in NAMES:
        assert before[name] != texts[name] == seen(lab_in(again, name))
        assert link_tail(lab_in(again, name)) == tails[name]
        later.evaluate("tail => { location.hash = tail }", tails[name])
        assert seen(lab_in(later, name)) == texts[name]


def test_a_link_that_is_out_of_date_goes_away(show):
    lab = lab_in(show(labs.pooling_lab(make_image())).tab, "pooling_lab")
    assert "translate_x:1;" in link_of(lab)
    assert lab.locator(".lab-link input").is_visible()
    lab.locator("input[type=range]").first.fill("3")
    assert not lab.locator(".lab-link input").is_visible()
    assert "translate_x:3;" in link_of(lab)


def test_a_broken_link_changes_nothing(show):
    tab = show(*all_labs()).tab
    usual = [seen(lab_in(tab, name)) for name in NAMES]
    for tail in (
        "#kernel_lab=stride:9;padding:full;kernel:1,2;row:-1;column:x&neuron_lab=w1:1e9;activation:no",
        "#kernel_lab=%E0%A4%A&pooling_lab",
        "#pooling_lab=pool_size:1.5;stride:0;mode:min;translate_x:NaN&augmentation_lab=rotation:99",
        "#augmentation_lab=zoom_x:x;horizontal_flip:0.5;fill_mode:grey",
        "#threshold_lab=set:7;threshold:2;prevalence:0;missed:x&leak_lab=grouped:x;variant:5",
        "#shortcut_lab=picture:9;covered:4096;press:no;guess:12",
    ):
        tab.evaluate("tail => { location.hash = tail }", tail)
        assert [seen(lab_in(tab, name)) for name in NAMES] == usual
    opened = show(*all_labs(), tail="#kernel_lab=%E0%A4%A&pooling_lab").tab
    assert [seen(lab_in(opened, name)) for name in NAMES] == usual


BAD_NUMBERS = [
    ("neuron_lab", 0, {"ten": "not a number", "": "empty", "1e9": "outside −5 to 5"}, "-2.25"),
    ("pooling_lab", 0, {"1.5": "not a whole number", "5": "outside 0 to 4", "": "empty"}, "2"),
    ("augmentation_lab", 3, {"79": "outside 80 to 120", "": "empty", "x": "not a"}, "101.5"),
    ("threshold_lab", 0, {"2": "outside 0 to 1.01"}, "0.4"),
]


@pytest.mark.parametrize(("name", "which", "bad", "good"), BAD_NUMBERS)
def test_what_is_no_number_is_said_and_changes_nothing(show, name, which, bad, good):
    lab = lab_in(show(made()[name]).tab, name)
    before, problem = link_tail(lab), lab.locator(".slider .problem").nth(which)
    for text, says in bad.items():
        type_in(lab, which, text)
        assert says in problem.inner_text()
        assert link_tail(lab) == before
    type_in(lab, which, good)
    assert problem.inner_text() == ""
    assert link_tail(lab) != before


def test_labels_and_live_answers_for_those_who_listen(show):
    tab = show(*all_labs()).tab
    bare = tab.evaluate(
        "[...document.querySelectorAll('.cxr-lab input')]"
        ".filter(e => !e.labels.length && !e.ariaLabel).length"
    )
    assert bare == 0
    assert (
        tab.locator(".cxr-lab fieldset > legend").count()
        == tab.locator(".cxr-lab fieldset").count()
    )
    assert (
        tab.locator(".cxr-lab canvas:not([role=img][aria-label]):not([aria-hidden])").count() == 0
    )
    assert tab.locator("[aria-live=polite]").count() >= 5
    view = lab_in(tab, "kernel_lab").locator(".lab-view").first
    lab_in(tab, "kernel_lab").get_by_role("radio", name="Sobel x").focus()
    tab.keyboard.press("Tab")
    assert view.evaluate("e => e === document.activeElement && e.matches(':focus-visible')")
    assert view.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


COUNTED = """() => {
  window.told = 0;
  const watch = new MutationObserver((found) => (window.told += found.length));
  for (const region of document.querySelectorAll("[aria-live=polite], output:not([aria-live])"))
    watch.observe(region, { childList: true, characterData: true, subtree: true });
}"""


@pytest.mark.parametrize("name", ["neuron_lab", "kernel_lab", "pooling_lab"])
def test_a_passing_mouse_is_not_heard_and_a_place_chosen_is_heard_once(show, name):
    tab = show(made()[name]).tab
    view = lab_in(tab, name).locator(".lab-view").first
    tab.wait_for_timeout(600)  # what the page says when it is there
    tab.evaluate(COUNTED)
    box = view.bounding_box()
    for i in range(8):
        tab.mouse.move(box["x"] + box["width"] * (i + 1) / 9, box["y"] + box["height"] / 2)
    tab.mouse.move(1, 1)
    tab.wait_for_timeout(600)
    assert tab.evaluate("window.told") == 0
    for _ in range(3):
        view.press("ArrowRight")
    tab.wait_for_timeout(600)
    assert tab.evaluate("window.told") == 1
    tab.evaluate("delete window.told")


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


@pytest.mark.parametrize("name", ["neuron_lab", "kernel_lab", "pooling_lab", "shortcut_lab"])
def test_a_finger_that_goes_up_scrolls_past_and_changes_nothing(show, name):
    tab = show(made()[name], width=390, has_touch=True).tab
    tab.set_viewport_size({"width": 390, "height": 500})
    lab = lab_in(tab, name)
    touched = lab.locator(".squares" if name == "shortcut_lab" else ".lab-view").first
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
    tab = show().tab
    tab.evaluate("document.body.dataset.jpThemeLight = 'false'")
    kernel = labs.kernel_lab(make_image())
    tab.evaluate(AS_JUPYTERLAB, kernel._repr_html_() + labs.neuron_lab()._repr_html_())
    lab = lab_in(tab, "kernel_lab")
    choose(lab, "Stride", "2")
    assert numbers(lab).shape == (10, 8)
    assert lab.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(22, 27, 34)"
    assert link_of(lab).startswith("#kernel_lab=kernel:-1,0,1,")
    assert lab.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_long_numbers_still_fit_on_a_phone(show):
    tab = show(*all_labs(), width=390).tab
    for i in range(9):
        lab_in(tab, "kernel_lab").locator("input.lab-number").nth(i).fill("-999.123456")
    choose(lab_in(tab, "pooling_lab"), "Size", "4")
    for i in range(3):
        lab_in(tab, "neuron_lab").locator("input.lab-number").nth(i).fill("-4.1234")
    assert tab.evaluate(FITS) == []
    spilled = (
        "[...document.querySelectorAll('.cxr-lab *')].filter(e => e.scrollWidth > e.clientWidth + 1"
    )
    spilled += " && e.clientWidth && !e.matches('input, svg *, .spoken')).map(e => e.className)"
    assert tab.evaluate(spilled) == []


def test_nothing_glides_for_those_who_asked_for_stillness(show):
    tab = show(labs.pooling_lab(make_image()), reduced_motion="reduce").tab
    times = "[...document.querySelectorAll('.cxr-lab *')].map(e => getComputedStyle(e).{})"
    assert set(tab.evaluate(times.format("transitionDuration"))) == {"0s"}
    assert set(tab.evaluate(times.format("animationDuration"))) == {"0s"}
