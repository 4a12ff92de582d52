"""Gather the claims of all executed chapters into results/claims.json."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from executing import write_whole

from cxrlib.teaching.claims import MIME

KEPT = ("chapter", "statement", "value", "source", "holds")


def claims_of(executed: Path) -> list[dict]:
    """Return the claims that an executed chapter's table carries; an empty list without one."""
    notebook = nbformat.read(executed, as_version=4)
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    tables = [o.data[MIME] for o in outputs if MIME in o.get("data", {})]
    return [{name: claim[name] for name in KEPT} for table in tables for claim in table]


def record_claims(root: Path, executed: Path) -> Path:
    """Write the claims of every executed chapter, in order; whole or not at all."""
    chapters = sorted((root / "chapters").glob("*.ipynb"))
    claims = [claim for path in chapters for claim in claims_of(executed / path.name)]
    target = root / "results" / "claims.json"
    text = json.dumps(claims, indent=1, ensure_ascii=False) + "\n"
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        write_whole(target, text)
    return target
