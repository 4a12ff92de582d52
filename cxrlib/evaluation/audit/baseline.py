"""What an earlier audit found and somebody accepted: only what is new since then fails."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cxrlib.data.cases import DataError
from cxrlib.evaluation.audit.outputs import GENERATOR
from cxrlib.evaluation.audit.report import VERDICTS, Affected, Finding, Report

ALARMS = ("fail", "look")


def read_baseline(path: str | os.PathLike) -> dict[str, dict]:
    """Read the JSON of an earlier audit.

    Returns
    -------
    dict
        Check → its finding.

    Raises
    ------
    DataError
        If there is no such file, or an audit did not write it.
    """
    again = "Write one with: cxr audit … --write-baseline FILE"
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or str(error)
        raise DataError(f"{path}: expected a baseline, got: {why}. {again}") from None
    except ValueError as error:
        raise DataError(f"{path}: expected a baseline as JSON, got: {error}. {again}") from None
    try:
        if content["generator"] != GENERATOR:
            raise KeyError("generator")
        found = {finding["check"]: finding for finding in content["findings"]}
        for finding in found.values():
            VERDICTS.index(finding["verdict"])
            finding["known"] = {tuple(each["key"]): each["verdict"] for each in finding["affected"]}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: expected the JSON that an audit writes, got another one (at {error}). {again}"
        ) from None
    return found


def compare(report: Report, baseline: Mapping[str, dict]) -> Report:
    """Return the report in which only what is new fails.

    A finding about files, pairs or patients keeps those that the baseline does not name, and gets
    the verdict of the worst among them. A finding about the set as a whole is known where the
    baseline has it with the same verdict or a worse one. What is known gets the verdict
    ``"known"``.
    """
    return replace(report, findings=tuple(_new(f, baseline.get(f.check)) for f in report.findings))


def _new(finding: Finding, before: Mapping | None) -> Finding:
    if finding.verdict not in ALARMS or before is None or before["verdict"] not in ALARMS:
        return finding
    known = replace(finding, verdict="known", summary=f"{finding.summary} (as in the baseline)")
    if not finding.affected:
        as_bad = ALARMS.index(before["verdict"]) <= ALARMS.index(finding.verdict)
        return known if as_bad else finding
    new = tuple(each for each in finding.affected if not _is_known(each, before["known"]))
    if not new:
        return known
    return replace(
        finding,
        verdict=min((each.verdict for each in new), key=ALARMS.index),
        summary=f"{len(new):,} new of {len(finding.affected):,}: {finding.summary}",
        affected=new,
    )


def _is_known(each: Affected, known: Mapping[tuple[str, ...], str]) -> bool:
    """Whether a baseline names it, and as something as bad."""
    verdict = known.get(each.key)
    return verdict is not None and ALARMS.index(verdict) <= ALARMS.index(each.verdict)
