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

FOLDER_VARIABLES = ("CXR_DATA", "CXR_WEIGHTS", "CXR_CACHE", "CXR_RESULTS")  # they name folders
RECORDS = Path("cxrlib") / "experiments" / "results"
# What chapters run on beside cxrlib's own requirements; what makes pages beside jupyter-book's.
RUNNERS = ("ipykernel", "keras", "papermill", "tensorflow")
PAGE_MAKERS = ("docutils", "pydata-sphinx-theme", "latex2mathml", "pygments", "tinycss2", "ziamath")
# Variables that change what a chapter shows: ours, and those that change the arithmetic.
SETTINGS = ("CXR_", "OMP_", "TF_")
SHOWN = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "matplotlib")


def hash_text(text: str) -> str:
    """Return the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_folder(folder: Path) -> str:
    """Return one sha256 over names and contents below a folder, without what runs leave there."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"__pycache__", ".unfinished"} & set(path.parts):
            digest.update(f"{path.relative_to(folder).as_posix()} {hash_file(path)}\n".encode())
    return digest.hexdigest()


def hash_listing(folder: Path, exclude: tuple[str, ...] = ()) -> str:
    """Return one sha256 over names, sizes and times below a folder of data; nothing is read.

    Links are followed; a folder that several links lead to is looked into once.
    """
    rows, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in exclude]
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
    return hash_text("\n".join(sorted(rows)))


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
    data = [hash_listing(place) for place in places]
    # A download changes what a chapter shows.
    data.append(hash_listing(cache_folder(), exclude=("phantoms",)))
    return {
        "cxrlib": hash_folder(root / "cxrlib"),
        # Part of cxrlib, unless CXR_RESULTS names others. By itself it is a better reason.
        "results": hash_folder(Path(settings.get("CXR_RESULTS") or root / RECORDS)),
        "parameters": hash_text(json.dumps(parameters, sort_keys=True)),
        "versions": hash_text(versions()),
        "data": hash_text("\n".join(data)),
        "environment": hash_text(json.dumps(settings)),
    }


def resolve_folders() -> None:
    """Read the folders that the caller names from where the caller is; kernels are elsewhere."""
    for name in FOLDER_VARIABLES:
        if named := os.environ.get(name, "").strip():
            os.environ[name] = os.path.abspath(os.path.expanduser(named))


def rerun_reason(executed: Path, parts: dict[str, str]) -> str:
    """Say why a chapter has to run, or "" where its executed copy is complete and up to date."""
    try:
        stored = json.loads(executed.with_suffix(".key.json").read_text(encoding="utf-8"))
        content, before = hash_file(executed), stored["parts"]
    except (OSError, ValueError, KeyError, TypeError):
        return "not run yet"
    if stored.get("content") != content:
        return "the executed copy is not complete"
    names = [name for name in parts | before if parts.get(name) != before.get(name)]
    return f"changed: {', '.join(names)}" if names else ""
