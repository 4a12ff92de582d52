"""Formulas of pages that nbconvert made, as MathML: browsers draw it without a script."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

# Code, scripts and styles are passed over, and so are tags, which end at the next ">".
FORMULA = re.compile(
    r"<(pre|code|script|style)\b.*?</\1>|<[^>]*>|\$\$([^$<]+)\$\$|\$([^$<\n]+)\$", re.DOTALL
)


def draw_formulas(page: str) -> str:
    """Return a web page with MathML in place of TeX between dollars."""

    def drawn(found: re.Match) -> str:
        block, line = found[2], found[3]
        if block:
            return convert(html.unescape(block), display="block")
        return convert(html.unescape(line)) if line else found[0]

    return FORMULA.sub(drawn, page)
