"""A report as one HTML page to be looked at: worst first, without scripts or outside requests."""

from __future__ import annotations

import html
import os
from importlib.resources import files as package_files
from pathlib import Path

from cxrlib import files
from cxrlib.evaluation.audit import drawing
from cxrlib.evaluation.audit.outputs import GENERATOR, write_json
from cxrlib.evaluation.audit.report import MARKS, VERDICTS, Affected, Finding, Report

MAX_GROUPS = 12  # of images side by side, in one finding
MAX_LINES = 50  # of affected files
QUESTIONS = {
    "counts": "How many images has each class in each split?",
    "files": "Can every file be read, and is it what its ending says?",
    "two labels": "Does one file lie under two labels?",
    "odd images": "Is an image inverted, or nearly blank?",
    "duplicates": "Does an image come twice, resized or re-exposed?",
    "patients": "Does a patient stand on both sides of a split?",
    "folder shift": "Can training and test images of one class be told apart?",
    "shortcuts": "Can the classes be told without any lungs?",
    "sizes": "Does the shape of a file tell its class?",
    "brightness": "Does the exposure tell the class?",
}
ASIDES = {"shortcuts": "Only border and corners decide; the others are shown to compare."}


def write_html(report: Report, path: str | os.PathLike) -> Path:
    """Write the report as a self-contained HTML page, and as JSON with the same name beside it.

    Parameters
    ----------
    report : Report
        Of :func:`cxrlib.evaluation.audit.audit`.
    path : path
        Of the HTML file; an older one is replaced when the new one is whole.

    Returns
    -------
    Path
        The HTML file.
    """
    path = Path(path)
    files.write_text(path, _page(report))
    write_json(report, path.with_suffix(".json"))
    return path


def _page(report: Report) -> str:
    style = (package_files("cxrlib.evaluation.audit") / "page.css").read_text(encoding="utf-8")
    order = report.worst_first()
    counts = "".join(
        f'<span class="{_slug(v)}"><b>{MARKS[v]} {len(report.with_verdict(v))}</b> {v}</span>'
        for v in VERDICTS
        if report.with_verdict(v)
    )
    cards = "".join(
        f'<a class="card {_slug(f.verdict)}" href="#{_slug(f.check)}"><b>{MARKS[f.verdict]} '
        f"{f.verdict}</b><strong>{html.escape(f.check)}</strong>"
        f"<span>{html.escape(f.summary)}</span></a>"
        for f in order
    )
    name = html.escape(report.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Audit: {name}</title>'
        f'<meta name="generator" content="{GENERATOR}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{style}</style></head><body>\n<header><h1>Audit of {name}</h1>\n"
        f'<p class="counts">{counts}</p>'
        f"<p>{report.n_images:,} images · {report.seconds:.0f} seconds</p></header>\n"
        f'<nav aria-label="Checks">{cards}</nav>\n<main>{"".join(map(_section, order))}</main>\n'
        '<footer class="note">An audit finds known faults, not all faults. It judges images as '
        "data, for education; nothing in it is a diagnosis.</footer>\n</body></html>\n"
    )


def _section(finding: Finding) -> str:
    question = html.escape(QUESTIONS.get(finding.check, ""))
    advice = (
        f'<p class="advice"><b>What to do:</b> {html.escape(finding.advice)}</p>'
        if finding.advice
        else ""
    )
    aside = ASIDES.get(finding.check, "")
    aside = f'<p class="note">{html.escape(aside)}</p>' if aside else ""
    note = f"<p><b>Mind:</b> {html.escape(finding.note)}</p>" if finding.note else ""
    return (
        f'<section class="{_slug(finding.verdict)}" id="{_slug(finding.check)}">'
        f"<h2>{html.escape(finding.check)} <b>{MARKS[finding.verdict]} {finding.verdict}</b></h2>"
        f'<p class="question">{question}</p><p>{html.escape(finding.summary)}</p>'
        f"{aside}{note}{advice}{_groups(finding)}{_numbers(finding.numbers)}"
        f"{''.join(map(drawing.draw_view, finding.views))}"
        f"{''.join(map(drawing.draw_histogram, finding.histograms))}{_lines(finding)}</section>\n"
    )


def _groups(finding: Finding) -> str:
    """Show the images of what is affected: what belongs together side by side."""
    shown = [each for each in finding.affected if each.examples]
    groups = "".join(map(_group, shown[:MAX_GROUPS]))
    more = len(shown) - MAX_GROUPS
    note = f'<p class="note">… and {more:,} more, listed below.</p>' if more > 0 else ""
    return f'<div class="groups">{groups}</div>{note}' if groups else ""


def _group(each: Affected) -> str:
    images = "".join(map(drawing.draw_example, each.examples))
    return f'<div class="group {each.verdict}">{images}</div>'


def _numbers(numbers: dict) -> str:
    """Draw intervals and counts; what is left becomes a table."""
    aucs = {name: value for name, value in numbers.items() if drawing.is_interval(value)}
    counts = {name: value for name, value in numbers.items() if isinstance(value, dict)}
    rows = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(_text(value))}</td></tr>"
        for name, value in numbers.items()
        if name not in aucs and name not in counts and value != 0
    )
    return (
        (drawing.draw_intervals(aucs) if aucs else "")
        + (drawing.draw_counts(counts) if counts else "")
        + (f'<table class="numbers"><tbody>{rows}</tbody></table>' if rows else "")
    )


def _lines(finding: Finding) -> str:
    lines = finding.affected_files()
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines[:MAX_LINES])
    more = len(lines) - MAX_LINES
    items += f"<li>… and {more:,} more; the JSON has them all</li>" if more > 0 else ""
    return f"<details><summary>All {len(lines):,}, by name</summary><ul>{items}</ul></details>"


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(_text, value)) or "none"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _slug(name: str) -> str:
    return name.replace(" ", "-")
