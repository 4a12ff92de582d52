"""Putting text on the page: Markdown in a notebook, plain text elsewhere."""

from __future__ import annotations

import re


def in_notebook() -> bool:
    """Say whether a notebook's kernel runs this code."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def say(text: str) -> None:
    """Print a sentence with computed values in it, as Markdown.

    A sentence about a result is never typed into a chapter: it is an f-string that ``say`` prints,
    so that it is as true as the numbers are.
    """
    if in_notebook():
        from IPython.display import Markdown, display

        display(Markdown(text))
    else:
        print(plain(text))


def plain(text: str) -> str:
    """Take the commonest marks out of Markdown."""
    return re.sub(r"\*\*|`|(?<!\S)\*(?=\w)|(?<=\S)\*(?!\w)", "", text)
