"""What an executed chapter depends on, as one sha256 a part: what changed says why it runs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from platformdirs import user_cache_path


def of_text(text: str) -> str:
    """Return the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def of_file(path: Path) -> str:
    """Return the sha256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def of_contents(folder: Path, leave_out: tuple[str, ...] = ("__pycache__",)) -> str:
    """Return one sha256 over names and contents below a folder, some names left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(leave_out) & set(path.parts):
            digest.update(f"{path.relative_to(folder).as_posix()} {of_file(path)}\n".encode())
    return digest.hexdigest()


def of_listing(folder: Path, leave_out: tuple[str, ...] = ()) -> str:
    """Return one sha256 over names, sizes and times below a folder of data; nothing is read."""
    rows = []
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in leave_out]
        for name in names:
            path = os.path.join(place, name)
            status = os.stat(path)
            rows.append(f"{os.path.relpath(path, folder)} {status.st_size} {status.st_mtime_ns}")
    return of_text("\n".join(sorted(rows)))


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return where cxrlib keeps downloads; a download changes what a chapter shows."""
    return Path(environment.get("CXR_CACHE") or user_cache_path("cxrlib"))


def versions() -> str:
    """Return Python's and every installed package's version, as one text."""
    packages = {
        f"{distribution.metadata['Name']}=={distribution.version}"
        for distribution in distributions()
    }
    return "\n".join([sys.version, *sorted(packages)])


def common_parts(
    root: Path, parameters: dict, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the parts that all chapters share: part → sha256."""
    settings = {name: environment[name] for name in sorted(environment) if name.startswith("CXR_")}
    places = [Path(settings[name]) for name in ("CXR_DATA", "CXR_WEIGHTS") if settings.get(name)]
    data = [of_listing(place) for place in places]
    data.append(of_listing(cache_folder(environment), leave_out=("phantoms",)))
    return {
        "cxrlib": of_contents(root / "cxrlib"),
        # What the chapters themselves write must not make them run again.
        "results": of_contents(root / "results", leave_out=("claims.json",)),
        "parameters": of_text(json.dumps(parameters, sort_keys=True)),
        "versions": of_text(versions()),
        "data": of_text("\n".join(data)),
        "environment": of_text(json.dumps(settings)),
    }
