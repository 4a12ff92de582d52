"""Sphinx extension of the course: tables that are drawn from files when the book is built.

``{claims-table}`` shows the sweep of every claim, ``{claims-summary}`` how many there are of which
kind, ``{status-table}`` how each chapter ran, ``{test-set-summary}`` and ``{test-set-table}`` who
has evaluated a model on which test set, ``{inventory-table}`` what belongs to each published set,
and ``{participants-table}`` whose images went into each recorded run.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from cxrlib import experiments
from cxrlib.data import registry
from cxrlib.experiments import ledger, sweep

KINDS_OF_IMAGES = (sweep.SOURCES["real"], sweep.SOURCES["phantoms"])

SPLITS = {"train": "Training", "val": "Validation", "test": "Test"}


class MarkdownDirective(SphinxDirective):
    """A directive that stands for the Markdown which its method ``markdown`` returns."""

    has_content = False
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse that text as if it stood in the page."""
        container = nodes.container()
        lines = StringList(self.markdown().splitlines(), source=self.env.docname)
        self.state.nested_parse(lines, self.content_offset, container)
        for table in container.findall(nodes.table):
            table["classes"] += ["drawn", *self.arguments]
        return container.children

    def staged(self, name: str) -> list[dict] | None:
        """Read what ``make book`` laid beside the pages; None in a copy that it did not build."""
        file = Path(self.env.srcdir) / name
        if not file.exists():
            return None
        self.env.note_dependency(str(file))
        return json.loads(file.read_text(encoding="utf-8"))


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in row) + " |"
        for row in lines
    )


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
    parts = [number(claim.mean) + spread, f"{claim.held} of {claim.n}"]
    if claim.kind == "finding" and math.isfinite(claim.margin):
        parts.append(f"margin {claim.margin:.1f}")
    return " · ".join(parts)


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
            runs, claims = sweep.read(source)["runs"], sweep.claims(source)
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
            rows.append([link, state, seconds, str(row["workers"]), memory, mark])
        notes = [f"- **{mark}**: {text}" for text, mark in versions.items()]
        head = ["Chapter", "State", "Time", "At a time", "Memory at most", "Versions"]
        return "\n\n".join([table(head, rows), "\n".join(notes)])


class TestSetSummary(MarkdownDirective):
    """How often each test set was evaluated, in records and before."""

    def markdown(self) -> str:
        """Write one sentence a data set."""
        lines = []
        for name, rows in ledger.entries().groupby("dataset"):
            counted = rows["source"] == ledger.COUNTED
            by_code, earlier = (int(rows.loc[m, "times"].sum()) for m in (counted, ~counted))
            times = "evaluation" if by_code == 1 else "evaluations"
            lines.append(
                f"- **`{name}`**: {by_code:,} {times} in the course's records, {earlier:,} before "
                "records were kept or beside them."
            )
        return "\n".join(lines)


class TestSetTable(MarkdownDirective):
    """The evaluations of studies whose id begins with the argument, or of this copy's chapters."""

    required_arguments, optional_arguments = 1, 0

    def markdown(self) -> str:
        """Write the table."""
        (wanted,) = self.arguments
        if wanted == "chapters":
            return self._of_chapters()
        rows, found = [], ledger.entries()
        found = found[found["study"].str.startswith(wanted)]
        for (study, purpose, source), part in found.groupby(["study", "purpose", "source"]):
            seeds = ", ".join(map(str, sorted(part["seed"].dropna()))) or "–"
            dates = " to ".join(sorted({part["date"].min(), part["date"].max()}))
            rows.append([study, purpose, seeds, str(part["times"].sum()), dates, source])
        head = ["Study", "What was evaluated", "Seeds", "Times", "Date", "Known from"]
        return table(head, rows) if rows else "Nothing so far."

    def _of_chapters(self) -> str:
        opened = self.staged("test-evaluations.json")
        if not opened:
            return "Nothing is known of this copy's chapters: `make book` counts them."
        rows = [
            [
                f"{{doc}}`/chapters/{one['chapter']}`",
                one["purpose"],
                str(one["times"]),
                f"{one['n_images']:,}",
                f"{one['dataset']}, {KINDS_OF_IMAGES[one['source'] == 'phantoms']}",
            ]
            for one in opened
        ]
        return table(["Chapter", "What was evaluated", "Times", "Images", "Test set"], rows)


def images(counts: dict[str, int]) -> str:
    """Return the images of each class, those of an absent one left out."""
    return ", ".join(f"{n:,} {name.lower()}" for name, n in counts.items() if n)


def inventory(file_counts: dict[str, int]) -> str:
    """Return the files of each folder of an inventory, folder by folder."""
    parts: dict[str, dict[str, int]] = {}
    for folder, n in file_counts.items():
        split, _, label = folder.rpartition("/")
        parts.setdefault(split, {})[label] = n
    return " · ".join(f"{k}: {images(v)}" if k else images(v) for k, v in parts.items())


class InventoryTable(MarkdownDirective):
    """Files and patients of each published set, from the registry that ``verify`` goes by."""

    def markdown(self) -> str:
        """Write the table."""
        rows: dict[str, list[str]] = {}  # the sizes of one set share an inventory
        for name, dataset in registry.DATASETS.items():
            if len(dataset.sources) > 1:
                continue
            source = registry.SOURCES[dataset.sources[0]]
            if not source.file_counts:
                row = [f"`{name}`", f"at least {source.min_images:,}", "as listed", "as listed"]
                rows.setdefault(name, row)
            for i, counts in enumerate(source.file_counts):
                patients = None if i else source.n_patients
                who = f"{patients:,}" if patients else "not counted" if i else "not known"
                row = [f"`{name}`", f"{sum(counts.values()):,}", inventory(counts), who]
                rows.setdefault(source.name + row[2], row)
        return table(["Set", "Images", "In folders", "Patients"], list(rows.values()))


class ParticipantsTable(MarkdownDirective):
    """Images and patients of each split, for all records that were run on the same images."""

    def markdown(self) -> str:
        """Write the table."""
        same: dict[str, list[experiments.Record]] = {}
        for record in map(experiments.read, experiments.list_ids()):
            same.setdefault(record.data["fingerprint"], []).append(record)
        rows = []
        for records in same.values():
            data, ids = records[0].data, [record.id for record in records]
            cells = {split: self.part(data, split) for split in data["counts"]}
            if held_back := cells.pop("shifted", ""):
                cells["val"] += f"; held back: {held_back}"
            names = ", ".join(ids[:2]) + (f" and {len(ids) - 2} more" if len(ids) > 2 else "")
            rows.append([f"`{data['name']}`", *(cells.get(k, "–") for k in SPLITS), names])
        return table(["Set", *SPLITS.values(), "Records"], rows)

    @staticmethod
    def part(data: dict, split: str) -> str:
        """Return the images of one split by class, and their patients."""
        who = data["patients"][split]
        patients = f"{who:,} patients" if who is not None else "patients not known"
        return f"{images(data['counts'][split])}; {patients}"


def setup(app):
    """Add the directives."""
    app.add_directive("test-set-summary", TestSetSummary)
    app.add_directive("test-set-table", TestSetTable)
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("claims-summary", ClaimsSummary)
    app.add_directive("status-table", StatusTable)
    app.add_directive("inventory-table", InventoryTable)
    app.add_directive("participants-table", ParticipantsTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
