"""Sphinx extension of the course: tables that are drawn from files when the book is built.

``{claims-table}`` shows the sweep of every claim, ``{claims-summary}`` how many there are of which
kind, ``{status-table}`` how each chapter ran, and ``{sizes-table}`` how long it is. Others are in
``data_tables``, ``speed_tables``, ``study_tables`` and ``teaching_tables``.
"""

import math
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from itertools import groupby

import data_tables
import speed_tables
import study_tables
import teaching_tables
from markdown_tables import MarkdownDirective, table

from cxrlib.experiments import sweep


def both_sources() -> dict[tuple[str, str], dict[str, sweep.SweptClaim]]:
    """Return (chapter, statement) → source → claim, in the order of the chapters."""
    found = {}
    for source in sweep.SOURCES:
        for claim in sweep.claims(source):
            found.setdefault((claim.chapter, claim.statement), {})[source] = claim
    return dict(sorted(found.items(), key=lambda item: item[0][0]))


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def cell(claim: sweep.SweptClaim | None, ran: bool) -> str:
    """Return mean, spread, count and margin of a claim on a source on which its chapter ran."""
    if claim is None:
        return "not asked" if ran else "not run yet"
    spread = f" ± {claim.spread:.2g}" if claim.n > 1 else ""
    if claim.held == claim.n > 1 and claim.spread == 0:
        return f"{number(claim.mean)}, the same in all {claim.n}"
    parts = [number(claim.mean) + spread, f"{claim.held} of {claim.n}"]
    return " · ".join(filter(None, [*parts, claim.margin_text]))


def tally(claims: Iterable[sweep.SweptClaim]) -> str:
    """Say whether all identities and findings held in every run, and with which least margin."""
    asked = [claim for claim in claims if claim.kind != "observation"]
    broken = {claim.statement for claim in asked if claim.held < claim.n}
    margins = [c.margin for c in asked if c.kind == "finding" and math.isfinite(c.margin)]
    parts = [f"not in every run: {len(broken)}" if broken else "all held in every run"]
    if margins:
        parts.append(f"smallest margin of a finding {min(margins):.1f}")
    return ", ".join(parts)


class ClaimsTable(MarkdownDirective):
    """Every claim with its bound and what the sweep saw, a table a chapter."""

    def markdown(self) -> str:
        """Write the tables."""
        parts = []
        head = ["Sentence", "Kind", "Bound", *sweep.SOURCES.values()]
        ran = {
            source: {name for run in sweep.read(source)["runs"] for name in run["chapters"]}
            for source in sweep.SOURCES
        }
        for chapter, items in groupby(both_sources().items(), key=lambda item: item[0][0]):
            rows, both = [], dict(items)
            for (_, statement), found in both.items():
                one = next(iter(found.values()))
                seen = [cell(found.get(s), chapter in ran[s]) for s in sweep.SOURCES]
                rows.append([statement, one.kind, one.bound.text(), *seen])
            every = tally(claim for found in both.values() for claim in found.values())
            count = f"{len(rows)} {'sentences' if len(rows) > 1 else 'sentence'}"
            title = f"{count}. Identities and findings: {every}"
            folded = f"```{{dropdown}} {title}\n{table(head, rows)}\n```"
            parts += [f"**{{doc}}`/chapters/{chapter}`**", folded]
        return "\n\n".join(parts) or "The sweep has not run yet."


class ClaimsSummary(MarkdownDirective):
    """How many claims of which kind, in how many runs, with which smallest margin."""

    def markdown(self) -> str:
        """Write one sentence a source."""
        lines = []
        for source, name in sweep.SOURCES.items():
            # A run whose chapters have all changed since tells nothing any more.
            runs = [run for run in sweep.read(source)["runs"] if run["chapters"]]
            claims = sweep.claims(source)
            if not claims:
                lines.append(f"- On {name} the sweep has not run yet.")
                continue
            other = sum(run["arithmetic"] != "default" for run in runs)
            kinds = Counter(claim.kind for claim in claims)
            lines.append(
                f"- **On {name}**: runs {len(runs)}, of them with another arithmetic {other}; "
                f"identities {kinds['identity']}, findings {kinds['finding']}, "
                f"observations {kinds['observation']}. Identities and findings: {tally(claims)}."
            )
        return "\n".join(lines)


class StatusTable(MarkdownDirective):
    """Seconds, memory and versions of each chapter in the run that made this book."""

    def markdown(self) -> str:
        """Write the table from ``status.json``, which ``make book`` lays beside the pages."""
        ran = self.staged("status.json")
        if ran is None:
            return "This copy was not built by `make book`, so nothing is known of its run."
        rows, versions = [], {}
        for row in ran:
            memory = "–" if row["memory_mb"] is None else f"{row['memory_mb']:,} MB"
            state = "stopped" if row["state"] == "failed" else "ran"
            mark = versions.setdefault(row["versions"], "abcdefgh"[len(versions) % 8])
            link, seconds = f"{{doc}}`/chapters/{row['name']}`", f"{row['seconds']:.0f} s"
            images = ", ".join(row.get("sources") or "–")
            rows.append([link, state, images, seconds, str(row["workers"]), memory, mark])
        notes = [f"- **{mark}**: {text}" for text, mark in versions.items()]
        head = ["Chapter", "State", "Images", "Time", "At a time", "Memory at most", "Versions"]
        return "\n\n".join([table(head, rows), "\n".join(notes)])


class StatusSummary(MarkdownDirective):
    """Which state of the course this is, and how many chapters ran on which images."""

    def markdown(self) -> str:
        """Write a list of facts; what nobody knows is not in it."""
        ran, about = self.staged("status.json"), self.staged("build.json")
        lines = [f"- `cxrlib` {version('cxrlib')}"]
        if about and about["commit"]:
            lines[0] += f", state of the course: `{about['commit']}`"
        if ran:
            stopped = [row["name"] for row in ran if row["state"] == "failed"]
            lines.append(
                f"- {len(ran) - len(stopped)} of {len(ran)} chapters ran to their end"
                + (f"; stopped: {', '.join(stopped)}" if stopped else "")
            )
            drawn = sum("phantoms" in (row.get("sources") or ()) for row in ran)
            lines.append(f"- on phantoms: {drawn}, on real X-rays only: {len(ran) - drawn}")
        return "\n".join(lines)


class SizesTable(MarkdownDirective):
    """Words and minutes of each chapter, and what of its code is folded."""

    def markdown(self) -> str:
        """Write the table from ``sizes.json``, which ``make book`` lays beside the pages."""
        sizes = self.staged("sizes.json")
        if not sizes:
            return "This copy was not built by `make book`, so nothing was counted."
        rows = [
            [
                f"{{doc}}`/chapters/{one['name']}`",
                f"{one['words']:,}",
                str(one["minutes"] or "–"),
                f"{one['lines']:,}",
                f"{100 * one['folded']:.0f}\u00a0%",
                f"{100 * one['plumbing']:.0f}\u00a0%",
            ]
            for one in sizes
        ]
        sums = [f"**{sum(one[key] for one in sizes):,}**" for key in ("words", "minutes", "lines")]
        rows.append(["**all**", *sums, "", ""])
        head = ["Chapter", "Words", "Minutes", "Lines of code", "Folded", "Of the rest, plumbing"]
        return table(head, rows)


def setup(app):
    """Add the directives."""
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("claims-summary", ClaimsSummary)
    app.add_directive("status-summary", StatusSummary)
    app.add_directive("status-table", StatusTable)
    app.add_directive("sizes-table", SizesTable)
    for part in (data_tables, speed_tables, study_tables, teaching_tables):
        part.add_directives(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
