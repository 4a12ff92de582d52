"""Links that the book's pages have and the plain chapters have not.

An article, a chapter and a word in bold that the glossary explains become links when the book is
built. The chapters stay plain Markdown, the same in JupyterLab and Colab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What is code, a link, a tag, a formula or a heading stays as it is.
PROTECTED = re.compile(
    r"```.*?```|`[^`\n]+`|!?\[[^\]]*\]\([^)]*\)|<[^>\n]+>|\$\$.*?\$\$|\$[^$\n]+\$|^#+ [^\n]*",
    re.DOTALL | re.MULTILINE,
)
NEXT = r"(?:(?:, and |, | and | or | to )%s\b)*"
CHAPTER = re.compile(r"\b([Cc]hapters? )(\d\d\b" + NEXT % r"\d\d" + ")")
ARTICLE = re.compile(r"\b([Aa]rticles? )([0-4]\b(?![.]\d| ?%)" + NEXT % "[0-4]" + ")")
BOLD = re.compile(r"\*\*([A-Za-z][\w /-]*)\*\*")
ARTICLES_PAGE = "../book/five-articles.md"


def read_terms(glossary: str) -> dict[str, str]:
    """Return the glossary's terms, lowercase → as written there."""
    lines = (line.rstrip() for line in glossary.splitlines())
    terms = [line for line in lines if line and not line.startswith((" ", ":", "#"))]
    return {term.lower(): term for term in terms}


@dataclass(frozen=True)
class Links:
    """Where a chapter's words lead.

    Attributes
    ----------
    terms : dict
        Of :func:`read_terms`.
    chapters : dict
        Number, such as ``"08"`` → file.
    """

    terms: dict[str, str]
    chapters: dict[str, str]

    @classmethod
    def of_book(cls, glossary: Path, chapters: Iterable[Path]) -> Links:
        """Read them from the book's folder; without a glossary there are no terms."""
        terms = read_terms(glossary.read_text(encoding="utf-8")) if glossary.exists() else {}
        return cls(terms, {path.name[:2]: path.name for path in chapters})

    def add(self, text: str, own: str, *, roles: bool = True) -> str:
        """Return Markdown with the first mention of each target turned into a link.

        Parameters
        ----------
        text : str
            One cell, or one output.
        own : str
            File of the chapter; it does not link to itself.
        roles : bool
            Whether the text may hold Sphinx's roles; outputs may not.
        """
        linked: set[str] = {own}

        def once(word: str, target: str | None) -> str:
            if target is None or target in linked:
                return word
            linked.add(target)
            return f"[{word}]({target})"

        def numbers(match: re.Match, targets: dict[str, str]) -> str:
            first, rest = re.fullmatch(r"(\d+)(.*)", match[2]).groups()
            begin = once(match[1] + first, targets.get(first))
            return begin + re.sub(r"\d+", lambda m: once(m[0], targets.get(m[0])), rest)

        def term(match: re.Match) -> str:
            word = match[1].lower()
            known = self.terms.get(word) or self.terms.get(word.removesuffix("s"))
            if known is None or known in linked:
                return match[0]
            linked.add(known)
            return f"**{{term}}`{match[1]} <{known}>`**"

        articles = {str(i): f"{ARTICLES_PAGE}#article-{i}" for i in range(5)}

        def plain(part: str) -> str:
            part = CHAPTER.sub(lambda m: numbers(m, self.chapters), part)
            part = ARTICLE.sub(lambda m: numbers(m, articles), part)
            return BOLD.sub(term, part) if roles else part

        done, end = [], 0
        for kept in PROTECTED.finditer(text):
            done += [plain(text[end : kept.start()]), kept[0]]
            end = kept.end()
        return "".join([*done, plain(text[end:])])
