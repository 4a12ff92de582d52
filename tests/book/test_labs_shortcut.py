"""shortcut_lab in a real browser, against the function that its answers come from."""

import functools

import numpy as np
import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import (
    HELPS,
    MOST,
    bands,
    choose,
    corner,
    corner_images,
    cover,
    shortcut,
    value,
)
from tests.book.looking import FITS

made = functools.cache(shortcut)
RNG = np.random.default_rng(0)


@pytest.fixture
def lab(show_one):
    return show_one(made())


def covered(lab):
    return value(lab, ".answer", "covered")


def shares(lab):
    rows = lab.locator(".lab-bars li").all()
    return [float(row.get_attribute("data-probability")) for row in rows]


def squares(lab):
    return lab.locator(".squares button")


def expected(hidden, which=0):
    p = corner(cover(corner_images()[which], hidden)[None, ..., None])[0, 0]
    return [1 - p, p]


def assert_shares(lab, hidden, which=0):
    assert shares(lab) == pytest.approx(expected(hidden, which), abs=1e-3)


def middle(lab, square):
    box = squares(lab).nth(square).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_every_square_gives_the_function_s_numbers_by_mouse(lab):
    hidden = 0
    for square in RNG.permutation(12):
        squares(lab).nth(square).click()
        hidden |= 1 << int(square)
        assert covered(lab) == hidden
        assert squares(lab).nth(square).get_attribute("aria-pressed") == "true"
        assert_shares(lab, hidden)
    squares(lab).nth(3).click()
    assert covered(lab) == 4095 - 8
    lab.get_by_role("button", name="uncover all").click()
    assert covered(lab) == 0


def test_links_reach_any_set_of_any_image(lab):
    for which in range(3):
        for hidden in RNG.integers(0, 4096, 6):
            for fill, grey in ((0, 0), (1, corner_images()[which].mean())):
                tail = f"#shortcut_lab=picture:{which};covered:{hidden};fill:{fill}"
                lab.page.evaluate("tail => { location.hash = tail }", tail)
                image = cover(corner_images()[which], int(hidden), grey=grey)
                answer = corner(image[None, ..., None])[0, 0]
                assert shares(lab) == pytest.approx([1 - answer, answer], abs=1e-3)


def test_it_opens_on_an_image_where_one_square_decides_and_says_so(show_one):
    images = corner_images()[::-1]  # the bright corner comes last
    lab = show_one(labs.shortcut_lab(images, corner, ("normal", "pneumonia")))
    assert lab.get_by_role("radio", name="C", exact=True).is_checked()
    said = "One square decides: with it covered, the answer is no longer pneumonia."
    assert said in lab.locator(".verdict").inner_text()
    given = value(lab, ".answer", "given")
    squares(lab).nth(MOST).click()
    assert value(lab, ".answer", "winner") != given


def test_mean_grey_may_cover_instead_of_black(lab):
    squares(lab).nth(MOST).click()
    choose(lab, "Cover with", "its mean grey")
    grey = corner_images()[0].mean()
    answer = corner(cover(corner_images()[0], 1 << MOST, grey=grey)[None, ..., None])[0, 0]
    assert shares(lab)[1] == pytest.approx(answer, abs=1e-3)
    shade = squares(lab).nth(MOST).evaluate("e => getComputedStyle(e).backgroundColor")
    tone = round(grey)
    assert f"rgb({tone}, {tone}, {tone})" in shade


def test_dragging_covers_or_uncovers_several(lab):
    mouse = lab.page.mouse
    mouse.move(*middle(lab, 0))
    mouse.down()
    for square in (1, 4, 7):
        mouse.move(*middle(lab, square), steps=4)
    mouse.up()
    assert covered(lab) == 0b10010011
    mouse.move(*middle(lab, 10))  # nothing sticks to the mouse
    assert covered(lab) == 0b10010011
    mouse.move(*middle(lab, 4))
    mouse.down()
    for square in (1, 2):  # the second one stays uncovered
        mouse.move(*middle(lab, square), steps=4)
    mouse.move(-5, -5)
    mouse.up()
    assert covered(lab) == 0b10000001
    squares(lab).nth(2).press("Space")  # a key after a drag
    assert covered(lab) == 0b10000101


def test_by_keyboard_alone(lab):
    def press(*keys):
        for key in keys:
            lab.page.keyboard.press(key)
        return covered(lab)

    press("Tab", "Tab", "Tab", "Tab")
    focused = "e => e === document.activeElement && getComputedStyle(e).outlineStyle"
    assert squares(lab).nth(0).evaluate(focused) == "solid"
    assert press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "Space") == 1 << 2
    assert press("ArrowDown", "ArrowLeft", "Enter") == (1 << 2) + (1 << 4)
    assert_shares(lab, 0b10100)
    assert press("Space") == 1 << 2
    press("Tab")
    assert lab.page.evaluate("document.activeElement.textContent") == "uncover all"
    assert press("Tab", "Tab", "Tab", "Enter") == 4095 - (1 << 4)
    press(*["Shift+Tab"] * 4)  # back to the square it stood on
    assert lab.page.evaluate("document.activeElement.ariaLabel") == "row 2, column 2"


