"""Seconds and peak memory of ``cxr audit`` on a data set, with a page, as it is called."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Measured, Numbers, ProcessError
from cxrlib import data, phantoms
from cxrlib.experiments.speed import Figure, Missing


def command(name: str, *python: str) -> Numbers:
    """Run the command, by this Python or another, and take its own time and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "audit.html"
        line = [
            *(python or [sys.executable]),
            "-m",
            "cxrlib.cli",
            "audit",
            name,
            "--html",
            str(page),
        ]
        said = Path(folder) / "said.txt"
        start = time.perf_counter()
        with said.open("w") as errors:
            process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)  # of this process alone, unlike RUSAGE_CHILDREN
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if not page.exists():
            raise ProcessError(said.read_text(), process.returncode)
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"seconds": seconds, "peak_memory_mb": peak}


def images(folder: Path, quick: bool) -> tuple[str, int]:
    """Return the name of the course's set, or of a few that are drawn, and how many they are."""
    name = "pneumonia"
    if quick:
        name = str(phantoms.write(folder / "few", name, size=64, n=40) / "chest_xray")
    return name, len(data.load(name, quiet=True))


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Audit the course's set."""
    with tempfile.TemporaryDirectory() as folder:
        name, n = images(Path(folder), quick)
        found = Measured.alternate({"cxrlib": lambda: command(name)}, 1 if quick else 3, warm_up=0)
    yield from found.missing
    yield from found.figures(f"cxr audit with a page, {n:,} images", "s")
    yield from found.figures(f"cxr audit with a page, {n:,} images, memory", "MB", "peak_memory_mb")
