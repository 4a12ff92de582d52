"""``cxr audit``: look for what would make a result worthless."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cxrlib import cluster
from cxrlib.commands import help_with
from cxrlib.data import DataError, datasets, load_table, registry
from cxrlib.data.cases import did_you_mean

if TYPE_CHECKING:
    from cxrlib.evaluation.audit import Finding, Report

MAX_LINES = 5  # of affected files, in a terminal
COLUMNS = {
    "path": "where the image is, from the table's folder on (path)",
    "label": "its class (label)",
    "patient": "who is on it (patient_id, where there is such a column)",
    "split": "train, val or test (split, where there is such a column)",
}
EXIT_CODES = """\
Exit code: 0 if no check fails, 1 if one fails or the audit cannot be made (then
the message begins with "cxr:"), 2 for a wrong option. With --write-baseline a
check that fails gives 0, too.

What each check asks, and what to do about it: the page "Audit a set of your own"
of the course."""


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    audit = rooms.add_parser(
        "audit",
        help="look for what would make a result worthless",
        **help_with(
            "cxr audit my-images --patient '([A-Z]+[0-9]+)_' --html report.html",
            "cxr audit --table cases.csv --patient-column patient --junit audit.xml",
            exit_codes=EXIT_CODES,
        ),
    )
    audit.add_argument(
        "what",
        metavar="FOLDER|NAME",
        nargs="?",
        help="a folder with one sub-folder a class, or with train, val and test that have such; "
        "or a data set that cxr data list names",
    )
    audit.add_argument(
        "--patient",
        metavar="REGEX",
        help="its bracket is the patient in a file's name, such as '([A-Z]+[0-9]+)_'",
    )
    audit.add_argument(
        "--table", metavar="FILE", help="a table (CSV) with a row an image, in place of a folder"
    )
    for name, what in COLUMNS.items():
        audit.add_argument(f"--{name}-column", metavar="NAME", help=f"of the table: {what}")
    audit.add_argument("--html", metavar="FILE", help="write a page with images, and JSON beside")
    audit.add_argument("--junit", metavar="FILE", help="write JUnit XML, which CI systems read")
    base = audit.add_mutually_exclusive_group()
    base.add_argument(
        "--baseline",
        metavar="FILE",
        help="fail only by what this JSON of an earlier audit does not name",
    )
    base.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="accept what is found: write it as such a JSON, and exit with 0",
    )
    audit.add_argument(
        "--cluster", metavar="ADDRESS", help="let the workers of this Dask scheduler read images"
    )
    audit.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    from cxrlib.evaluation import audit

    outputs: dict[str, tuple[str | None, Callable[[Report, str], object]]] = {
        "report": (options.html, audit.write_html),
        "JUnit": (options.junit, audit.write_junit),
        "baseline": (options.write_baseline, audit.write_json),
    }
    for (path, _), ending in zip(outputs.values(), (".html", ".xml", ".json"), strict=True):
        _check_output(path, ending, options)  # what would fail at the end shall not cost an audit
    baseline = audit.read_baseline(options.baseline) if options.baseline else None
    cases = _load(options)
    with cluster.connect(options.cluster, reads=cases["path"]):
        report = audit.audit(cases)
    report = report if baseline is None else audit.compare(report, baseline)
    print(report)
    for verdict in ("fail", "look", "not checked"):
        for finding in report.with_verdict(verdict):
            _print_advice(finding)
    written = [_write(name, path, write, report) for name, (path, write) in outputs.items() if path]
    if written:
        print("\n" + "\n".join(written))
    return 1 if report.failed and not options.write_baseline else 0


def _load(options: argparse.Namespace) -> pd.DataFrame:
    """Load what is named: a table, a folder or a data set of the registry."""
    what = options.what
    columns = {f"{name}_column": getattr(options, f"{name}_column") for name in COLUMNS}
    if (what is None) == (options.table is None):
        got = "neither" if what is None else "both"
        raise DataError(f"expected a folder, a data set or --table FILE, got {got}. Name one.")
    if options.table is not None:
        if options.patient:
            raise DataError("expected --patient-column with --table, got --patient. Name a column.")
        return load_table(options.table, **columns)
    if named := [f"--{name.replace('_', '-')}" for name, value in columns.items() if value]:
        raise DataError(f"expected {named[0]} with --table FILE, got it with {what}. Leave it out.")
    if what not in registry.DATASETS and not Path(what).is_dir():
        hint = f"For a table write: cxr audit --table {what}. " if Path(what).is_file() else ""
        raise DataError(
            f"expected a folder or one of {', '.join(registry.DATASETS)}, got {what!r}."
            f"{did_you_mean(what, registry.DATASETS)} {hint}"
            "A folder holds one sub-folder a class, or train/ and test/ with such."
        )
    name = what if what in registry.DATASETS else Path(what)
    return datasets.load(name, patient=options.patient, quiet=True)


def _check_output(path: str | None, ending: str, options: argparse.Namespace) -> None:
    """Refuse a file that would be taken for data the next time, or would replace something."""
    if not path:
        return
    what = options.what
    if Path(path).suffix != ending:
        name = Path(path).with_suffix(ending).name
        raise DataError(f"expected a name that ends in {ending}, got {path}. Write {name}, say.")
    beside = Path(path).with_suffix(".json").resolve()
    if ending == ".html" and options.baseline and beside == Path(options.baseline).resolve():
        raise DataError(
            f"expected another name than {path}: the JSON beside it would replace the baseline "
            f"{options.baseline}. Name one of them differently."
        )
    file, folder = Path(path).resolve(), Path(what or "").resolve()
    if what and folder.is_dir() and folder in file.parent.parents:
        raise DataError(
            f"expected a report outside of the sub-folders of {what}, got {path}: there it "
            f"would be taken for data. Write it to {file.name}, say."
        )
    if file.is_dir():
        raise DataError(f"expected a file to write to, got the folder {path}. Name a file in it.")


def _print_advice(finding: Finding) -> None:
    if not finding.advice:
        return
    print(f"\n{finding.check}: {finding.advice}")
    lines = finding.affected_files()
    for line in lines[:MAX_LINES]:
        print(f"  {line}")
    if len(lines) > MAX_LINES:
        print(f"  … and {len(lines) - MAX_LINES:,} more")


def _write(name: str, path: str, write: Callable[[Report, str], object], report: Report) -> str:
    try:
        write(report, path)
    except OSError as error:
        raise DataError(f"expected to write the {name} to {path}, got: {error.strerror}.") from None
    return f"{name}: {path}"
