"""What ``cxr audit`` needs to be there: a fresh environment without TensorFlow beside one with it.

Both are made anew and get the versions of ``constraints.txt``, so it needs a package index.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import audit
from benchmarks.measuring import ROOT, Measured, Numbers, ProcessError
from cxrlib.experiments.speed import Figure, Missing

EXTRAS = {"cxrlib": "", "with the extra train": "[train]"}  # TensorFlow and Keras


def copy_package(target: Path) -> Path:
    """Copy what an installation reads; it would leave its own files in the checkout."""
    shutil.copytree(ROOT / "cxrlib", target / "cxrlib")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target)
    return target


def install(environment: Path, what: str) -> Numbers:
    """Make an environment, install the package there, and return the room it takes on disk."""
    for line in (
        [sys.executable, "-m", "venv", environment],
        [environment / "bin" / "pip", "install", "-q", what, "-c", ROOT / "constraints.txt"],
    ):
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProcessError(done.stderr, done.returncode)
    return {"megabytes": megabytes(environment)}


def megabytes(folder: Path) -> float:
    """Return what the files below a folder hold, in units of 2**20 bytes."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 2**20


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Install both, and audit the course's set in either."""
    with tempfile.TemporaryDirectory() as folder:
        places = {name: Path(folder, f"environment-{n}") for n, name in enumerate(EXTRAS)}
        source = copy_package(Path(folder, "source"))

        def installed(name: str) -> Numbers:
            return install(places[name], f"{source}{EXTRAS[name]}")

        def audited(name: str) -> Numbers:  # -I: by what is installed there, not what lies here
            return audit.command(images, str(places[name] / "bin" / "python"), "-I")

        made = Measured.alternate({n: lambda n=n: installed(n) for n in EXTRAS}, 1, warm_up=0)
        yield from made.missing
        yield from made.figures("cxrlib installed, with all it needs", "MB", "megabytes")
        images, n_images = audit.images(Path(folder), quick)
        ways = {name: lambda name=name: audited(name) for name in made.medians}
        found = Measured.alternate(ways, 1 if quick else 3, warm_up=0)
    yield from found.missing
    yield from found.figures(f"cxr audit there, {n_images:,} images", "s")
    yield from found.figures(
        f"cxr audit there, {n_images:,} images, memory", "MB", "peak_memory_mb"
    )
