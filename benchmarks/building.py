"""How long the course takes to run and to build, in a copy of its own, on drawn images.

Others would make the numbers depend on what lies on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import ROOT, Measured, Numbers, ProcessError
from cxrlib.experiments.speed import Figure, Missing


def make(root: Path, *arguments: str) -> Numbers:
    """Call ``make_book.py`` for the copy."""
    line = [sys.executable, str(ROOT / "tools" / "make_book.py"), "--root", str(root), *arguments]
    variables = {name: value for name, value in os.environ.items() if name != "CXR_DATA"}
    start = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, env=variables)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise ProcessError(done.stdout + done.stderr, done.returncode)
    return {"seconds": seconds}


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Run and build: from nothing, and again when nothing changed."""
    jobs = {"one chapter on tiny samples": ("execute", "01-pictures", "--quick")}
    if not quick:
        jobs |= {
            "the book on tiny samples, from nothing": ("all", "--quick"),
            "the book on tiny samples, nothing changed": ("all", "--quick"),
            "the book as published, from nothing": ("all",),
            "the book as published, nothing changed": ("all",),
        }
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("_build", ".*", "__pycache__"))
        for what, arguments in jobs.items():
            ways = {"cxrlib": lambda a=arguments: make(copy, *a)}
            found = Measured.alternate(ways, 1, warm_up=0)
            yield from found.missing
            yield from found.figures(f"make_book.py: {what}", "s")
