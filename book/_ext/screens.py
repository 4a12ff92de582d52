"""Sphinx extension: each figure in the rendering that fits the screen.

``make book`` lays renderings beside the pages (``screens/``): dark, phone, and phone dark. A
figure that has them becomes two pictures, one for each of the theme's colours, and each of these
offers the browser a narrow one. A browser loads the one that it shows.
"""

import re
from pathlib import Path
from shutil import copy2

PHONE = "(max-width: 600px)"
FIGURE = re.compile(r'<img\b([^>]*?)src="([^"]*?_images/)([0-9a-f]{64})\.png"([^>]*?)/?>')


def pictures(page: str, known: set[str]) -> str:
    """Return a page with its figures as pictures; those without renderings stay.

    Parameters
    ----------
    page : str
        HTML.
    known : set of str
        File names of the renderings.
    """

    def picture(match: re.Match) -> str:
        before, folder, figure, after = match.groups()
        if f"{figure}-dark.png" not in known:
            return match[0]

        def one(look: str, name: str) -> str:
            phone = f"{figure}-phone{name}.png"
            source = f'<source media="{PHONE}" srcset="{folder}{phone}">' if phone in known else ""
            image = f'<img{before}src="{folder}{figure}{name}.png"{after} loading="lazy">'
            return f'<picture class="only-{look}">{source}{image}</picture>'

        return one("light", "") + one("dark", "-dark")

    return FIGURE.sub(picture, page)


def use_renderings(app, error):
    """Put the renderings into the finished book, and into its pages."""
    found = sorted(Path(app.srcdir, "screens").glob("*.png"))
    if error is not None or app.builder.format != "html" or not found:
        return
    for path in found:
        copy2(path, Path(app.outdir, "_images"))
    known = {path.name for path in found}
    for path in Path(app.outdir, "chapters").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        path.write_text(pictures(page, known), encoding="utf-8")


def setup(app):
    """Do so when the book is built."""
    app.connect("build-finished", use_renderings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
