"""What an audit finds: one finding a check, all of them a report, for a person as HTML."""

from __future__ import annotations

import base64
import html
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from cxrlib import data, files
from cxrlib.data.cases import Problem, did_you_mean

MAX_FILES = 50  # files that a finding names
MARKS = {"fail": "✗", "look": "!", "fine": "✓", "not checked": "–"}
VERDICTS = tuple(MARKS)
GENERATOR = '<meta name="generator" content="cxr audit">'
SIDE = 160  # pixels of an image on the page
STYLE = """
:root { color-scheme: light dark; --line: #d5dbe1; --soft: #52606d; --fail: #b3261e;
  --look: #8a5300; --fine: #1b6e42; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a444e; --soft: #b4bfca; --fail: #ffb4ab; --look: #f0b866; --fine: #7fd3a4; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; text-align: left;
  vertical-align: top; }
body > table td:first-child { white-space: nowrap; }
.fail b { color: var(--fail); } .look b { color: var(--look); } .fine b { color: var(--fine); }
h2 { margin: 2rem 0 .3rem; font-size: 1.15rem; }
.numbers td:last-child { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { display: inline-block; margin: .5rem .8rem .5rem 0; vertical-align: top;
  max-width: 170px; }
figcaption, .note { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class Example:
    """An image that shows what was found."""

    path: str
    caption: str


@dataclass(frozen=True)
class Finding:
    """The answer of one check.

    Attributes
    ----------
    check : str
        Its name.
    verdict : str
        ``"fail"``: a result on this set would be misleading. ``"look"``: a person should look.
        ``"fine"``, or ``"not checked"`` where the table lacks what is needed.
    summary : str
        One line.
    advice : str
        What to do about it; empty where there is nothing to do.
    numbers : dict
        Name → number, or text, or list of them.
    examples : tuple of Example
        Images to look at.
    """

    check: str
    verdict: str
    summary: str
    advice: str = ""
    numbers: dict = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def affected_files(self) -> list[str]:
        """List the files, each with what is wrong: its lists of text, then its examples."""
        listed = [v for value in self.numbers.values() if isinstance(value, list) for v in value]
        texts = [v for v in listed if isinstance(v, str)]
        return texts or [f"{e.path}: {e.caption}" for e in self.examples]

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"expected a verdict of {', '.join(VERDICTS)}, got {self.verdict!r} for "
                f"{self.check}.{did_you_mean(self.verdict, VERDICTS)}"
            )


@dataclass(frozen=True)
class Report:
    """All findings about one data set.

    Attributes
    ----------
    name : str
        Of the data set.
    n_images : int
        Rows of the case table.
    findings : tuple of Finding
        In the order of the checks.
    seconds : float
        How long it took.
    """

    name: str
    n_images: int
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings whose verdict is ``"fail"``."""
        return self.with_verdict("fail")

    def with_verdict(self, verdict: str) -> tuple[Finding, ...]:
        """Return the findings of one verdict."""
        return tuple(f for f in self.findings if f.verdict == verdict)

    def __getitem__(self, check: str) -> Finding:
        found = {f.check: f for f in self.findings}
        if check not in found:
            known = ", ".join(found)
            raise KeyError(f"expected one of {known}, got {check!r}.{did_you_mean(check, found)}")
        return found[check]

    def __str__(self) -> str:
        width = max(len(f.check) for f in self.findings)
        rows = [f"{f.verdict:12}{f.check:{width}}  {f.summary}" for f in self.findings]
        return "\n".join([f"{self.name}: {self.n_images:,} images", *rows])


def examples(paths: Sequence[str], captions: Sequence[str], n: int = 6) -> tuple[Example, ...]:
    """Pair the first few paths with their captions."""
    return tuple(Example(str(p), c) for p, c in zip(paths, captions, strict=True))[:n]


def lines(problems: Sequence[Problem]) -> list[str]:
    """Name the first files, each with what is wrong."""
    return [f"{p.path}: {p.problem}" for p in problems[:MAX_FILES]]


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
    as_json = json.dumps(asdict(report), indent=1, ensure_ascii=False, default=float)
    files.write_text(path, _page(report))
    files.write_text(path.with_suffix(".json"), as_json + "\n")
    return path


def is_report(path: str | os.PathLike) -> bool:
    """Whether a file is a page that :func:`write_html` wrote, or the JSON beside one."""
    page = Path(path).with_suffix(".html")
    if Path(path).suffix not in (".html", ".json") or not page.is_file():
        return False
    with page.open(encoding="utf-8", errors="replace") as file:
        return GENERATOR in file.read(5000)


def _page(report: Report) -> str:
    order = sorted(report.findings, key=lambda f: VERDICTS.index(f.verdict))
    counts = [f"{len(report.with_verdict(v))} {v}" for v in VERDICTS if report.with_verdict(v)]
    rows = "".join(
        f'<tr class="{_slug(f.verdict)}"><td><b>{MARKS[f.verdict]} {f.verdict}</b></td>'
        f'<th scope="row"><a href="#{_slug(f.check)}">{html.escape(f.check)}</a></th>'
        f"<td>{html.escape(f.summary)}</td></tr>"
        for f in order
    )
    name = html.escape(report.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Audit: {name}</title>'
        f'{GENERATOR}<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>\n<h1>Audit of {name}</h1>\n"
        f"<p>{report.n_images:,} images · {', '.join(counts)} · "
        f"{report.seconds:.0f} seconds</p>\n"
        f"<table><tbody>{rows}</tbody></table>\n{''.join(map(_section, order))}\n"
        '<p class="note">An audit finds known faults, not all faults. It judges images as data, '
        "for education; nothing in it is a diagnosis.</p>\n</body></html>\n"
    )


def _section(finding: Finding) -> str:
    advice = f"<p><b>What to do:</b> {html.escape(finding.advice)}</p>" if finding.advice else ""
    rows = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(_text(value))}</td></tr>"
        for name, value in finding.numbers.items()
    )
    return (
        f'<section class="{_slug(finding.verdict)}" id="{_slug(finding.check)}">'
        f"<h2>{html.escape(finding.check)} <b>{MARKS[finding.verdict]} {finding.verdict}</b></h2>"
        f"<p>{html.escape(finding.summary)}</p>{advice}"
        f'<table class="numbers"><tbody>{rows}</tbody></table>'
        f"{''.join(_figure(e.path, e.caption) for e in finding.examples)}</section>\n"
    )


def _figure(path: str, caption: str) -> str:
    text = html.escape(f"{Path(path).name}: {caption}")
    try:
        image = Image.fromarray(data.read_image(path).astype("uint8"))
    except data.DataError as error:
        return f'<p class="note">{html.escape(str(error))}</p>'
    image.thumbnail((SIDE, SIDE))  # keeps the aspect ratio
    file = io.BytesIO()
    image.save(file, format="PNG")
    source = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{text}" src="data:image/png;base64,{source}" width="{image.width}" '
        f'height="{image.height}"><figcaption>{text}</figcaption></figure>'
    )


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, float) for v in value):
        return f"{value[0]:.3f} ({value[1]:.3f} to {value[2]:.3f})"
    if isinstance(value, list):
        return "; ".join(map(_text, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(
        value, float) else str(value)  # fmt: skip


def _slug(name: str) -> str:
    return name.replace(" ", "-")
