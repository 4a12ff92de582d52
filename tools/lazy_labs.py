"""Labs on pages that are no chapters, such as the index: loaded when the reader comes near.

A page asks for one with ``<div class="lab-slot" data-lab="network_lab"></div>``. It is taken from
the executed chapter that shows it: markup, styles and still image go into the page, and the script,
by far the largest part, into a file of its own, which ``course.js`` loads after the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from cxrlib import files

SLOT = re.compile(r'<div class="lab-slot" data-lab="(\w+)">\s*</div>')
MADE = re.compile(r'<div class="cxr-lab"[^>]* data-lab="(\w+)"')
SCRIPTS = Path("book", "_static", "labs")


def read_labs(notebooks: Iterable[Path], wanted: set[str]) -> dict[str, str]:
    """Return the HTML of wanted labs, each from the first notebook that shows it."""
    found: dict[str, str] = {}
    for notebook in notebooks:
        for cell in nbformat.read(notebook, as_version=4).cells:
            for output in cell.get("outputs", []):
                page = output.get("data", {}).get("text/html", "")
                made = MADE.search(page)
                if made and made[1] in wanted:
                    found.setdefault(made[1], page)
    return found


def fill_slots(stage: Path, notebooks: Iterable[Path]) -> list[str]:
    """Put labs where the staged pages want them; return those that no notebook shows.

    Such a slot is taken off the page.
    """
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(stage.glob("book/*.md"))}
    wanted = {kind for text in pages.values() for kind in SLOT.findall(text)}
    if not wanted:
        return []
    labs = read_labs(notebooks, wanted)
    for kind, lab in labs.items():
        script = lab.partition("<script>")[2].partition("</script>")[0]
        files.write_text(stage / SCRIPTS / f"{kind}.js", script)

    def filled(slot: re.Match) -> str:
        if slot[1] not in labs:
            return ""
        markup = labs[slot[1]].partition("<script>")[0]
        # In a raw block, since Markdown ends HTML at an empty line.
        return (
            f'````{{raw}} html\n<div class="lab-slot" data-lab="{slot[1]}">\n{markup}</div>\n````'
        )

    for page, text in pages.items():
        if SLOT.search(text):
            files.write_text(page, SLOT.sub(filled, text))
    return sorted(wanted - set(labs))
