"""Whether a tag can be released, and what its release says.

    python tools/release.py v0.1.0 [--notes]

Only the standard library is used, so that this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notes(root: Path, version: str) -> str:
    """Return the changelog's section of a version, or nothing."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^## \[{re.escape(version)}\].*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def problems(root: Path, tag: str) -> list[str]:
    """Return a sentence for each thing that is not of the tag's version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config = (root / "_config.yml").read_text(encoding="utf-8")
    branch = re.search(r"^  branch: *(\S+) *$", config, re.MULTILINE)
    found = []
    if tag != f"v{project['version']}":
        found.append(f"expected the tag v{project['version']} of pyproject.toml, got {tag}.")
    if not branch or branch[1] != tag:
        found.append(
            f"_config.yml: expected `branch: {tag}`, to which launch links lead, got "
            f"{branch[1] if branch else 'none'}. Run `python tools/make_book.py address --branch "
            f"{tag}`, commit, and tag that."
        )
    if not notes(root, tag.removeprefix("v")):
        found.append(f"CHANGELOG.md: expected a section [{tag.removeprefix('v')}], got none.")
    return found


def main() -> int:
    """Print the problems, or with ``--notes`` the changelog's section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tag")
    parser.add_argument("--notes", action="store_true", help="print what the changelog says")
    options = parser.parse_args()
    found = problems(ROOT, options.tag)
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    print(notes(ROOT, options.tag.removeprefix("v")) if options.notes else "All of one version.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
