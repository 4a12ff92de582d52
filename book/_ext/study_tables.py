"""Tables of papers and studies.

``{test-set-summary}`` and ``{test-set-table}`` show who has evaluated a model on which test set,
``{paper}`` what somebody published, with its fault and its repair, and ``{articles-table}`` the
five articles side by side.
"""

from itertools import groupby

from markdown_tables import MarkdownDirective, table

from cxrlib.experiments import ledger, registry, sweep
from cxrlib.experiments.specification import Paper

KINDS_OF_IMAGES = (sweep.SOURCES["real"], sweep.SOURCES["phantoms"])


class TestSetSummary(MarkdownDirective):
    """How often each test set was evaluated, in records and before."""

    def markdown(self) -> str:
        """Write one sentence a data set."""
        lines = []
        for name, rows in ledger.entries().groupby("dataset"):
            counted = rows["source"] == ledger.COUNTED
            total, as_it_ran = rows["times"].sum(), rows.loc[counted, "times"].sum()
            times = "evaluation" if total == 1 else "evaluations"
            lines.append(f"- **`{name}`**: {total:,} {times}, {as_it_ran:,} counted as they ran.")
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
            known = "" if source in (ledger.COUNTED, ledger.AFTERWARDS) else f" ({source})"
            rows.append([study, purpose + known, seeds, str(part["times"].sum()), dates])
        head = ["Study", "What was evaluated", "Seeds", "Times", "Date"]
        return table(head, rows) if rows else "Nothing so far."

    def _of_chapters(self) -> str:
        opened = self.staged("test-evaluations.json")
        if opened is None:
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
        head = ["Chapter", "What was evaluated", "Times", "Images", "Test set"]
        return table(head, rows) if rows else "None of them opened one."


class PaperText(MarkdownDirective):
    """What a paper did and claimed, its fault and its repair."""

    required_arguments, optional_arguments = 1, 0

    def markdown(self) -> str:
        """Write it from the paper's file."""
        paper = registry.PAPERS[self.arguments[0]]
        claims = " ".join(claim["words"] for claim in paper.claims)
        what = {"Data": paper.data, "Split": paper.split, "Network": paper.model}
        what |= {"Judged by": paper.evaluation, "Claim": claims}
        parts = [f"*[{paper.title}]({paper.url})*. {paper.summary}"]
        parts.append("\n".join(f"- **{name}**: {text}" for name, text in what.items()))
        fault = f"The fault: {paper.fault['name'].lower()}"
        for name, place in ((fault, paper.fault), ("The repair", paper.repair)):
            code = "\n".join(place["code"])
            parts.append(f"**{name}.** {place['words']}\n\n```python\n{code}\n```")
        parts.append(
            "**Not as published.** " + " ".join(paper.not_reproduced)
            if paper.not_reproduced
            else ""
        )
        return "\n\n".join(parts)


class ArticlesTable(MarkdownDirective):
    """What each of the course's articles trained, on which images, and what it claimed."""

    def markdown(self) -> str:
        """Write the table, each article with links to its section and its chapters."""
        papers = [paper for paper in registry.PAPERS.values() if paper.article is not None]
        rows = [
            [
                f"[Article {paper.article}](#{paper.id})",
                paper.summary,
                paper.data.partition(". ")[0].rstrip("."),
                claimed(paper),
                paper.fault["name"],
                ", ".join(f"{{doc}}`{name[:2]} </chapters/{name}>`" for name in paper.chapters),
            ]
            for paper in sorted(papers, key=lambda paper: paper.article)
        ]
        return table(["Article", "What it trains", "Images", "Claimed", "Fault", "Chapters"], rows)


def claimed(paper: Paper) -> str:
    """Return the published numbers: "accuracy 88 %, weighted F1 87 %"."""
    parts = []
    for metric, claims in groupby(paper.claims, key=lambda claim: claim["metric"]):
        numbers = [f"{claim.get('about', '')} {claim['value']:.0%}".strip() for claim in claims]
        numbers = [number.replace("%", "\u00a0%") for number in numbers]
        parts.append(f"{metric.removeprefix('test ')} {', '.join(numbers)}")
    return ", ".join(parts)


def add_directives(app):
    """Add those of this module."""
    app.add_directive("test-set-summary", TestSetSummary)
    app.add_directive("test-set-table", TestSetTable)
    app.add_directive("paper", PaperText)
    app.add_directive("articles-table", ArticlesTable)
