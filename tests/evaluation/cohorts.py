"""Simulated images that several tests judge: truth, scores and patients."""

import numpy as np
from scipy import special


def cohort(n=624, patients=428, seed=0, digits=None):
    """Two classes; five of eight patients are sick."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, patients, size=n)
    y = (np.arange(patients) % 8 < 5).astype(int)[who]
    score = 1 / (1 + np.exp(-rng.normal(loc=2 * y - 1, size=n)))
    return y, score if digits is None else score.round(digits), who


def cohort_of(k=3, n=60, patients=40, seed=0, digits=None):
    """K classes, a probability a class; some patients have images of two classes."""
    rng = np.random.default_rng(seed)
    who = np.concatenate([np.arange(2 * k), rng.integers(0, patients, size=n - 2 * k)])
    y = (np.arange(patients) % k)[who]
    y = np.where(rng.random(n) < 0.1, rng.integers(0, k, n), y)
    y[: 2 * k] = np.arange(2 * k) % k
    logits = rng.normal(size=(n, k)) + 1.5 * np.eye(k)[y]
    score = np.exp(logits if digits is None else logits.round(digits))
    return y, score / score.sum(axis=1, keepdims=True), who


def noisy(seed, n=40, digits=1):
    """Two classes whose scores are rounded numbers, so that there are ties."""
    rng = np.random.default_rng(seed)
    y = np.append(rng.integers(0, 2, n - 2), [0, 1])
    return y, (rng.normal(size=n) + y).round(digits)


def scored(seed=0, n=200, digits=None, sure=1.0):
    """Scores that mean what they say, if `sure` is 1; above, they are too sure."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(scale=2, size=n)
    y = (rng.random(n) < special.expit(logit)).astype(int)
    y[:2] = 0, 1
    score = special.expit(sure * logit)
    return y, score if digits is None else score.round(digits)
