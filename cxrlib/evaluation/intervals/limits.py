"""Confidence limits: Wilson's of a proportion, and BCa's among the resamples of any metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from cxrlib.evaluation.checks import check_count, check_proportion


class Interval(NamedTuple):
    """A number with its interval. ``f"{interval:.2f}"`` gives ``0.91 (0.88 to 0.93)``."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        spec = spec or ".3g"
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def check_resampling(n_resamples: int, confidence_level: float) -> None:
    """Refuse a number of resamples or a confidence level out of its range."""
    check_proportion(confidence_level, "confidence level")
    check_count(n_resamples, "n_resamples", "resamples")


def wilson_interval(successes: int, n: int, confidence_level: float = 0.95) -> Interval:
    """Wilson's interval of a proportion such as "93 of 100 found".

    Raises
    ------
    ValueError
        If the counts are not whole numbers, ``n`` is below 1, ``successes`` is not between 0 and
        ``n``, or ``confidence_level`` is not between 0 and 1.

    Examples
    --------
    Sixteen right of sixteen:

    >>> f"{wilson_interval(16, 16):.2f}"
    '1.00 (0.81 to 1.00)'
    """
    whole = all(float(count).is_integer() for count in (successes, n))
    if not whole or n < 1 or not 0 <= successes <= n:
        raise ValueError(
            "expected whole numbers with 0 ≤ successes ≤ n and n ≥ 1, got "
            f"successes={successes}, n={n}. Count the cases, do not pass the proportion itself."
        )
    check_proportion(confidence_level, "confidence level")
    test = stats.binomtest(int(successes), int(n))
    limits = test.proportion_ci(confidence_level, method="wilson")
    return Interval(successes / n, float(limits.low), float(limits.high))


def wilson_interval_over_runs(
    successes: Sequence[int],
    n: Sequence[int],
    n_images: float | None = None,
    confidence_level: float = 0.95,
) -> Interval:
    """Wilson's interval of the mean of a proportion over several trainings.

    Parameters
    ----------
    successes, n : sequence of int
        Of each training, as for :func:`wilson_interval`.
    n_images : int, optional
        How many different images were judged; by default as if each training had its own. An image
        that each of five trainings judged is still one image.
    confidence_level : float

    Returns
    -------
    Interval
        That of as many images, but of fewer where the trainings lie further apart than chance
        would put them: their number is divided by Pearson's χ² over its degrees of freedom.

    Raises
    ------
    ValueError
        As in :func:`wilson_interval`, or if the lists differ in length or ``n_images`` is below 1
        or above the sum of ``n``.
    """
    for hits, total in zip(successes, n, strict=True):
        wilson_interval(hits, total, confidence_level)  # complains about counts
    k, of = np.array(successes, dtype=float), np.array(n, dtype=float)
    n_images = float(of.sum()) if n_images is None else n_images
    if not 1 <= n_images <= of.sum():
        raise ValueError(
            f"expected from 1 to {of.sum():.0f} different images, got {n_images}. Count each "
            "image once, however many trainings judged it."
        )
    pooled, value = k.sum() / of.sum(), float(np.mean(k / of))
    dispersion = 1.0
    if len(k) > 1 and 0 < pooled < 1:
        expected = of * pooled * (1 - pooled)
        chi2 = float(((k - of * pooled) ** 2 / expected).sum())
        dispersion = max(1.0, chi2 / (len(k) - 1))
    m, z = n_images / dispersion, stats.norm.ppf(0.5 + confidence_level / 2)
    centre = (value + z**2 / (2 * m)) / (1 + z**2 / m)
    margin = z / (1 + z**2 / m) * np.sqrt(value * (1 - value) / m + z**2 / (4 * m**2))
    low, high = max(0.0, float(centre - margin)), min(1.0, float(centre + margin))
    return Interval(value, low if value > 0 else 0.0, high if value < 1 else 1.0)


