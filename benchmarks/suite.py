"""The suite: which benchmarks there are, each in a process of its own, and the table that grows."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from benchmarks.measuring import ONE_THREAD, QUIET, ROOT, ProcessError, because
from cxrlib import files
from cxrlib.experiments.speed import HEAD, Figure, Missing, Run

# What NumPy's threads are told before it is loaded.
SUITE: dict[str, dict[str, str]] = {
    "pipeline": {},
    "augmentation": {},
    "training": {},
    "transfer": {},
    "shards": {},
    "intervals": ONE_THREAD,
    "audit": {},
    "installed": {},
    "duplicates": ONE_THREAD,
    "phantoms": ONE_THREAD,
    "scratch": {"OPENBLAS_NUM_THREADS": "1"},  # on a busy machine its threads wait for one another
    "labs": {},
    "building": {},
    "growth": {},
}
# Not about speed, and long: they run if they are named.
STUDIES = {"alarms": ONE_THREAD, "coverage": ONE_THREAD}
WIDTHS = (46, 17, 34, 9, 9, 5)
Row = Figure | Missing


def in_own_process(name: str, quick: bool) -> Iterator[Row]:
    """Run one benchmark and give its rows as they come."""
    line = [sys.executable, "-m", "benchmarks.suite", name, *(["--quick"] if quick else [])]
    variables = os.environ | QUIET | (SUITE | STUDIES)[name]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=errors, text=True, env=variables, cwd=ROOT
        ) as process,
    ):
        for text in process.stdout:
            if text.startswith(MARK):
                kind, fields = json.loads(text.removeprefix(MARK))
                yield (Figure if kind == "Figure" else Missing)(**fields)
        if process.wait():
            errors.seek(0)
            raise ProcessError(errors.read(), process.returncode)


def run(
    names: Iterable[str],
    machine: Mapping,
    *,
    quick: bool = False,
    json_file: Path | None = None,
    before: Run | None = None,
    start: Callable[[str, bool], Iterator[Row]] = in_own_process,
    say: Callable[[str], None] = print,
) -> Run:
    """Run benchmarks one after the other; one that breaks down is told, and the rest goes on.

    With ``json_file`` what is known is written after each of them; with a run ``before`` this one,
    in which these benchmarks take the place of what they measured then.
    """
    whole = Run(date.today().isoformat(), dict(machine), quick, (), ())
    say(describe(whole))
    say(line(HEAD) + "\n" + line("-" * width for width in WIDTHS))
    for name in names:
        for row in _rows(start, name, quick):
            row = replace(row, benchmark=name)
            if isinstance(row, Figure):
                whole = replace(whole, figures=(*whole.figures, row))
                say(line(row.cells()))
            else:
                whole = replace(whole, missing=(*whole.missing, row))
                say(f"not measured: {name}, {row.what}: {row.why}")
        if json_file:
            files.write_text(
                json_file, (before.measured_again(whole) if before else whole).to_json()
            )
    held = [row.holds for row in whole.figures if row.holds is not None]
    say(f"Goals held: {sum(held)} of {len(held)}. Not measured: {len(whole.missing)}.")
    return whole


def _rows(start: Callable[[str, bool], Iterator[Row]], name: str, quick: bool) -> Iterator[Row]:
    try:
        yield from start(name, quick)
    except Exception as error:
        yield because("the rest of this benchmark", error)


def describe(run: Run) -> str:
    """Say on which machine a run was made, and with which versions."""
    device = run.machine["device"]
    versions = ", ".join(f"{name} {number}" for name, number in run.machine["versions"].items())
    lines = [f"{run.date}: {device['cpu_count']} cores, {device['processor']}", versions]
    if busy := run.busy:
        lines.append(
            f"busy: other programs want {busy:.1f} cores; wait, or don't trust the numbers"
        )
    if run.quick:
        lines.append("quick: few images, numbers that tell nothing")
    return "\n".join(lines)


def line(cells: Iterable[str]) -> str:
    """Return a row of the table; what is too long goes on in the next line."""
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    height = max(map(len, parts))
    rows = zip(*(part + [""] * (height - len(part)) for part in parts), strict=True)
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, WIDTHS, strict=True)).rstrip()
        for row in rows
    )


MARK = "figure: "  # libraries print, too


def _run_here(name: str, quick: bool) -> None:
    """Print the rows of one benchmark, each as a line."""
    for row in importlib.import_module(f"benchmarks.{name}").figures(quick):
        print(MARK + json.dumps((type(row).__name__, asdict(row))), flush=True)


if __name__ == "__main__":
    _run_here(sys.argv[1], "--quick" in sys.argv)