def test_buttons_cover_the_lungs_and_all_but_one(lab, show_one):
    lab.get_by_role("button", name="cover the lungs").click()
    assert covered(lab) == sum(1 << i for i in (3, 5, 6, 8))
    assert "4 of 12 squares covered, 100 % of the lungs" in lab.locator(".answer").inner_text()
    squares(lab).nth(MOST).click()
    lab.get_by_role("button", name="cover all but row 1, column 3").click()
    assert covered(lab) == 4095 - (1 << MOST)
    assert "still answers pneumonia" in lab.locator(".answer").inner_text()
    lab.get_by_role("button", name="cover all but the lungs").click()
    assert covered(lab) == 4095 - sum(1 << i for i in (3, 5, 6, 8))
    bare = show_one(shortcut(masks=None, labels=None))
    bare.get_by_role("button", name="cover the lungs").click()
    assert covered(bare) == sum(1 << i for i in (0, 2, 3, 5, 6, 8))
    assert "where they lie in most X-rays" in bare.inner_text()
    assert "lungs" not in bare.locator(".answer").inner_text()
    assert bare.locator(".label").inner_text() == ""


def test_the_answer_changes_with_the_deciding_square(lab):
    text = lab.locator(".answer").inner_text
    assert text().startswith("Nothing covered: the network answers pneumonia, 0.")
    assert lab.locator(".label").inner_text() == "The image's label: pneumonia."
    squares(lab).nth(MOST).click()
    assert text().startswith("1 of 12 squares covered, 0 % of the lungs: the network now answers")
    assert lab.locator(".lab-bars .on .name").inner_text() == "normal"


def test_a_guess_is_judged_in_neutral_words(lab):
    assert lab.locator(".squares span").count() == 0  # nothing is given away before
    assert not lab.locator(".verdict + button").is_visible()
    choose(lab, "A press on a square", "marks my guess")
    squares(lab).nth(HELPS).click()
    assert covered(lab) == 0
    verdict = lab.locator(".verdict")
    assert verdict.get_attribute("data-kind") == "other"
    assert value(lab, ".verdict", "most") == MOST
    bare, after, mine = (expected(m)[1] for m in (0, 1 << MOST, 1 << HELPS))
    for says in (
        f"row 1, column 3 lowers pneumonia from {bare:.3f} to {after:.3f}",
        f"Yours, row 2, column 2, leaves it at {mine:.3f}",
        "It holds 0 % of the lungs",
    ):
        assert says in verdict.inner_text()
    assert squares(lab).nth(HELPS).inner_text() == "guess"
    assert squares(lab).nth(MOST).get_attribute("aria-label") == "row 1, column 3, used most"
    squares(lab).nth(MOST).press("Enter")
    assert verdict.get_attribute("data-kind") == "right"
    assert "Fewest squares that change the answer when they are covered: 1." in verdict.inner_text()
    lab.get_by_role("button", name="cover that one").click()
    assert covered(lab) == 1 << MOST


def test_where_no_square_decides_alone_that_is_said(lab):
    choose(lab, "Image", "B")
    choose(lab, "A press on a square", "marks my guess")
    squares(lab).nth(0).click()
    verdict = lab.locator(".verdict")
    assert verdict.get_attribute("data-kind") == "none"
    assert "No square decides alone" in verdict.inner_text()
    assert "No way to cover these squares changes the answer." in verdict.inner_text()
    choose(lab, "Image", "C")  # a new image, a new guess
    assert verdict.get_attribute("data-kind") == ""
    shown = lab.locator(".images img:not([hidden])")
    assert shown.get_attribute("alt").startswith("Chest X-ray “C”")


def sure(batch):
    """Answer from the mean of the whole image, and be very sure."""
    return 1 / (1 + np.exp(25 - batch.mean((1, 2, 3))[:, None]))


def test_of_several_that_decide_together_the_fewest_are_covered(show_one):
    lab = shortcut(sure)
    fewest = lab.config["cases"][0]["covers"][0]["least"]
    assert fewest.bit_count() > 1
    seen = show_one(lab, tail="#shortcut_lab=picture:0;fill:0;guess:0")
    assert seen.locator(".verdict").get_attribute("data-kind") == "none"
    mine = "" if fewest & 1 else "not "
    assert f"Yours is {mine}one of them." in seen.locator(".verdict").inner_text()
    seen.get_by_role("button", name=f"cover those {fewest.bit_count()}").click()
    assert covered(seen) == fewest
    assert "now answers normal" in seen.locator(".answer").inner_text()


def test_four_classes(show_one):
    names = ("normal", "bacterial pneumonia", "viral pneumonia", "COVID-19")
    lab = show_one(shortcut(bands, names, fill_value="mean", rows=3), width=390)
    assert lab.locator(".lab-bars li").count() == 4
    assert sum(shares(lab)) == pytest.approx(1)
    assert squares(lab).count() == 9
    assert lab.page.evaluate(FITS) == []


def test_on_a_phone_by_finger(show_one):
    lab = show_one(made(), width=390, has_touch=True)
    squares(lab).nth(MOST).tap()
    assert covered(lab) == 1 << MOST
    boxes = [square.bounding_box() for square in squares(lab).all()]
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44


def test_squares_lie_where_they_were_covered(show_one):
    lab = show_one(shortcut(rows=5, columns=2))
    image = lab.locator(".images img").first.bounding_box()
    for i, ends in enumerate(np.rint(np.linspace(0, 48, 6))[:-1]):
        box = squares(lab).nth(2 * i).bounding_box()
        assert box["y"] - image["y"] == pytest.approx(image["height"] * ends / 48, abs=1)
