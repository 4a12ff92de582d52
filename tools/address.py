"""The repository's address, which stands in _config.yml, and everything that repeats it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import nbformat

# CITATION.cff says which address was written last; the others are searched for that one.
REPEATS = ("CITATION.cff", "README.md", "CONTRIBUTING.md", "pyproject.toml")
EXTRAS = {"14-deployment": "train,dicom,export", "A1-cluster": "train,cluster"}  # else "train"
COLAB_CELL = """\
# In Colab this installs the course's package. Anywhere else it only looks for it.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("cxrlib") is None:
    %pip install -q "cxrlib[{extras}] @ git+{address}@{branch}"
    importlib.invalidate_caches()
try:
    importlib.import_module("cxrlib")
except ImportError as problem:
    raise ImportError(
        "cxrlib is missing. In Colab: run this cell again, then Runtime > Restart. "
        'On your own machine: pip install -e ".[book]" in the course\\'s folder.'
    ) from problem
"""


def configured(root: Path) -> tuple[str, str]:
    """Return address and branch from _config.yml."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    url = re.search(r"^  url: *(https://github\.com/[\w.-]+/[\w.-]+?)/? *$", text, re.MULTILINE)
    branch = re.search(r"^  branch: *(\S+) *$", text, re.MULTILINE)
    if not url or not branch:
        raise ValueError(
            "_config.yml: expected `url: https://github.com/OWNER/NAME` and `branch: NAME` below "
            "`repository:`, got " + ("no branch" if url else "no such url") + ". Add it."
        )
    return url[1], branch[1]


def slug(address: str) -> str:
    """Return OWNER/NAME of an address."""
    return address.removeprefix("https://github.com/")


def colab_cell(root: Path, chapter: str) -> str:
    """Return the source of the set-up cell that opens a chapter; ``chapter`` has no ending."""
    address, branch = configured(root)
    extras = EXTRAS.get(chapter, "train")
    return COLAB_CELL.format(address=address, branch=branch, extras=extras).rstrip()


def chapters(root: Path) -> list[Path]:
    """Return the chapters' files in order."""
    return sorted((root / "chapters").glob("*.ipynb"))


def refresh_chapter(path: Path, source: str) -> bool:
    """Make ``source`` the first code cell of a chapter, hidden in the book; say if it was new."""
    notebook = nbformat.read(path, as_version=4)
    before = nbformat.writes(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if code and (code[0].get("id") == "colab-setup" or "google.colab" in code[0].source):
        cell = code[0]
    else:
        cell = nbformat.v4.new_code_cell()
        opens_with_text = bool(notebook.cells) and notebook.cells[0].cell_type == "markdown"
        notebook.cells.insert(int(opens_with_text), cell)
    cell.id, cell.source, cell.metadata.tags = "colab-setup", source, ["remove-cell"]
    changed = nbformat.writes(notebook) != before
    if changed:
        nbformat.write(notebook, path)
    return changed


def refresh_chapters(root: Path) -> list[str]:
    """Refresh the set-up cell of every chapter; return the names of those that changed."""
    found = chapters(root)
    return [path.name for path in found if refresh_chapter(path, colab_cell(root, path.stem))]


def current_address(root: Path) -> str:
    """Return the address that the other files carry now."""
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    found = re.search(r'^repository-code: "?(https://github\.com/[^"\s]+)', text, re.MULTILINE)
    if not found:
        raise ValueError(
            "CITATION.cff: expected a line `repository-code: https://github.com/...`, got none. "
            "Add it."
        )
    return found[1]


def pages_address(address: str) -> str:
    """Return where the built book lies on the web."""
    owner, name = slug(address).split("/")
    return f"https://{owner}.github.io/{name}/"


def forms(address: str) -> list[str]:
    """Return the ways in which an address is written: the repository's and its pages'."""
    return [slug(address), pages_address(address).removeprefix("https://").rstrip("/")]


def problems(root: Path) -> list[str]:
    """Return a sentence for each place that does not carry the configured address."""
    address, _ = configured(root)
    found = [
        f"{name}: expected the address {address}, which it does not name"
        for name in REPEATS
        if slug(address) not in (root / name).read_text(encoding="utf-8")
    ]
    if current_address(root) != address:
        found.append(f"CITATION.cff: expected {address}, got {current_address(root)}")
    for path in chapters(root):
        code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        if not code or code[0].source != colab_cell(root, path.stem):
            found.append(f"{path.name}: expected the Colab set-up cell as its first code cell")
    return found


def set_branch(root: Path, branch: str) -> None:
    """Write the branch or tag into _config.yml to which launch links and Colab's cell lead."""
    configured(root)
    path = root / "_config.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"^(  branch: *)\S+ *$", rf"\g<1>{branch}", text, flags=re.MULTILINE),
        encoding="utf-8",
    )


def rewrite(root: Path) -> list[str]:
    """Write the configured address wherever the last one stood; return the changed files."""
    old, new = current_address(root), configured(root)[0]
    pages = sorted((root / "book").glob("*.md"))
    changed = []
    for path in [*(root / name for name in REPEATS), *pages]:
        text = path.read_text(encoding="utf-8")
        after = text
        for before, now in zip(forms(old), forms(new), strict=True):
            after = after.replace(before, now)
        if after != text:
            path.write_text(after, encoding="utf-8")
            changed.append(path.name)
    return changed + refresh_chapters(root)


def command(options: argparse.Namespace) -> int:
    """Carry out `colab-cell`, `address` or `address --check`."""
    root = options.root.resolve()
    if options.command == "colab-cell":
        changed = refresh_chapters(root)
    elif options.check:
        found = problems(root)
        print("\n".join(found) or "The address is the same everywhere.")
        return 1 if found else 0
    else:
        if options.branch:
            set_branch(root, options.branch)
        changed = rewrite(root)
    print(f"Changed: {', '.join(changed) or 'nothing'}.")
    return 0
