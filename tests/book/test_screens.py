import sys

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import screens

HASH, OTHER = "a" * 64, "b" * 64
FIGURE = f'<img alt="A chest." src="../_images/{HASH}.png" />'


def test_a_figure_becomes_a_picture_for_each_colour_and_width():
    known = {f"{HASH}-{name}.png" for name in ("dark", "phone", "phone-dark")}
    page = screens.pictures(f"<p>{FIGURE}</p>", known)
    assert page.count("<picture") == page.count('alt="A chest."') == 2
    for name in ("", "-dark", "-phone", "-phone-dark"):
        assert f"../_images/{HASH}{name}.png" in page
    assert page.startswith('<p><picture class="only-light">')


def test_a_figure_that_fits_a_phone_has_no_narrow_source():
    assert "<source" not in screens.pictures(FIGURE, {f"{HASH}-dark.png"})


def test_other_images_stay_as_they_are():
    others = f'<img alt="x" src="../_static/logo.png"> <img alt="y" src="../_images/{OTHER}.png">'
    assert screens.pictures(others, {f"{HASH}-dark.png"}) == others
