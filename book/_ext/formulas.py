"""Sphinx extension: formulas are MathML when the page is made, so no script has to draw them.

Browsers draw MathML themselves, in the colour and size of the text around it, and screen readers
read it. Few devices have a font that says how: STIX Two Math comes along, cut to what is used.
"""

import re
import unicodedata
from html import unescape
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from fontTools import subset
from latex2mathml import exceptions
from latex2mathml.converter import convert
from sphinx.errors import ExtensionError

NAME = "mathml"
FONT = "STIXTwoMath-Regular.ttf"
REFUSED = tuple(error for name, error in vars(exceptions).items() if name.endswith("Error"))


def to_mathml(tex: str, display: str) -> str:
    """Return a formula as MathML.

    Parameters
    ----------
    tex : str
        As between dollars.
    display : {"inline", "block"}

    Raises
    ------
    ExtensionError
        If it is no TeX that can be read.
    """
    try:
        made = convert(tex, display=display)
    except REFUSED as error:
        raise ExtensionError(f"expected a formula in TeX, got {tex!r} ({error!r}).") from None
    if unknown := re.search(r"\\\w+", made):
        raise ExtensionError(f"expected commands of TeX, got {unknown[0]} in {tex!r}. Use another.")
    return made


def visit_inline(self, node):
    """Write a formula in a line."""
    self.body.append(f'<span class="math">{to_mathml(node.astext(), "inline")}</span>')
    raise nodes.SkipNode


def visit_block(self, node):
    """Write a formula on a line of its own; one that is wider than the screen scrolls."""
    formula = to_mathml(node.astext(), "block")
    self.body.append(self.starttag(node, "div", f"{formula}</div>", CLASS="math"))
    raise nodes.SkipNode


FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
# A letter alone is drawn as the italic one of mathematics, Latin or Greek.
ITALIC = [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]


ROOT_SIGN = 0x221A  # drawn by the browser where MathML says that there is a root


def used(pages):
    """Return the code points that the formulas of pages need."""
    text = "".join(re.sub("<[^>]*>", "", one) for page in pages for one in FORMULA.findall(page))
    letters = set(unescape(text))
    italic = {code for code in ITALIC if unicodedata.normalize("NFKC", chr(code)) in letters}
    return {ord(letter) for letter in letters} | italic | {ROOT_SIGN}


def write_font(app, error):
    """Write ``formulas.woff``, which the style sheet names."""
    if error is not None or app.builder.format != "html":
        return
    pages = (path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html"))
    options = subset.Options(flavor="woff", glyph_names=False, layout_features=["ssty"])
    with subset.load_font(str(files("ziamath.fonts") / FONT), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=used(pages))
        cutter.subset(font)
        subset.save_font(font, str(Path(app.outdir, "_static", "formulas.woff")), options)


def setup(app):
    """Make this the way in which formulas are written."""
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_block, None))
    app.config.html_math_renderer = NAME
    app.connect("build-finished", write_font)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
