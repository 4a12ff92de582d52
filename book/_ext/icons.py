"""Sphinx extension: icons come from a font that holds those the book uses, and no others.

The theme draws its icons with a script of 1.5 MB that knows all of them. Its style sheet can do
that with three fonts, which are large too. Here the script goes, the style sheet loses the names of
icons that do not occur, and another one, ``icons.css``, brings the few glyphs that do.
"""

import base64
import io
import re
from pathlib import Path

from fontTools import subset
from sphinx.util import logging

THEME = "styles/pydata-sphinx-theme.css"
SCRIPT = re.compile(r'<script\b[^>]*src="([^"]*_static/)scripts/fontawesome\.js[^>]*></script>')
# The script also hid icons from screen readers.
ICON = re.compile(r'<(i|span) (?=class="[^"]*\bfa-[^>]*></)')
NAME = re.compile(r"\bfa-[a-z0-9-]+")
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+){content:"\\([0-9a-f]+)"}')
WRITTEN = re.compile(r"[\ue000-\uf8ff]|\\[ef][0-9a-f]{3}\b")  # Unicode's private area
FACE = re.compile(r"@font-face{[^}]*}")


def code_points(style: str) -> dict[str, int]:
    """Return name → code point of each icon that the theme's style sheet knows."""
    return {
        name: int(code, 16) for names, code in RULE.findall(style) for name in NAME.findall(names)
    }


def drop_rules(style: str, named: set[str]) -> str:
    """Return a style sheet without the rules of icons that are not among the named ones."""
    return RULE.sub(lambda rule: rule[0] if named & set(NAME.findall(rule[1])) else "", style)


def written_in(style: str) -> set[int]:
    """Return the code points of icons that a style sheet puts beside something by itself."""
    found = WRITTEN.findall(RULE.sub("", style))
    return {ord(one) if len(one) == 1 else int(one[1:], 16) for one in found}


def cut(font: Path, wanted: set[int]) -> tuple[bytes, list[int]]:
    """Return the wanted glyphs of a font as WOFF, and the code points that it has of them."""
    options = subset.Options(flavor="woff", name_IDs=[0], layout_features=[], glyph_names=False)
    with subset.load_font(str(font), options) as whole:
        found = sorted(wanted & set(whole.getBestCmap()))
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=found)
        cutter.subset(whole)
        written = io.BytesIO()
        subset.save_font(whole, written, options)
    return written.getvalue(), found


def faces(theme: Path, wanted: set[int]) -> str:
    """Return the theme's font faces with the wanted glyphs inside; the browser prefers these.

    Parameters
    ----------
    theme : Path
        The theme's style sheet, whose fonts it names.
    wanted : set of int
        Code points.
    """
    written = []
    for face in FACE.findall(theme.read_text(encoding="utf-8")):
        named = re.search(r"url\(([^)]*\.ttf)\)", face)
        if named is None or "Awesome" not in face:
            continue
        font, found = cut(theme.parent / named[1], wanted)
        if found:
            data = base64.b64encode(font).decode()
            points = ", ".join(f"U+{point:X}" for point in found)
            source = (
                f'src:url("data:font/woff;base64,{data}") format("woff");unicode-range:{points}'
            )
            written.append(re.sub(r"src:[^}]*", lambda _, source=source: source, face))
    return "\n".join(written)


def use_font(app, error):
    """Write ``icons.css``, and let the finished pages take it in place of the script."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    theme = static / THEME
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    scripts = [path for path in static.glob("scripts/*.js") if path.name != "fontawesome.js"]
    sources = [*pages.values(), *(path.read_text(encoding="utf-8") for path in scripts)]
    rules = theme.read_text(encoding="utf-8") if theme.exists() else ""
    known, named = code_points(rules), {name for text in sources for name in NAME.findall(text)}
    wanted = {known[name] for name in named & set(known)}
    for path in static.rglob("*.css"):
        wanted |= written_in(path.read_text(encoding="utf-8"))
    style = faces(theme, wanted) if known else ""
    if not style:
        logging.getLogger(__name__).warning(
            f"expected icons and their fonts in {THEME}, got none: pages keep the theme's script. "
            "Has the theme changed? See book/_ext/icons.py."
        )
        return
    note = (
        "/* Icons of Font Awesome Free, (c) Fonticons, Inc., SIL OFL 1.1: those that are used. */"
    )
    (static / "icons.css").write_text(f"{note}\n{style}\n", encoding="utf-8")
    theme.write_text(drop_rules(rules, named), encoding="utf-8")
    for path, page in pages.items():
        page = ICON.sub(r'<\1 aria-hidden="true" ', page)
        page = SCRIPT.sub(r'<link rel="stylesheet" href="\1icons.css" />', page)
        path.write_text(page, encoding="utf-8")
    for path in static.glob("scripts/fontawesome.js*"):
        path.unlink()


def setup(app):
    """Do so when the book is built."""
    app.connect("build-finished", use_font)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
