"""What an audit finds: one finding a check, and all of them as a report."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHOWN = 50  # files that a finding names
VERDICTS = ("fail", "look", "fine", "not checked")


@dataclass(frozen=True)
class Example:
    """A picture that shows what was found."""

    path: str
    caption: str


@dataclass(frozen=True)
class Finding:
    """The answer of one check.

    Attributes
    ----------
    check : str
        Its name.
    verdict : str
        ``"fail"``: a result on this set would be misleading. ``"look"``: a person should look.
        ``"fine"``, or ``"not checked"`` where the table lacks what is needed.
    says : str
        One line.
    advice : str
        What to do about it; empty where there is nothing to do.
    numbers : dict
        Name → number, or text, or list of them.
    examples : tuple of Example
        Pictures to look at.
    """

    check: str
    verdict: str
    says: str
    advice: str = ""
    numbers: dict = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def named(self) -> list[str]:
        """Files that it names, each with what is wrong: its lists of text, then its examples."""
        lines = [v for value in self.numbers.values() if isinstance(value, list) for v in value]
        texts = [line for line in lines if isinstance(line, str)]
        return texts or [f"{e.path}: {e.caption}" for e in self.examples]

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"expected a verdict of {', '.join(VERDICTS)}, got {self.verdict!r} for "
                f"{self.check}."
            )


@dataclass(frozen=True)
class Report:
    """All findings about one data set.

    Attributes
    ----------
    name : str
        Of the data set.
    pictures : int
        Rows of the case table.
    findings : tuple of Finding
        In the order of the checks.
    seconds : float
        How long it took.
    """

    name: str
    pictures: int
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings whose verdict is ``"fail"``."""
        return self.where("fail")

    def where(self, verdict: str) -> tuple[Finding, ...]:
        """Return the findings of one verdict."""
        return tuple(f for f in self.findings if f.verdict == verdict)

    def __getitem__(self, check: str) -> Finding:
        found = [f for f in self.findings if f.check == check]
        if not found:
            known = ", ".join(f.check for f in self.findings)
            raise KeyError(f"no check {check!r}. Checks of this report: {known}")
        return found[0]

    def __str__(self) -> str:
        width = max(len(f.check) for f in self.findings)
        lines = [f"{f.verdict:12}{f.check:{width}}  {f.says}" for f in self.findings]
        return "\n".join([f"{self.name}: {self.pictures:,} pictures", *lines])

    def write_json(self, path: str | os.PathLike) -> Path:
        """Write everything as JSON: beside first, then under its name."""
        path = Path(path)
        part = path.with_name(f".{path.name}.part")
        part.write_text(
            json.dumps(asdict(self), indent=1, ensure_ascii=False, default=float) + "\n",
            encoding="utf-8",
        )
        part.replace(path)
        return path


def examples(paths: Sequence[str], captions: Sequence[str], most: int = 6) -> tuple[Example, ...]:
    """Pair the first few paths with their captions."""
    return tuple(Example(str(p), c) for p, c in zip(paths, captions, strict=True))[:most]
