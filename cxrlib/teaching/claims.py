"""Claims: statements about results that the machine checks on every run."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cxrlib.experiments import sweep
from cxrlib.experiments.sweep import Bound
from cxrlib.teaching import chapter
from cxrlib.teaching.chapter import (
    Claim,
    Detail,
    in_notebook,
    say,
    say_versions,
    strip_markdown,
)

MIME = "application/vnd.cxr.claims+json"  # how a finished page hands its claims to make_book
KINDS = ("identity", "finding", "observation")
SHOWN = 6  # details by name; of more numbers the range is shown


class ClaimFailed(AssertionError):  # noqa: N818  (a name from the design)
    """An identity does not hold: something is broken, whatever the images are."""


def claim(
    statement: str,
    value: float,
    *,
    above: float | None = None,
    below: float | None = None,
    between: tuple[float, float] | None = None,
    equals: float | None = None,
    within: float = 0.0,
    kind: str = "finding",
    details: Mapping[str, object] | None = None,
) -> None:
    """Hold a statement's number against a bound, record it, and show it with a mark.

    Parameters
    ----------
    statement : str
        A whole sentence, true for any seed and any source of images. It is a text without
        computed parts, so that the sweep can find it again.
    value : float
        The one number that decides.
    above, below, between, equals, within
        The bound, exactly one: see :class:`cxrlib.experiments.sweep.Bound`.
    kind : {"finding", "identity", "observation"}
        A *finding* depends on images and chance: if it fails the page says so and goes on. An
        *identity* is mathematics or engineering: if it fails, something is broken, and the chapter
        stops. An *observation* does not hold always: the page says how often it did.
    details : mapping, optional
        Other numbers to show: name → number, text, or list of them. Of more than six numbers the
        page shows the range; all of them are recorded.

    Raises
    ------
    ClaimFailed
        If an identity does not hold.
    """
    if kind not in KINDS:
        raise ValueError(f"expected `kind` as one of {', '.join(KINDS)}, got {kind!r}. Choose one.")
    bound = Bound(above, below, between, equals, within)
    number = _check_value(value)
    holds = bound.holds(number)
    enforced = kind == "identity" or (kind == "finding" and not chapter.current.quick)
    plain = {str(name): _to_builtin(item) for name, item in (details or {}).items()}
    new = Claim(chapter.current.name, statement, kind, bound, number, plain, holds, enforced)
    # The same sentence from a cell that was run twice counts once.
    others = [c for c in chapter.current.claims if c.statement != statement]
    chapter.current.claims = [*others, new]
    if kind == "identity" and not holds:
        raise ClaimFailed(
            f"{new.chapter}: expected {bound.text()}, got {_numbers(new)}: "
            f"{strip_markdown(statement)} This is true whatever the images are, so something is "
            "broken: the code of this chapter, of cxrlib, or of a library."
        )
    say(_sentence(new))


def list_claims() -> list[dict]:
    """Return the claims so far, each as a dict: see :class:`Claim`."""
    return [c.as_dict() for c in chapter.current.claims]


def claims_table(cases: pd.DataFrame | None = None) -> None:
    """Show all claims of the chapter as a table, and the versions that it ran with.

    With ``cases`` the table names the images' source, too.
    """
    source = None if cases is None else cases.attrs.get("source")
    for one in chapter.current.claims:
        one.source = source or one.source
    if not chapter.current.claims:
        say("No claim was checked.")
    elif in_notebook():
        from IPython.display import display

        bundle = {"text/html": _as_html(), "text/plain": _as_text(), MIME: list_claims()}
        display(bundle, raw=True)
    else:
        print(_as_text())
    say_versions()


def _check_value(value: float) -> float:
    advice = "Pass the one number that decides, such as a difference, and its bound."
    if isinstance(value, bool | np.bool_ | str) or np.ndim(value) != 0:
        raise TypeError(
            f"expected `value` as a number, got {value!r}. A truth has no margin. {advice}"
        )
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"expected `value` as a finite number, got {number}. {advice}")
    return number


def _numbers(one: Claim) -> str:
    """Write the value and the details, and of more than a reader takes in their range alone."""
    numbers = [v for v in one.details.values() if isinstance(v, int | float)]
    if len(numbers) == len(one.details) > SHOWN:
        low, high = map(format_number, (min(numbers), max(numbers)))
        return f"{format_number(one.value)}; {len(numbers)} values from {low} to {high}"
    details = (f"{name}: {format_number(v)}" for name, v in one.details.items())
    return "; ".join([format_number(one.value), *details])


def _sentence(one: Claim) -> str:
    wanted = "wanted" if one.enforced else "asked"
    numbers = f"({_numbers(one)}; {wanted}: {one.bound.text()})"
    if one.kind == "observation":
        here = "it is so" if one.holds else "it is not so"
        return f"◦ {one.statement} In this run {here} {numbers}. {_other_runs(one)}".rstrip()
    if one.holds:
        return f"✓ {one.statement} ({_numbers(one)})"
    if not one.enforced:
        return f"*Not so on this quick sample, and not asked for:* {one.statement} {numbers}"
    return (
        f"**✗ {one.statement} Not on this run** {numbers}. {_other_runs(one)} Either you changed "
        "something, or this is chance, or this machine computes a little differently."
    )


def _other_runs(one: Claim) -> str:
    """Say what the sweep saw of a statement, on each source that it ran on."""
    parts = [f"{c.text()} on {sweep.SOURCES[source]}" for source, c in one.swept().items()]
    return f"Run again with other seeds it held in {', and in '.join(parts)}." if parts else ""


def _verdict(one: Claim) -> tuple[str, str]:
    if one.kind == "observation":
        return "◦", "so in this run" if one.holds else "not so in this run"
    if one.holds:
        return "✓", "holds"
    return ("✗", "does not hold") if one.enforced else ("–", "not asked for (quick run)")


def _row(one: Claim) -> tuple[str, str, str, str]:
    mark, words = _verdict(one)
    drawn = one.source == "phantoms" or sweep.about_phantoms(one.statement)
    swept = one.swept().get("phantoms" if drawn else "real")
    again = f"{swept.held} of {swept.n}" if swept else "–"
    if swept and swept.held == swept.n > 1 and swept.spread == 0:
        again = f"the same in all {swept.n}"
    elif swept and swept.margin_text:
        again += f", {swept.margin_text}"
    statement = f"{mark} {strip_markdown(one.statement)}"
    return statement, _numbers(one), f"{one.bound.text()}: {words}", again


def _as_text() -> str:
    rows = map(_row, chapter.current.claims)
    return "\n".join(f"{s} [{value}; {wanted}; again: {again}]" for s, value, wanted, again in rows)


def _as_html() -> str:
    # The mark leads the statement: on a narrow page the book makes a card of each row.
    left = 'style="text-align:left"'
    titles = ("Statement", "Measured", "Wanted", "Other runs")
    head = "".join(f'<th scope="col" {left}>{title}</th>' for title in titles)
    rows = "".join(
        "<tr>" + "".join(f"<td {left}>{html.escape(cell)}</td>" for cell in _row(one)) + "</tr>"
        for one in chapter.current.claims
    )
    source = chapter.current.claims[0].source
    note = f"Images: {'phantoms' if source == 'phantoms' else 'real X-rays'}. " if source else ""
    note += "Every statement was checked by the code when this page was made. "
    again = "“Other runs”: in how many runs with other seeds it held."
    if ", margin " in rows:
        again += " Margin: the standard deviations between the mean of these runs and the bound."
    note += again
    return (
        '<table class="dataframe claims cards">'
        f'<caption style="text-align:left;color:inherit">{note}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def format_number(value: Detail) -> str:
    """Write a number with few digits, a list of them with commas, a text as it is."""
    if isinstance(value, list):
        return ", ".join(map(format_number, value))
    if isinstance(value, bool | str):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _to_builtin(value: object) -> Detail:
    """Turn NumPy's numbers and arrays into Python's own, or say what cannot be shown.

    A number that does not exist, such as a mean of nothing, is shown as a dash: it decides nothing.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [_to_builtin(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "–"
    if isinstance(value, str | int | float):
        return value
    raise TypeError(
        f"expected details as numbers, texts or lists of them, got {value!r}. "
        "Pass the numbers behind the statement."
    )
