"""What executed chapters carry: their claims, and how often they opened a test set."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nbformat

from cxrlib.teaching import claims, test_set


def read_claims(executed: Path) -> list[dict]:
    """Return the claims in an executed chapter's table; an empty list without one."""
    return [dict(claim) for table in _carried(executed, claims.MIME) for claim in table]


def read_test_evaluations(executed: Path) -> list[dict]:
    """Return each opening of a test set in an executed chapter."""
    return [dict(opened) for opened in _carried(executed, test_set.MIME)]


def read_sources(executed: Path) -> set[str]:
    """Return where the images of an executed chapter came from, such as "phantoms"."""
    return {claim["source"] for claim in read_claims(executed) if claim.get("source")}


def _carried(executed: Path, kind: str) -> list:
    notebook = nbformat.read(executed, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [o["data"][kind] for o in outputs if kind in o.get("data", {})]


def failed_findings(copies: Iterable[Path]) -> list[dict]:
    """Return the claims that had to hold and did not, of all chapters that have a copy."""
    found = (claim for copy in copies if copy.exists() for claim in read_claims(copy))
    return [claim for claim in found if claim["enforced"] and not claim["holds"]]


def as_text(failed: Iterable[dict]) -> str:
    """Return one line a claim: chapter, statement, value and bound."""
    lines = []
    for claim in failed:
        bound = ", ".join(f"{name} {value}" for name, value in claim["bound"].items())
        lines.append(
            f"  ✗ {claim['chapter']}: {claim['statement']} ({claim['value']:.4g}; {bound})"
        )
    return "\n".join(lines)
