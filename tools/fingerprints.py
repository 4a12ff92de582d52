"""What an executed chapter depends on, as one sha256 a part: what changed says why it runs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from cxrlib.data.download import cache_folder

PLACES = ("CXR_DATA", "CXR_WEIGHTS", "CXR_CACHE", "CXR_RESULTS")  # variables that name folders
RECORDS = Path("cxrlib") / "experiments" / "results"
# What runs a chapter beside cxrlib's own requirements, and what makes pages beside jupyter-book's.
RUNNERS = ("ipykernel", "papermill")
PAGE_MAKERS = ("docutils", "pydata-sphinx-theme", "pygments", "sphinx-mathjax-offline")
# Variables that change what a chapter shows: ours, and those that change the arithmetic.
SETTINGS = ("CXR_", "OMP_", "TF_")
SHOWN = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "matplotlib")


def of_text(text: str) -> str:
    """Return the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def of_file(path: Path) -> str:
    """Return the sha256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def of_contents(folder: Path, leave_out: tuple[str, ...] = ("__pycache__", ".unfinished")) -> str:
    """Return one sha256 over names and contents below a folder, some names left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(leave_out) & set(path.parts):
            digest.update(f"{path.relative_to(folder).as_posix()} {of_file(path)}\n".encode())
    return digest.hexdigest()


def of_listing(folder: Path, leave_out: tuple[str, ...] = ()) -> str:
    """Return one sha256 over names, sizes and times below a folder of data; nothing is read.

    Links are followed; a folder that several links lead to is looked into once.
    """
    rows, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in leave_out]
        folders.sort()
        real = os.path.realpath(place)
        if real in seen:
            rows.append(f"{os.path.relpath(place, folder)} is {real}")
            folders.clear()
            continue
        seen.add(real)
        for name in names:
            path = os.path.join(place, name)
            try:
                status = os.stat(path)
            except OSError:  # a link that leads nowhere
                status = os.lstat(path)
            rows.append(f"{os.path.relpath(path, folder)} {status.st_size} {status.st_mtime_ns}")
    return of_text("\n".join(sorted(rows)))


def requirements(package: str) -> list[str]:
    """Return the names of the packages that one needs here, without those of its extras."""
    needed = [Requirement(line) for line in requires(package) or []]
    return [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]


def _versions(packages: Iterable[str]) -> str:
    lines = []
    for package in sorted(set(packages)):
        try:
            lines.append(f"{package}=={version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} is missing")
    return "\n".join([sys.version, *lines])


def versions() -> str:
    """Return the versions of Python and of what a chapter runs on, as one text."""
    return _versions([*requirements("cxrlib"), *RUNNERS])


def shown_versions() -> str:
    """Return the versions that the status page shows, as one line."""
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join([f"Python {python}", *(f"{name} {version(name)}" for name in SHOWN)])


def book_versions() -> str:
    """Return the versions of Python and of what makes the pages, as one text."""
    return _versions(["jupyter-book", *requirements("jupyter-book"), *PAGE_MAKERS])


def common_parts(root: Path, parameters: dict) -> dict[str, str]:
    """Return the parts that all chapters share: part → sha256."""
    settings = {name: os.environ[name] for name in sorted(os.environ) if name.startswith(SETTINGS)}
    places = [Path(settings[name]) for name in ("CXR_DATA", "CXR_WEIGHTS") if settings.get(name)]
    data = [of_listing(place) for place in places]
    # A download changes what a chapter shows.
    data.append(of_listing(cache_folder(), leave_out=("phantoms",)))
    return {
        "cxrlib": of_contents(root / "cxrlib"),
        # Part of cxrlib, unless CXR_RESULTS names others. By itself it is a better reason.
        "results": of_contents(Path(settings.get("CXR_RESULTS") or root / RECORDS)),
        "parameters": of_text(json.dumps(parameters, sort_keys=True)),
        "versions": of_text(versions()),
        "data": of_text("\n".join(data)),
        "environment": of_text(json.dumps(settings)),
    }
