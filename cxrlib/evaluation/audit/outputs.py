"""A report as a file that other programs read: JSON and JUnit XML."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from xml.etree import ElementTree

from cxrlib import files
from cxrlib.evaluation.audit.report import Finding, Report

GENERATOR = "cxr audit"
TEXTS = ("check", "verdict", "summary", "note", "advice")
MAX_LINES = 50  # of affected files, in one failure
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_json(report: Report) -> str:
    """Return a report as JSON: everything but what the probes saw."""
    findings = [
        {
            **{name: getattr(f, name) for name in TEXTS},
            "numbers": f.numbers,
            "histograms": [asdict(each) for each in f.histograms],
            "affected": [{"key": a.key, "text": a.text, "verdict": a.verdict} for a in f.affected],
        }
        for f in report.findings
    ]
    content = {
        "generator": GENERATOR,
        "name": report.name,
        "n_images": report.n_images,
        "seconds": round(report.seconds, 1),
        "findings": findings,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, default=float) + "\n"


def write_json(report: Report, path: str | os.PathLike) -> None:
    """Write a report as JSON, which is a baseline for later audits."""
    files.write_text(path, to_json(report))


def write_junit(report: Report, path: str | os.PathLike) -> None:
    """Write a report as JUnit XML, the format in which CI systems show tests.

    A check is a test case: ``"fail"`` a failure, ``"not checked"`` skipped, anything else passes.
    """
    counts = {
        "tests": str(len(report.findings)),
        "failures": str(len(report.failed)),
        "skipped": str(len(report.with_verdict("not checked"))),
        "errors": "0",
    }
    seconds = {"time": f"{report.seconds:.1f}"}
    suites = ElementTree.Element("testsuites", {"name": GENERATOR} | counts | seconds)
    name = {"name": _xml_text(report.name)}
    suite = ElementTree.SubElement(suites, "testsuite", name | counts | seconds)
    for finding in report.findings:
        _add_case(suite, finding)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    files.write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _add_case(suite: ElementTree.Element, finding: Finding) -> None:
    attributes = {"classname": GENERATOR, "name": finding.check}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    message = {"message": _xml_text(finding.summary)}
    if finding.verdict == "not checked":
        ElementTree.SubElement(case, "skipped", message).text = _xml_text(finding.note) or None
        return
    lines = finding.affected_files()
    more = [f"… and {len(lines) - MAX_LINES:,} more"] if len(lines) > MAX_LINES else []
    text = "\n".join(filter(None, [finding.note, finding.advice, *lines[:MAX_LINES], *more]))
    if finding.verdict == "fail":
        ElementTree.SubElement(case, "failure", message).text = _xml_text(text)
    else:
        said = f"{finding.verdict}: {finding.summary}\n{text}".rstrip()
        ElementTree.SubElement(case, "system-out").text = _xml_text(said)


def _xml_text(text: str) -> str:
    """Replace what XML has no way to write, such as a control character in a file's name."""
    return NOT_IN_XML.sub("\ufffd", text)
