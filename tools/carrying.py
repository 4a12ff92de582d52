"""Carry a sweep over to chapters that say the same in other words or call the same by other names.

Both versions of the chapters are run on one machine with one seed. Where every claim came to the
very same number, what the sweep saw of the old version is true of the new one.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import claims
import nbformat
import sweeping

from cxrlib import files
from cxrlib.experiments import sweep

# A number that is no part of a name such as conv2d, and the unit of a duration or a size.
NUMBER = re.compile(r"(?<![\w.])([-−+]?\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?%?)(\s?(?:m?s|MB)\b)?(?!\w)")


def numbers(executed: Path) -> list[str]:
    """Return what numbers a chapter printed, without versions, durations and claims."""
    found = []
    for cell in nbformat.read(executed, as_version=4).cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            text = shown.get("text/markdown") or output.get("text") or shown.get("text/plain", "")
            if not text.startswith("*Python") and claims.MIME not in shown:
                found += [value for value, unit in NUMBER.findall(text) if not unit]
    return found


def differences(before: Path, after: Path) -> list[str]:
    """Say in which claims and printed numbers two executed copies of a chapter differ."""
    old, new = claims.of_chapter(before), claims.of_chapter(after)
    if len(old) != len(new):
        return [f"expected {len(old)} claims, got {len(new)}"]
    found = [
        f"expected {one['value']!r}, got {other['value']!r}: {other['statement']}"
        for one, other in zip(old, new, strict=True)
        if (one["value"], one["kind"]) != (other["value"], other["kind"])
    ]
    one, other = numbers(before), numbers(after)
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            found.append(f"printed {' '.join(one[a:b]) or '–'}, now {' '.join(other[c:d]) or '–'}")
    return found


def reword(book: dict, chapter: str, key: str, before: list[dict], after: list[dict]) -> None:
    """Give a chapter's claims in a sweep their new words and bounds, and its runs the new key."""
    words = {old["statement"]: new for old, new in zip(before, after, strict=True)}
    for row in book["claims"]:
        if row["chapter"] == chapter and row["statement"] in words:
            new = words[row["statement"]]
            row |= {name: new[name] for name in ("statement", "kind", "bound")}
    for run in book["runs"]:
        if chapter in run["chapters"]:
            run["chapters"][chapter]["code"] = key


def run(root: Path, source: str, before: Path, after: Path) -> int:
    """Carry over each chapter that both folders have; return how many differ and stay."""
    file = sweeping.file_of(root, source)
    book, differ = sweeping.load(file), 0
    for new in sorted(after.glob("*.ipynb")):
        old = before / new.name
        if not old.exists():
            continue
        found = differences(old, new)
        # Printed numbers may be more or fewer where a page was rewritten: claims decide.
        changed = [line for line in found if line.startswith("expected")]
        differ += bool(changed)
        print(f"  {new.stem}: {'DIFFERS' if changed else 'the same claims'}")
        print("".join(f"    {line}\n" for line in found), end="")
        if not changed:
            key = sweeping.code_key(root / "chapters" / new.name)
            reword(book, new.stem, key, claims.of_chapter(old), claims.of_chapter(new))
    files.write_text(file, sweep.to_json(book))
    return differ
