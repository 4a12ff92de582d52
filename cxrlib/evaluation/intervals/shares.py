"""A number with its interval; Wilson's interval for a share."""

from __future__ import annotations

from typing import NamedTuple

from scipy import stats


class Interval(NamedTuple):
    """A number with its interval. ``f"{interval:.2f}"`` gives ``0.91 (0.88 to 0.93)``."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        spec = spec or ".3g"
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's interval for a share such as "93 of 100 found".

    Raises
    ------
    ValueError
        If the counts are not whole numbers, ``n`` is below 1, ``successes`` is not between 0 and
        ``n``, or ``level`` is not between 0 and 1.
    """
    whole = all(float(count).is_integer() for count in (successes, n))
    if not whole or n < 1 or not 0 <= successes <= n:
        raise ValueError(
            "expected whole numbers with 0 ≤ successes ≤ n and n ≥ 1, got "
            f"successes={successes}, n={n}. Count the cases, do not pass the share itself."
        )
    check_level(level)
    found = stats.binomtest(int(successes), int(n)).proportion_ci(level, method="wilson")
    return Interval(successes / n, float(found.low), float(found.high))


def check_level(level: float) -> None:
    """Refuse a coverage that is not between 0 and 1."""
    if not 0 < level < 1:
        hint = f" Write {level / 100:g} for {level:g} %." if 1 < level < 100 else ""
        raise ValueError(f"expected a level between 0 and 1, such as 0.95, got {level}.{hint}")
