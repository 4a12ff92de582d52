"""Lung vessels: two trees that leave the hila, fork and taper outwards."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

COUNTS = (8, 4, 4)  # main branches, then children of each
POINTS = 12


def tree(patient, side):
    """Branches of one lung.

    Parameters
    ----------
    patient : Patient
    side : {-1, 1}
        Patient's right (picture left) or left.

    Returns
    -------
    list of (paths, radius), one pair a generation
        paths : float (T, n, 2) in body coordinates; radius : float (T, n) in body units.
    """
    return _tree(patient.seed, patient.age, side, patient.length, patient["vessels"])


@lru_cache(maxsize=256)
def _tree(seed, age, side, length, big):
    rng = np.random.default_rng([seed, 3 if side < 0 else 4])
    root = np.array([0.19, (0.42 if side < 0 else 0.38) * length])
    angle = np.deg2rad(np.linspace(-80, 84, COUNTS[0]) + rng.normal(0, 7, COUNTS[0]))
    start = root + rng.normal(0, 0.025, (COUNTS[0], 2))
    radius, reach, t, generations = np.full(COUNTS[0], 0.024), 0.38, np.linspace(0, 1, POINTS), []
    for children in (*COUNTS[1:], 0):
        m = len(angle)
        long = reach * rng.uniform(0.75, 1.25, m) * (1 + 0.4 * np.abs(np.sin(angle)))
        turn = angle[:, None] + rng.normal(0, 0.35, (m, 1)) * (t - 0.3)
        step = np.stack([np.cos(turn), np.sin(turn)], 2) * (long / (POINTS - 1))[:, None, None]
        paths = start[:, None] + np.cumsum(step, 1) - step[:, :1]
        generations.append((paths * [side, 1], radius[:, None] * np.linspace(1, 0.6, POINTS) * big))
        if not children:
            break
        parent = np.repeat(np.arange(m), children)
        at = rng.integers(POINTS // 3, POINTS, (m, children))
        at[:, 0] = POINTS - 1
        fork = rng.choice([-1, 1], (m, children)) * rng.uniform(0.3, 0.9, (m, children))
        fork[:, 0] = rng.normal(0, 0.4, m)
        start = paths[parent, at.ravel()]
        angle = turn[parent, at.ravel()] + fork.ravel()
        radius = radius[parent] * rng.uniform(0.45, 0.68, m * children)
        reach *= 0.70
    return generations


def draw(canvas, patient):
    """Path length through all vessels of both lungs (not yet cut to the lung fields)."""
    total = 0.0
    for right, left in zip(tree(patient, -1), tree(patient, 1), strict=True):
        paths = np.concatenate([right[0], left[0]])
        total = total + canvas.tubes(paths, np.concatenate([right[1], left[1]]), 1.0)
    return total
