"""Sphinx extension: a page loads one style sheet, with the rules that the book can use.

The theme and its parts bring a dozen sheets, one of which asks for another, and no page is drawn
before the last of them is there. Nine tenths of their rules are for things this book does not have.
"""

import os
import re
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, QualifiedRule

NAME = "book.css"
LINK = re.compile(
    r'<link\b(?=[^>]*rel="stylesheet")[^>]*href="([^"]*_static/)([^"?]+)[^"]*"[^>]*>\s*'
)
IMPORT = re.compile(r"""@import\s*(?:url\()?["']([^"']+)["']\)?\s*;""")
ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|https?:|#|/)([^)"']+)\1\s*\)""")
WORD = re.compile(r"-?[\w-]+")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
MAYBE = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")  # what may be missing, too
GROUPS = ("media", "supports", "layer", "container")


def read_sheet(static: Path, name: str) -> str:
    """Return a style sheet with those that it imports, its addresses as seen from ``static``."""
    path = static / name
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8-sig"), flags=re.DOTALL)

    def rebased(match: re.Match) -> str:
        return f'url("{os.path.relpath(path.parent / match[2], static).replace(os.sep, "/")}")'

    def imported(match: re.Match) -> str:
        return read_sheet(static, os.path.relpath(path.parent / match[1], static))

    return IMPORT.sub(imported, ADDRESS.sub(rebased, text))


def prune(rules: list, seen: set[str]) -> str:
    """Return rules as text, without selectors that ask for a class that nothing names.

    Parameters
    ----------
    rules : list
        As tinycss2 reads them.
    seen : set of str
        All words of all pages and scripts.
    """
    kept = []
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = split(tinycss2.serialize(rule.prelude))
            used = [one for one in selectors if "\\" in one or needed(one) <= seen]
            if used:
                kept.append(f"{','.join(used)}{{{tinycss2.serialize(rule.content).strip()}}}")
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in GROUPS and rule.content:
            inside = tinycss2.parse_blocks_contents(rule.content, True, True)
            if text := prune(inside, seen):
                head = tinycss2.serialize(rule.prelude)
                kept.append(f"@{rule.at_keyword}{head}{{{text}}}")
        elif isinstance(rule, AtRule) and rule.lower_at_keyword != "charset":
            kept.append(rule.serialize())
    return "\n".join(kept)


def needed(selector: str) -> set[str]:
    """Return the classes without which a selector finds nothing."""
    return set(CLASS.findall(MAYBE.sub("", selector)))


def split(selectors: str) -> list[str]:
    """Return selectors that stand with commas between them."""
    return [one.strip() for one in re.split(r",(?![^(]*\))", selectors)]


def merge_styles(app, error):
    """Write the one sheet, and let the finished pages ask for it."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in Path(app.outdir).rglob("*.html")
        if static not in path.parents
    }
    names = list(dict.fromkeys(name for text in pages.values() for _, name in LINK.findall(text)))
    scripts = (path.read_text(encoding="utf-8") for path in static.rglob("*.js"))
    seen = {word for text in (*pages.values(), *scripts) for word in WORD.findall(text)}
    whole = "".join(read_sheet(static, name) for name in names)
    rules = tinycss2.parse_stylesheet(whole, skip_comments=True, skip_whitespace=True)
    (static / NAME).write_text(prune(rules, seen) + "\n", encoding="utf-8")
    for path, text in pages.items():
        if found := LINK.search(text):
            one = f'<link rel="stylesheet" href="{found[1]}{NAME}" />\n'
            rest = LINK.sub("", text[found.end() :])
            path.write_text(text[: found.start()] + one + rest, encoding="utf-8")


def setup(app):
    """Do so when the book is built, and its icons and pages are as they stay."""
    app.connect("build-finished", merge_styles, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
