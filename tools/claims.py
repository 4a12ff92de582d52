"""The claims that executed chapters carry, and which of their findings did not hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nbformat

from cxrlib.teaching.claims import MIME


def read_claims(executed: Path) -> list[dict]:
    """Return the claims in an executed chapter's table; an empty list without one."""
    notebook = nbformat.read(executed, as_version=4)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return [dict(c) for o in outputs for c in o.get("data", {}).get(MIME, [])]


def failed_findings(copies: Iterable[Path]) -> list[dict]:
    """Return the claims that had to hold and did not, of all chapters that have a copy."""
    found = (claim for copy in copies if copy.exists() for claim in read_claims(copy))
    return [claim for claim in found if claim["enforced"] and not claim["holds"]]


def as_text(claims: Iterable[dict]) -> str:
    """Return one line a claim: chapter, statement, value and bound."""
    lines = []
    for claim in claims:
        bound = ", ".join(f"{name} {value}" for name, value in claim["bound"].items())
        lines.append(
            f"  ✗ {claim['chapter']}: {claim['statement']} ({claim['value']:.4g}; {bound})"
        )
    return "\n".join(lines)
