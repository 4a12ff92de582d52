"""What ``python -m benchmarks`` measured: this package's speed beside that of others.

``speed.json`` belongs to the package, and the book shows it. It comes from one run on one machine;
what was measured again after that says when and where.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from importlib.resources import files
from typing import Any

FILE = "speed.json"


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, of ours and of a peer in the same run.

    Attributes
    ----------
    figure : str
        What was measured, in words.
    unit : str
        Of both numbers.
    ours : float
    peer : float, optional
        The peer's number, None where there is nothing to compare with.
    peer_name : str
        What the peer is.
    goal : float, optional
        The least ratio that is to be held.
    more_is_better : bool
        As with images a second; else as with seconds.
    images : int, optional
        How many images it was measured on, where that is what grows.
    benchmark : str
        The module that measured it.
    """

    figure: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    goal: float | None = None
    more_is_better: bool = False
    images: int | None = None
    benchmark: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; None without a peer, or if one of the two is 0."""
        if not self.peer or not self.ours:
            return None
        return self.ours / self.peer if self.more_is_better else self.peer / self.ours

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None if there is none, or nothing to hold it against."""
        if self.goal is None or self.ratio is None:
            return None
        return self.ratio >= self.goal

    def cells(self) -> list[str]:
        """Return the row as text: figure, ours, peer, ratio, goal, holds."""
        holds = {None: "", True: "yes", False: "no"}[self.holds]
        ratio = "" if self.ratio is None else f"{short(self.ratio)} ×"
        goal = "" if self.goal is None else f"{short(self.goal)} ×"
        peer = "" if self.peer is None else f"{short(self.peer)} ({self.peer_name})"
        return [self.figure, f"{short(self.ours)} {self.unit}".strip(), peer, ratio, goal, holds]


HEAD = ("Figure", "Ours", "Peer", "Ratio", "Goal", "Holds")


@dataclass(frozen=True)
class Missing:
    """What could not be measured, such as a peer that is not installed, and why."""

    what: str
    why: str
    benchmark: str = ""


@dataclass(frozen=True)
class Run:
    """One run of the suite.

    Attributes
    ----------
    date : str
        Day on which it began, as YYYY-MM-DD.
    machine : dict
        ``device`` and ``versions``, see :func:`cxrlib.experiments.run.environment`, and ``load``,
        how many cores were wanted as the run began; None where nobody tells.
    quick : bool
        On few images, to try the suite: its numbers tell nothing.
    figures : tuple of Figure
    missing : tuple of Missing
    again : dict
        Benchmarks that were measured again later: name → ``date`` and ``machine`` of that.
    """

    date: str
    machine: dict[str, Any]
    quick: bool
    figures: tuple[Figure, ...]
    missing: tuple[Missing, ...]
    again: dict[str, dict[str, Any]] = field(default_factory=dict)

    def measured(self, benchmark: str = "") -> str:
        """Say when and on what a benchmark was measured; without a name, the run."""
        of = self.again.get(benchmark, {"date": self.date, "machine": self.machine})
        device = of["machine"]["device"]
        return f"{of['date']} on {device['cpu_count']} cores of {device['processor']}"

    def measured_again(self, later: Run) -> Run:
        """Return this run with the rows of a later one in place of those of the same benchmarks."""
        rows: list[Figure | Missing] = [*self.figures, *self.missing]
        newer: list[Figure | Missing] = [*later.figures, *later.missing]
        renewed = {row.benchmark for row in newer}
        names = dict.fromkeys(row.benchmark for row in (*rows, *newer))
        merged = [
            row
            for name in names
            for row in (newer if name in renewed else rows)
            if row.benchmark == name
        ]
        note = {"date": later.date, "machine": later.machine}
        return replace(
            self,
            figures=tuple(row for row in merged if isinstance(row, Figure)),
            missing=tuple(row for row in merged if isinstance(row, Missing)),
            again=self.again | dict.fromkeys(sorted(renewed), note),
        )

    @property
    def busy(self) -> float:
        """How many cores other programs wanted as the run began; below half a one counts as 0."""
        load = self.machine.get("load") or 0.0
        return load if load >= 0.5 else 0.0

    def to_json(self) -> str:
        """Write the run, each figure with its ratio and whether it holds its goal."""
        rows = [asdict(row) | {"ratio": row.ratio, "holds": row.holds} for row in self.figures]
        missing = [asdict(row) for row in self.missing]
        whole = vars(self) | {"figures": rows, "missing": missing}
        return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Run:
        """Read what :meth:`to_json` wrote; ratios are computed again."""
        whole = json.loads(text)
        computed = ("ratio", "holds")
        rows = [{k: v for k, v in row.items() if k not in computed} for row in whole["figures"]]
        figures = tuple(Figure(**row) for row in rows)
        missing = tuple(Missing(**row) for row in whole["missing"])
        return cls(**whole | {"figures": figures, "missing": missing})


def read() -> Run | None:
    """Read the run that comes with the package; None if there is none."""
    file = files(__package__) / FILE
    return Run.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def exponent(points: Iterable[tuple[float, float]]) -> float | None:
    """Fit ``y ~ x ** exponent`` by least squares on logarithms, the smallest ``x`` left out.

    A start-up that is always the same would make small sets seem dear.

    Parameters
    ----------
    points : iterable of (x, y)
        At least three; both greater than 0.

    Returns
    -------
    float or None
        None for fewer than three points.
    """
    rest = [(math.log(x), math.log(y)) for x, y in sorted(points)[1:]]
    if len(rest) < 2:
        return None
    mean_x, mean_y = (sum(values) / len(rest) for values in zip(*rest, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in rest)
    return sum((x - mean_x) * (y - mean_y) for x, y in rest) / spread


def short(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
