"""What an audit finds: one finding a check, all of them a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cxrlib.data.cases import Problem, did_you_mean
from cxrlib.data.class_folders import NO_IMAGE

MARKS = {"fail": "✗", "look": "!", "known": "=", "fine": "✓", "not checked": "–"}
VERDICTS = tuple(MARKS)


@dataclass(frozen=True)
class Example:
    """An image that shows what was found."""

    path: str
    caption: str


@dataclass(frozen=True)
class Affected:
    """One thing that a finding is about: a file, a pair of files, a patient.

    Attributes
    ----------
    key : tuple of str
        What it is known by in a baseline: paths from the set's folder on, or a patient.
    text : str
        One line for a person.
    verdict : {"fail", "look"}
        How much it matters by itself.
    examples : tuple of Example
        Its images, to be looked at side by side.
    """

    key: tuple[str, ...]
    text: str
    verdict: str = "fail"
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Histogram:
    """How one number an image is distributed, by split and class.

    Attributes
    ----------
    feature : str
        Its name, such as ``"mean grey"``.
    edges : tuple of float
        The B + 1 edges of the bins; the outermost take in what lies beyond.
    proportions : dict
        Split → class → B proportions of that class's images in that split, in [0, 1].
    """

    feature: str
    edges: tuple[float, ...]
    proportions: dict[str, dict[str, list[float]]]


@dataclass(frozen=True, eq=False)
class View:
    """What a probe sees: images with a title each, of shape (H, W) or (H, W, 4), uint8."""

    title: str
    images: tuple[tuple[str, np.ndarray], ...]


@dataclass(frozen=True)
class Finding:
    """The answer of one check.

    Attributes
    ----------
    check : str
        Its name.
    verdict : str
        ``"fail"``: a result on this set would be misleading. ``"look"``: a person should look.
        ``"known"``: it stands in the baseline. ``"fine"``, or ``"not checked"`` where the table
        lacks what is needed, or has too few images to say.
    summary : str
        One line.
    advice : str
        What to do about it; a finding that fails or asks for a look has some.
    numbers : dict
        Name → number, or text, or list or dict of them.
    affected : tuple of Affected
        All that it is about, worst first; empty where it is about the set as a whole.
    histograms : tuple of Histogram
        Of the numbers that were asked.
    views : tuple of View
        What was looked at.
    note : str
        What to know before believing it; empty where there is nothing.
    """

    check: str
    verdict: str
    summary: str
    advice: str = ""
    numbers: dict = field(default_factory=dict)
    affected: tuple[Affected, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    views: tuple[View, ...] = ()
    note: str = ""

    @property
    def examples(self) -> tuple[Example, ...]:
        """The images of all that is affected."""
        return tuple(example for each in self.affected for example in each.examples)

    def affected_files(self) -> list[str]:
        """List what is affected, a line each with what is wrong."""
        return [each.text for each in self.affected]

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"expected a verdict of {', '.join(VERDICTS)}, got {self.verdict!r} for "
                f"{self.check}.{did_you_mean(self.verdict, VERDICTS)}"
            )
        if self.verdict in ("fail", "look") and not self.advice:
            raise ValueError(
                f"expected advice with the verdict {self.verdict!r} of {self.check}, got none. "
                "Say what to do about it."
            )


@dataclass(frozen=True)
class Report:
    """All findings about one data set.

    Attributes
    ----------
    name : str
        Of the data set.
    n_images : int
        Rows of the case table.
    findings : tuple of Finding
        In the order of the checks.
    seconds : float
        How long it took.
    """

    name: str
    n_images: int
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings whose verdict is ``"fail"``."""
        return self.with_verdict("fail")

    def with_verdict(self, verdict: str) -> tuple[Finding, ...]:
        """Return the findings of one verdict."""
        return tuple(f for f in self.findings if f.verdict == verdict)

    def worst_first(self) -> list[Finding]:
        """Return all findings, failures first."""
        return sorted(self.findings, key=lambda f: VERDICTS.index(f.verdict))

    def __getitem__(self, check: str) -> Finding:
        found = {f.check: f for f in self.findings}
        if check not in found:
            known = ", ".join(found)
            raise KeyError(f"expected one of {known}, got {check!r}.{did_you_mean(check, found)}")
        return found[check]

    def __str__(self) -> str:
        width = max(len(f.check) for f in self.findings)
        rows = [f"{f.verdict:12}{f.check:{width}}  {f.summary}" for f in self.findings]
        about: dict[str, list[str]] = {}
        for each in self.findings:
            if each.note:
                about.setdefault(each.note, []).append(each.check)
        notes = [f"\n{', '.join(checks)}: {note}" for note, checks in about.items()]
        return "\n".join([f"{self.name}: {counted(self.n_images, 'image')}", *rows, *notes])


def affected(problems: Sequence[Problem]) -> tuple[Affected, ...]:
    """Name files with their problems: an image that was left out fails, all else is a look."""
    return tuple(
        Affected(
            (p.path,),
            f"{p.path}: {p.problem}",
            "fail" if p.action == "left out" and p.problem != NO_IMAGE else "look",
        )
        for p in problems
    )


def counted(n: int, what: str) -> str:
    """Write a number and the noun it belongs to: ``1 file``, ``1,234 files``."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
