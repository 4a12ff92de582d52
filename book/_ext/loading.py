"""Sphinx extension: text comes first, and nothing moves when the rest arrives.

Scripts in a page's head run when the page has been read. The search's words are loaded by the
search page only. Images say how large they are, the first one is asked for at once, and heavy ones
are packed better. Code loses the marks that no colour of either style tells from plain text, half
of a long page's elements. A page has its colours from the start: as long as the theme's script has
not chosen them, a figure's light and its dark rendering are both in sight, and both loaded.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from PIL import Image
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Text

# The theme puts these on every page, for a search while typing, which the book does not have.
SEARCH = re.compile(
    r'<script\b[^>]*src="[^"]*?(?:searchtools|language_data|searchindex)\.js[^>]*></script>\s*'
)
WAITING = re.compile(r"<script(?=(?:\s[^>]*)?\ssrc=)(?![^>]*\s(?:defer|async)\b)")
COLOURS = 'localStorage.getItem("theme") || "auto"'
SYSTEM = 'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"'
HEAVY = 100_000  # bytes
AT_ONCE = "documentation_options.js"  # the lines after it use what it says
IMAGE = re.compile(r'<(?:img|source)\b[^>]*?\bsrc(?:set)?="([^"]+)"[^>]*>')
SIZED = re.compile(r"\s(?:width|height|style)=")


def defer_scripts(head: str) -> str:
    """Return a page's head with its scripts waiting, in the order in which they stand."""
    lines = head.split("\n")
    return "\n".join(li if AT_ONCE in li else WAITING.sub("<script defer", li) for li in lines)


def size_images(text: str, folder: Path) -> str:
    """Return the text of a page that lies in ``folder`` with the sizes of its images, in pixels."""

    def sized(match: re.Match) -> str:
        tag, path = match[0], folder / unquote(match[1])
        if SIZED.search(tag) or ":" in match[1] or not path.is_file():
            return tag
        try:
            with Image.open(path) as image:
                width, height = image.size
        except OSError:  # a drawing, SVG: it brings its own
            return tag
        return re.sub(r"^<\w+", rf'\g<0> width="{width}" height="{height}"', tag)

    return IMAGE.sub(sized, text)


def plain_marks(styles: Sequence[str]) -> re.Pattern:
    """Return a pattern of code that each style of Pygments shows like any other text."""
    names = [name for kind, name in STANDARD_TYPES.items() if name and _is_plain(kind, styles)]
    return re.compile(rf'<span class="(?:{"|".join(names)})">([^<]*)</span>')


def _is_plain(kind: tuple[str, ...], styles: Sequence[str]) -> bool:
    found = map(get_style_by_name, styles)
    return all(style.style_for_token(kind) == style.style_for_token(Text) for style in found)


def lighten(folder: Path) -> dict[str, str]:
    """Turn a folder's heavy PNG files into WebP, pixel for pixel; return old name → new name."""
    renamed = {}
    for path in sorted(folder.glob("*.png")):
        if path.stat().st_size > HEAVY:
            with Image.open(path) as image:
                image.save(path.with_suffix(".webp"), lossless=True)
            path.unlink()
            renamed[path.name] = path.with_suffix(".webp").name
    return renamed


def arrange(page: str, path: Path) -> str:
    """Return a page, which lies at ``path``, so that it is read before all of it is there."""
    head, end, body = page.partition("</head>")
    head = head.replace(COLOURS, COLOURS.replace('"auto"', f"({SYSTEM})"))
    if path.name != "search.html":
        head = SEARCH.sub("", head)
    before, article, text = body.partition("<article")
    text = size_images(text, path.parent)
    first = re.search(r"<img\b[^>]*>", text)
    if first and 'loading="lazy"' not in first[0] and "fetchpriority" not in first[0]:
        text = text.replace("<img", '<img fetchpriority="high"', 1)
    return defer_scripts(head) + end + before + article + text


def arrange_all(app, error):
    """Do so to each finished page."""
    if error is not None or app.builder.format != "html":
        return
    renamed = lighten(Path(app.outdir, "_images"))
    themed = app.config.html_theme_options
    plain = plain_marks([themed["pygments_light_style"], themed["pygments_dark_style"]])
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            page = page.replace(f"_images/{old}", f"_images/{new}")
        path.write_text(plain.sub(r"\1", arrange(page, path)), encoding="utf-8")


def setup(app):
    """Do so when the book is built, after figures got their renderings."""
    app.connect("build-finished", arrange_all, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
