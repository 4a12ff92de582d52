"""What the pages' own directives share: each stands for Markdown that is written at build time."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


class MarkdownDirective(SphinxDirective):
    """A directive that stands for the Markdown which its method ``markdown`` returns."""

    has_content = False
    optional_arguments = 2  # classes of its tables
    headings = False  # whether the Markdown may have some

    def run(self) -> list[nodes.Node]:
        """Parse that text as if it stood in the page."""
        container = nodes.container()
        lines = StringList(self.markdown().splitlines(), source=self.env.docname)
        self.state.nested_parse(lines, self.content_offset, container, self.headings)
        for table in container.findall(nodes.table):
            table["classes"] += ["drawn", *self.arguments]
        return container.children

    def staged(self, name: str) -> Any:
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
