from mathml import draw_formulas


def test_formulas_between_dollars_are_drawn_and_code_is_left():
    page = draw_formulas('<p title="a">One $x &lt; 2$.</p>\n$$\n\\frac{a}{b}\n$$\n')
    assert "$" not in page
    assert "<mo>&#x0003C;</mo>" in page
    assert page.count("<math ") == 2
    assert page.index('display="block"') < page.index("<mfrac>")
    for kept in (
        "<pre>$A $B</pre>",
        "<script>`${a}${b}`</script>",
        '<a title="$1 $2">it</a>',
        "5 $",
    ):
        assert draw_formulas(kept) == kept