def bca_interval(
    value: float,
    resampled: np.ndarray,
    acceleration: float | np.ndarray,
    n_effective: float,
    confidence_level: float,
) -> Interval:
    """Take the interval's ends from the resampled values; refuse if one is not finite.

    Efron's interval, corrected for bias and acceleration (BCa): where the resamples say that the
    estimate's error is skewed, as that of an AUC near 1 is, both ends move the other way. They stay
    quantiles of the resamples, z0 + (z0 + z) / (1 - a (z0 + z)) in place of z on the scale of the
    normal; the bias z0 is how much of the resamples lies below the value, ties by half, and z comes
    from :func:`expanded_alpha`.

    Without a usable correction, the ends are those of :func:`expanded_alpha` as they are: if
    leaving out patients changes nothing or gives no finite number, or if so many resamples lie on
    one side of the value that a corrected interval would not hold it.

    Parameters
    ----------
    value : float
        The metric on the images as they are.
    resampled : ndarray, shape (n_resamples,)
        The metric on each resample.
    acceleration : float
        a, from :func:`jackknife_acceleration`; NaN if there is none.
    n_effective, confidence_level : float
        As for :func:`expanded_alpha`.

    Returns
    -------
    Interval
        With ``low`` ≤ ``high``, both within the range of ``resampled``.

    Raises
    ------
    ValueError
        If ``value`` or one of ``resampled`` is not finite.

    Notes
    -----
    On the same resamples of patients ``scipy.stats.bootstrap(method="BCa")`` gives the same ends
    but for the last digit. It cannot draw trainings beside patients, nor go without a correction.

    References
    ----------
    Efron (1987), Journal of the American Statistical Association 82, 171-185,
    doi:10.1080/01621459.1987.10478410.
    """
    bad = int((~np.isfinite(resampled)).sum())
    if bad or not np.isfinite(value):
        raise ValueError(
            f"expected a finite number from the metric, got {value:g} for the images as they are "
            f"and {bad:,} of {len(resampled):,} resamples without one. Use more patients, or a "
            "metric that is defined whenever both classes are there."
        )
    alpha = expanded_alpha(n_effective, confidence_level)
    quantiles = np.array([alpha, 1 - alpha])
    z, bias = -stats.norm.ppf(alpha), _bias(value, resampled)
    if np.isfinite(acceleration) and abs(bias) < z < np.inf:
        reach = bias + np.array([-z, z])
        # |a| is at most 1/6. With very few patients z is so large that an end lies beyond all.
        room = np.maximum(1 - acceleration * reach, 0)
        with np.errstate(divide="ignore"):
            quantiles = stats.norm.cdf(bias + reach / room)
    low, high = np.quantile(resampled, quantiles)
    return Interval(value, float(low), float(high))


def jackknife_acceleration(jackknife: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Tell how skewed an estimate's error is, from leaving out one patient at a time.

    (1/6) Σ u³ / (Σ u²)^1.5 over all patients, where u = (1 - 1/n) (mean of the n estimates in a
    patient's stratum - the estimate without that patient): the jackknife of Efron and Tibshirani
    (1993), equation 14.15, with each stratum weighed as the strata are drawn.

    Parameters
    ----------
    jackknife : ndarray, shape (patients,) or (patients, K)
        The estimate without each patient; K estimates side by side.
    strata : ndarray, shape (patients,)
        Patients that are drawn from among each other.

    Returns
    -------
    ndarray, shape () or (K,)
        Between -1/6 and 1/6; NaN where no patient matters, or an estimate is not finite.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.zeros(jackknife.shape)
        for stratum in np.unique(strata):
            members = strata == stratum
            estimates = jackknife[members]
            u[members] = (1 - 1 / len(estimates)) * (estimates.mean(axis=0) - estimates)
        return (u**3).sum(axis=0) / (6 * (u**2).sum(axis=0) ** 1.5)


def expanded_alpha(n_effective: float, confidence_level: float) -> float:
    """Proportion of the resamples to leave out at either end: less than (1 - confidence_level) / 2.

    Resamples of n patients vary less than samples do, by √((n - 1) / n), and take their own spread
    for known, which Student's t makes good: Φ(-√(n / (n - 1)) t) instead of Φ(-z), the expanded
    percentile interval. For 95 % and 35 patients 2.0 % are left out at either end instead of 2.5 %,
    for 100 patients 2.3 %; with very few the interval ends at the outermost resamples.

    Parameters
    ----------
    n_effective : float
        Patients, n, above 1; need not be whole.
    confidence_level : float

    References
    ----------
    Hesterberg (2015), The American Statistician 69, 371-386, doi:10.1080/00031305.2015.1089789.
    """
    t = stats.t.ppf(0.5 + confidence_level / 2, n_effective - 1)
    return float(stats.norm.cdf(-np.sqrt(n_effective / (n_effective - 1)) * t))


def _bias(value: float, resampled: np.ndarray) -> float:
    """Place of the value among the resamples, ties by half; infinite if all lie on one side."""
    gap = resampled - value
    side = np.where(np.abs(gap) < 1e-9 * gap.std(), 0, np.sign(gap))  # 1e-9: ties but for rounding
    return float(stats.norm.ppf((1 - side.mean()) / 2))
