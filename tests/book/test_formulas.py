import sys

import pytest
from sphinx.errors import ExtensionError

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import formulas


def test_a_formula_becomes_mathml():
    made = formulas.to_mathml(r"\sqrt{v} - \tfrac{1}{2}", "block")
    assert 'display="block"' in made
    assert "<msqrt>" in made
    assert "<mfrac>" in made


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nothing{1}", "a_1_2", r"\frac"])
def test_what_is_no_formula_stops_the_build(tex):
    with pytest.raises(ExtensionError, match=r"expected .* got "):
        formulas.to_mathml(tex, "inline")


def test_a_font_needs_italic_letters_and_the_sign_of_a_root():
    page = "<p>q</p>" + formulas.to_mathml(r"x + \gamma < 1", "inline")
    assert formulas.used([page]) == {*map(ord, "xγ+<1√"), 0x1D465, 0x1D6FE}
