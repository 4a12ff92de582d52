"""Where the built course lies: BOOK=quick or BOOK=full says which, else the newest is taken."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
APPENDICES = [path for path in CHAPTERS if path.stem[0] == "A"]


def missing(what, remedy):
    """Skip with a sentence; in CI nothing may be missing, so there it is a failure."""
    message = f"{what}: {remedy}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def mark():
    """Return "-quick" or "": the ending of the folders to look at."""
    if "BOOK" in os.environ:
        return {"quick": "-quick", "full": ""}[os.environ["BOOK"]]
    built = [path for path in BUILD.glob("executed*") if path.is_dir()]
    newest = max(built, key=lambda path: path.stat().st_mtime, default=Path("executed"))
    return newest.name.removeprefix("executed")


def folder(name):
    """Return one of the build's folders, such as "executed" or "html"."""
    path = BUILD / f"{name}{mark()}"
    if not path.is_dir():
        missing(f"there is no {path.relative_to(ROOT)}", "run `make book` or `make test` first")
    return path
