"""Claims: statements about results that the machine checks on every run."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from cxrlib.teaching.page import in_notebook, plain, say

MIME = "application/vnd.cxr.claims+json"  # how a finished page hands its claims to make_book


class ClaimFailed(AssertionError):  # noqa: N818  (a name from the design)
    """A statement of the chapter does not hold on this run."""


@dataclass
class Claim:
    """One statement: ``holds`` says whether it is true, ``enforced`` whether it had to be."""

    chapter: str
    statement: str
    value: object
    holds: bool
    enforced: bool
    source: str | None = None


@dataclass
class _Book:
    chapter: str = "(no chapter)"
    quick: bool = False
    claims: list[Claim] = field(default_factory=list)


_book = _Book()


def start(chapter: str, *, quick: bool = False) -> None:
    """Forget earlier claims and begin a chapter."""
    _book.chapter, _book.quick, _book.claims = chapter, bool(quick), []


def claim(statement: str, holds: bool, value: object = None) -> None:
    """Record a statement, and show it with a tick.

    Parameters
    ----------
    statement : str
        A whole sentence, true for any seed and any source of pictures.
    holds : bool
        The comparison that decides.
    value : optional
        The number or numbers behind it: float, int, str, or a tuple, list or dict of them.

    Raises
    ------
    ClaimFailed
        If it does not hold in a run at default size.
    """
    if isinstance(holds, str) or np.ndim(holds) != 0:
        raise TypeError(
            f"expected `holds` to be True or False, got {type(holds).__name__}. "
            "Write claim(statement, comparison, value); for arrays use .all()."
        )
    value = _json_able(value)
    # The same sentence from a cell that was run twice counts once.
    _book.claims = [c for c in _book.claims if c.statement != statement]
    made = Claim(_book.chapter, statement, value, bool(holds), not _book.quick)
    _book.claims.append(made)
    shown = f" ({_text(value)})" if value is not None else ""
    if holds:
        say(f"✓ {statement}{shown}")
    elif _book.quick:
        say(f"*Not so on this quick sample, and not asked for:* {statement}{shown}")
    else:
        raise ClaimFailed(
            f"{_book.chapter}: expected that the following holds, but it does not{shown}: "
            f"{plain(statement)} Look at the cell's numbers: has the data or the code changed, or "
            "is the sentence too strong?"
        )


def collected() -> list[dict]:
    """Return the claims so far: chapter, statement, value, holds, enforced, source."""
    return [asdict(c) for c in _book.claims]


def claims_table(cases: pd.DataFrame | None = None) -> None:
    """Show all claims of the chapter as a table; with ``cases``, the pictures' source too."""
    source = None if cases is None else cases.attrs.get("source")
    for made in _book.claims:
        made.source = source or made.source
    if not _book.claims:
        say("No claim was checked.")
        return
    if not in_notebook():
        print(_as_text())
        return
    from IPython.display import display

    bundle = {"text/html": _as_html(), "text/plain": _as_text(), MIME: collected()}
    display(bundle, raw=True)


def _verdict(made: Claim) -> tuple[str, str]:
    if made.holds:
        return "✓", "holds"
    return ("✗", "does not hold") if made.enforced else ("–", "not asked for (quick run)")


def _as_text() -> str:
    rows = [
        f"{' '.join(_verdict(c))}: {plain(c.statement)} [{_text(c.value)}]" for c in _book.claims
    ]
    return "\n".join(rows)


def _as_html() -> str:
    # The mark leads the statement: on a narrow page the book hides the last column.
    left = 'style="text-align:left"'
    titles = ("Statement", "Measured", "Checked")
    head = "".join(f'<th scope="col" {left}>{title}</th>' for title in titles)
    rows = "".join(
        f"<tr><td {left}>{mark} {html.escape(plain(c.statement))}</td>"
        f"<td {left}>{html.escape(_text(c.value))}</td>"
        f"<td {left}>{words}</td></tr>"
        for c in _book.claims
        for mark, words in [_verdict(c)]
    )
    source = _book.claims[0].source
    note = f"Pictures: {'phantoms' if source == 'phantoms' else 'real X-rays'}. " if source else ""
    note += "Every statement was checked by the code when this page was made."
    return (
        '<table class="dataframe claims">'
        f'<caption style="text-align:left;color:inherit">{note}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    return ", ".join(map(_text, value))


def _json_able(value: object) -> object:
    """Turn NumPy scalars and arrays into Python's own, or say what cannot be kept."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _json_able(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_json_able(item) for item in value]
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise TypeError(
            f"expected a claim's value to be a finite number, a text or a tuple or dict of them, "
            f"got {value!r}. Pass the numbers behind the statement."
        ) from None
    return value
