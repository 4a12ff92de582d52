"""The icons' font: in the built book, and cut from the theme's."""

import base64
import io
import re
import sys
from pathlib import Path

import pydata_sphinx_theme
from fontTools.ttLib import TTFont

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import icons

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static" / icons.THEME
FACE = re.compile(r"@font-face{[^}]*?font-weight:(\d+)[^}]*?base64,([^\"]*)\"[^}]*}")
SEARCH, BARS = 0xF002, 0xF0C9


def glyphs(style):
    """Return code point → number of its glyph's contours, of all fonts in a style sheet."""
    found = {}
    for _, data in FACE.findall(style):
        font = TTFont(io.BytesIO(base64.b64decode(data)))
        outlines = font["glyf"]
        for point, name in font.getBestCmap().items():
            found[point] = max(found.get(point, 0), outlines[name].numberOfContours)
    return found


def test_every_icon_of_the_book_has_its_glyph_and_the_font_is_small(html, pages):
    style = (html / "_static" / "icons.css").read_text(encoding="utf-8")
    theme = (html / "_static" / icons.THEME).read_text(encoding="utf-8")
    drawn, known = {point for point, contours in glyphs(style).items() if contours}, 0
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        for name in set(re.findall(r'class="[^"]*?\bfa[srb]? (?:[^"]* )?(fa-[a-z-]+)', text)):
            rule = re.search(rf'\.{name}:before[^{{]*{{content:"\\([0-9a-f]+)"', theme)
            if rule:  # others say how large, or which font
                assert int(rule[1], 16) in drawn, f"{page}: {name}"
                known += 1
    assert known > len(pages)
    assert len(style) < 20_000


def test_pages_take_the_font_and_no_script(html, pages):
    assert not list(html.glob("_static/scripts/fontawesome*"))
    sheet, style = ((html / "_static" / f"{name}.css").read_text() for name in ("book", "icons"))
    fonts = re.findall(r"data:font/woff;base64,[^)\"]+", style)
    assert fonts
    assert all(font in sheet for font in fonts)
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        assert "fontawesome.js" not in text, page


def test_a_cut_font_holds_what_is_wanted_and_nothing_else():
    style = icons.faces(THEME, {SEARCH, BARS, ord("Ж")})
    assert set(glyphs(style)) == {SEARCH, BARS}
    assert style.count("@font-face") == 1  # the outlines and the brands have neither
    assert "unicode-range:U+F002, U+F0C9}" in style
    assert len(style) < 3_000
    assert icons.faces(THEME, {ord("Ж")}) == ""


def test_names_and_characters_are_read_from_style_sheets():
    style = r'.fa-bars:before,.fa-navicon:before{content:"\f0c9"}.a{content:"\f107"}'
    assert icons.code_points(style) == {"fa-bars": BARS, "fa-navicon": BARS}
    assert icons.drop_rules(style, {"fa-navicon", "fa-none"}) == style
    assert icons.drop_rules(style, {"fa-none"}) == r'.a{content:"\f107"}'
    assert icons.written_in(style + ".b{--bell:'\uf0eb'}") == {0xF107, 0xF0EB}


def test_icons_are_hidden_from_those_who_listen():
    page = '<i class="fas fa-list"></i><span class="fa-solid fa-list"></span><i class="x">a</i>'
    hidden = icons.ICON.sub(r'<\1 aria-hidden="true" ', page)
    assert hidden.count('aria-hidden="true"') == 2
    assert icons.ICON.sub("", hidden) == hidden
