"""``cxr audit``: look for what would make a result worthless."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxrlib.data import DataError, datasets, registry
from cxrlib.data.cases import did_you_mean


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    audit = rooms.add_parser("audit", help="look for what would make a result worthless")
    audit.add_argument("what", metavar="FOLDER|NAME", help="one sub-folder a class, or a data set")
    audit.add_argument("--html", metavar="FILE", help="write a report with images, JSON beside")
    audit.add_argument("--patient", metavar="REGEX", help="finds the patient in a file name")
    audit.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    from cxrlib.evaluation import audit

    what = options.what
    if what not in registry.DATASETS and not Path(what).is_dir():
        raise DataError(
            f"expected a folder or one of {', '.join(registry.DATASETS)}, got {what!r}."
            f"{did_you_mean(what, registry.DATASETS)} "
            "A folder holds one sub-folder a class, or train/ and test/ with such."
        )
    page, folder = Path(options.html or "").resolve(), Path(what).resolve()
    if options.html and folder.is_dir() and folder in page.parent.parents:
        raise DataError(
            f"expected a report outside of the sub-folders of {what}, got {options.html}: there it "
            f"would be taken for data. Write it to {page.name}, say."
        )
    cases = datasets.load(
        what if what in registry.DATASETS else Path(what), patient=options.patient, quiet=True
    )
    report = audit.audit(cases)
    print(report)
    for finding in report.failed:
        print(f"\n{finding.check}: {finding.advice}")
        for line in finding.affected_files()[:5]:
            print(f"  {line}")
    if options.html:
        print(f"\nreport: {audit.write_html(report, options.html)}")
    return 1 if report.failed else 0
