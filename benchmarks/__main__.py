"""Measure this package beside others, and print one table.

    python -m benchmarks [NAME ...] [--quick] [--json FILE [--again]]

Without names all that tell a speed run, in about two hours on two cores that have nothing else to
do. The studies, which count instead, are `alarms` and `coverage`; name them. The numbers that the
book shows: `--json cxrlib/experiments/speed.json`. With `--again` some are measured again, and the
file says when and on what machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks import suite
from cxrlib.data.cases import did_you_mean


def main(arguments: list[str] | None = None) -> int:
    known = suite.SUITE | suite.STUDIES
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="few images: to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    parser.add_argument("--again", action="store_true", help="keep what FILE has of all others")
    options = parser.parse_args(arguments)
    if options.again and not (options.json and options.json.is_file()):
        parser.error("expected --json with a file to go on from, got --again alone.")
    for name in options.names:
        if name not in known:
            parser.error(
                f"expected one of {', '.join(known)}, got {name!r}."
                f"{did_you_mean(name, known) or ' Name one of these.'}"
            )
    from cxrlib.experiments.run import environment
    from cxrlib.experiments.speed import Run

    made = environment()
    load = getattr(os, "getloadavg", lambda: (None,))()[0]  # Windows does not tell
    machine = {key: made[key] for key in ("device", "versions")} | {"load": load}
    names = options.names or suite.SUITE
    before = Run.from_json(options.json.read_text(encoding="utf-8")) if options.again else None
    given = {"quick": options.quick, "json_file": options.json, "before": before}
    found = suite.run(names, machine, **given)
    return int(not found.figures)


if __name__ == "__main__":
    sys.exit(main())
