"""Wilson's interval for a share, also for its mean over several trainings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from cxrlib.evaluation.intervals.bca import Interval, check_level


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


def wilson_over_runs(
    successes: Sequence[int], n: Sequence[int], pictures: int | None = None, level: float = 0.95
) -> Interval:
    """Wilson's interval for the mean of a share over several trainings.

    Parameters
    ----------
    successes, n : sequence of int
        Of each training, as for :func:`wilson`.
    pictures : int, optional
        How many different pictures were judged; by default as if each training had its own. A
        picture that each of five trainings judged is still one picture.
    level : float
        Coverage.

    Returns
    -------
    Interval
        That of as many pictures, but of fewer where the trainings lie further apart than chance
        would put them: their number is divided by Pearson's χ² over its degrees of freedom.

    Raises
    ------
    ValueError
        As in :func:`wilson`, or if the lists differ in length or ``pictures`` is below 1 or above
        the sum of ``n``.
    """
    for k, of in zip(successes, n, strict=True):
        wilson(k, of, level)  # complains about counts
    k, of = np.array(successes, dtype=float), np.array(n, dtype=float)
    pictures = of.sum() if pictures is None else pictures
    if not 1 <= pictures <= of.sum():
        raise ValueError(
            f"expected from 1 to {of.sum():.0f} different pictures, got {pictures}. Count each "
            "picture once, however many trainings judged it."
        )
    share, value = k.sum() / of.sum(), float(np.mean(k / of))
    expected = of * share * (1 - share)
    spread = 1.0
    if len(k) > 1 and 0 < share < 1:
        spread = max(1.0, float(((k - of * share) ** 2 / expected).sum() / (len(k) - 1)))
    m, z = pictures / spread, stats.norm.ppf(0.5 + level / 2)
    middle = (value + z**2 / (2 * m)) / (1 + z**2 / m)
    reach = z / (1 + z**2 / m) * np.sqrt(value * (1 - value) / m + z**2 / (4 * m**2))
    low, high = max(0.0, float(middle - reach)), min(1.0, float(middle + reach))
    return Interval(value, low if value > 0 else 0.0, high if value < 1 else 1.0)
