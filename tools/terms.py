"""Words in bold that the glossary explains become links to it when the book is built.

The chapters stay plain Markdown, the same in JupyterLab and Colab. (Chapters and articles that a
page names become links in ``book/_ext/mentions.py``.)
"""

from __future__ import annotations

import re
from pathlib import Path

# What is code, a link, a tag, a formula or a heading stays as it is.
PROTECTED = re.compile(
    r"```.*?```|`[^`\n]+`|!?\[[^\]]*\]\([^)]*\)|<[^>\n]+>|\$\$.*?\$\$|\$[^$\n]+\$|^#+ [^\n]*",
    re.DOTALL | re.MULTILINE,
)
BOLD = re.compile(r"\*\*([A-Za-z][\w /+'’-]*)\*\*")


def read_terms(glossary: Path) -> dict[str, str]:
    """Return the glossary's terms, lowercase → as written there; none where there is no file."""
    if not glossary.exists():
        return {}
    lines = (line.rstrip() for line in glossary.read_text(encoding="utf-8").splitlines())
    terms = [line for line in lines if line and not line.startswith((" ", ":", "#"))]
    return {term.lower(): term for term in terms}


def find(word: str, terms: dict[str, str]) -> str | None:
    """Return the term that explains a word or its plural; None if there is none."""
    word = word.lower().replace("’", "'")
    return terms.get(word) or terms.get(word.removesuffix("s"))


def link(text: str, terms: dict[str, str]) -> str:
    """Return a cell's Markdown with the first mention of each term turned into a link.

    Parameters
    ----------
    text : str
    terms : dict
        Of :func:`read_terms`.
    """
    linked: set[str] = set()

    def one(match: re.Match) -> str:
        term = find(match[1], terms)
        if term is None or term in linked:
            return match[0]
        linked.add(term)
        return f"**{{term}}`{match[1]} <{term}>`**"

    done, end = [], 0
    for kept in PROTECTED.finditer(text):
        done += [BOLD.sub(one, text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*done, BOLD.sub(one, text[end:])])
