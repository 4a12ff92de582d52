"""The sweep: what every claim of the course came to over seeds and kinds of arithmetic.

``tools/make_book.py sweep`` runs the chapters and writes ``claims/phantoms.json`` and
``claims/real.json``, which belong to the package. Chapters and the book read them here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from cxrlib.data.cases import did_you_mean

SOURCES = {"phantoms": "phantoms", "real": "real X-rays"}
LEAST_MARGIN = 3.0  # standard deviations between the mean and the bound
LEAST_RUNS = 5  # fewer runs don't tell a spread


@dataclass(frozen=True)
class Bound:
    """What a value is held against; exactly one of the four is set.

    Attributes
    ----------
    above, below : float, optional
        The value has to be greater, or less, than this.
    between : pair of floats, optional
        The value has to lie between them or be one of them.
    equals : float, optional
        The value has to be this, to within ``within``.
    within : float
        Only for ``equals``.
    """

    above: float | None = None
    below: float | None = None
    between: tuple[float, float] | None = None
    equals: float | None = None
    within: float = 0.0

    def __post_init__(self) -> None:
        given = [n for n in ("above", "below", "between", "equals") if getattr(self, n) is not None]
        if len(given) != 1:
            raise TypeError(
                "expected exactly one of above=, below=, between= and equals=, got "
                f"{', '.join(given) or 'none'}. Split the statement if it needs two bounds."
            )
        if self.between is not None:
            low, high = map(float, self.between)
            if not low < high:
                raise TypeError(f"expected between=(low, high), got {low}, {high}. Turn it round.")
            object.__setattr__(self, "between", (low, high))

    def room(self, value: float) -> float:
        """Return how far a value is on the right side; below 0 is on the wrong one."""
        if self.above is not None:
            return value - self.above
        if self.below is not None:
            return self.below - value
        if self.between is not None:
            return min(value - self.between[0], self.between[1] - value)
        assert self.equals is not None  # one of the four is set
        return self.within - abs(value - self.equals)

    def holds(self, value: float) -> bool:
        """Say whether a value keeps the bound."""
        room = self.room(value)
        return bool(room > 0 if self.above is not None or self.below is not None else room >= 0)

    def text(self) -> str:
        """Return the bound in words."""
        if self.above is not None:
            return f"above {self.above:g}"
        if self.below is not None:
            return f"below {self.below:g}"
        if self.between is not None:
            return "{:g} to {:g}".format(*self.between)
        return f"{self.equals:g} ± {self.within:g}" if self.within else f"exactly {self.equals:g}"

    def as_dict(self) -> dict[str, object]:
        """Return what :class:`Bound` takes, without what is not set."""
        given = {n: v for n, v in vars(self).items() if v is not None and (n != "within" or v)}
        return given | ({"between": list(self.between)} if self.between is not None else {})


@dataclass(frozen=True)
class SweptClaim:
    """One claim in all runs of one source.

    Attributes
    ----------
    chapter, statement : str
    kind : {"identity", "finding", "observation"}
    bound : Bound
    values : tuple of float
        One a run that made the claim.
    """

    chapter: str
    statement: str
    kind: str
    bound: Bound
    values: tuple[float, ...]

    @property
    def n(self) -> int:
        """Number of runs that made the claim."""
        return len(self.values)

    @property
    def held(self) -> int:
        """Number of runs in which it held."""
        return sum(map(self.bound.holds, self.values))

    @property
    def mean(self) -> float:
        """Mean over the runs."""
        return float(np.mean(self.values))

    @property
    def spread(self) -> float:
        """Standard deviation between the runs (n − 1); 0 with a single run.

        Values are kept with six digits, so what is smaller than their rounding is 0, too.
        """
        spread = float(np.std(self.values, ddof=1)) if self.n > 1 else 0.0
        return spread if spread > 1e-6 * abs(self.mean) else 0.0

    @property
    def margin(self) -> float:
        """Distance of the mean from the bound, in standard deviations.

        Infinite if no two runs differ; NaN with fewer than five runs, which don't tell a spread.
        """
        if self.n < LEAST_RUNS:
            return math.nan
        if self.spread == 0:
            return math.inf if self.bound.holds(self.mean) else -math.inf
        return self.bound.room(self.mean) / self.spread

    @property
    def margin_text(self) -> str:
        """Return the margin in words, such as ``margin 3.4``; nothing where it tells nothing.

        It tells nothing of an identity or an observation, without spread, or of too few runs.
        """
        if self.kind != "finding" or not math.isfinite(self.margin):
            return ""
        return f"margin {self.margin:.1f}" if self.margin <= 100 else "margin over 100"

    @property
    def stands(self) -> bool:
        """Whether it may be called a claim; it held in all runs, with room to spare."""
        enough = self.kind == "identity" or self.n < LEAST_RUNS or self.margin >= LEAST_MARGIN
        return self.held == self.n and enough

    def text(self) -> str:
        """Return count, mean and spread, such as ``13 of 13 runs (0.21 ± 0.02)``."""
        return f"{self.held} of {self.n} runs ({self.mean:.3g} ± {self.spread:.2g})"


def read(source: str) -> dict:
    """Read the sweep of one source; without a file there are no runs and no claims.

    Parameters
    ----------
    source : {"phantoms", "real"}
    """
    if source not in SOURCES:
        hint = did_you_mean(source, SOURCES)
        raise ValueError(f"expected one of {', '.join(SOURCES)}, got {source!r}.{hint} Take one.")
    file = files("cxrlib.experiments") / "claims" / f"{source}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"runs": [], "claims": []}


def about_phantoms(statement: str) -> bool:
    """Say whether a statement names phantoms, and so was made of them beside any images."""
    return "phantom" in statement.lower()


@cache
def claims(source: str) -> tuple[SweptClaim, ...]:
    """Return all claims of one source, in the order of the chapters.

    What is claimed of phantoms was asked beside real X-rays, too, but of the same drawn images: it
    is no claim of theirs.
    """
    found = map(as_claim, read(source)["claims"])
    return tuple(c for c in found if source == "phantoms" or not about_phantoms(c.statement))


def as_claim(row: Mapping) -> SweptClaim:
    """Turn one entry of a file into a claim."""
    values = tuple(value for value in row["values"] if value is not None)
    return SweptClaim(row["chapter"], row["statement"], row["kind"], Bound(**row["bound"]), values)


def find(chapter: str, statement: str) -> dict[str, SweptClaim]:
    """Return what the sweep saw of one statement: source → claim, for sources that made it."""
    return {
        source: claim
        for source in SOURCES
        for claim in claims(source)
        if (claim.chapter, claim.statement) == (chapter, statement)
    }


def merge(sweep: dict, run: Mapping, chapter: str, note: Mapping, made: Iterable[Mapping]) -> None:
    """Put what one run of one chapter claimed into a sweep, in place of what it claimed before.

    Parameters
    ----------
    sweep : dict
        ``{"runs": [...], "claims": [...]}``; changed in place.
    run : mapping
        ``seed`` and ``arithmetic``, which tell runs apart.
    chapter : str
    note : mapping
        What is kept of this run of this chapter, such as its seconds.
    made : iterable of mapping
        The claims as :func:`cxrlib.teaching.list_claims` returns them.
    """
    index = _index_of(sweep, run)
    sweep["runs"][index]["chapters"][chapter] = dict(note)
    forget(sweep, chapter, index)
    rows = {row["statement"]: row for row in sweep["claims"] if row["chapter"] == chapter}
    for claim in made:
        new = {"chapter": chapter, "statement": claim["statement"]}
        row = rows.setdefault(claim["statement"], new | {"values": [None] * len(sweep["runs"])})
        row |= {"kind": claim["kind"], "bound": claim["bound"]}
        row["values"][index] = float(f"{claim['value']:.6g}")
    others = [row for row in sweep["claims"] if row["chapter"] != chapter]
    sweep["claims"] = sorted([*others, *rows.values()], key=lambda row: row["chapter"])


def forget(sweep: dict, chapter: str, index: int) -> None:
    """Take a chapter's values of one run out, and statements of which none are left."""
    for row in sweep["claims"]:
        if row["chapter"] == chapter:
            row["values"][index] = None
    sweep["claims"] = [row for row in sweep["claims"] if any(v is not None for v in row["values"])]


def _index_of(sweep: dict, run: Mapping) -> int:
    """Return a run's place; a new one's is the last, and no claim has a value there yet."""
    for index, known in enumerate(sweep["runs"]):
        if all(known[name] == run[name] for name in ("seed", "arithmetic")):
            return index
    sweep["runs"].append({**run, "chapters": {}})
    for row in sweep["claims"]:
        row["values"].append(None)
    return len(sweep["runs"]) - 1


def to_json(sweep: Mapping) -> str:
    """Return a sweep as JSON with a line a run and a line a claim, its statistics beside."""
    rows = []
    for row in sweep["claims"]:
        claim = as_claim(row)
        has_margin = claim.kind == "finding" and math.isfinite(claim.margin)
        margin = round(claim.margin, 1) if has_margin else None
        rows.append(row | {"held": claim.held, "n": claim.n, "margin": margin})
    parts = (("runs", sweep["runs"]), ("claims", rows))
    lines = (
        f' "{name}": [\n' + ",\n".join(f"  {_dumps(row)}" for row in part) + "\n ]"
        for name, part in parts
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
