"""Patients: the numbers that make one thorax differ from another.

A patient is a small record drawn from a seed; two images of one patient share it. Children
have shorter lungs, a wide heart, a thymus and almost horizontal ribs; adults have longer lungs,
a slim heart, an aortic knob and steep ribs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cxrlib.phantoms.canvas import Curve, Rng

AGES = ("child", "adult")


@dataclass(frozen=True)
class Patient:
    """One thorax in body units (half thorax widths).

    Attributes
    ----------
    age : {"child", "adult"}
    length : float
        Lung height from the tip to the costophrenic angle.
    walls, mediastinum, silhouette : pairs of Curve
        Lateral and medial lung borders and the outline of heart and great vessels, as distances
        from the midline, patient's right first.
    values : dict of float
        All other measures (heart width, rib slope, fat, arms, ...).
    seed : int
        Starts the streams of random numbers that belong to the patient.
    """

    age: str
    seed: int
    length: float
    walls: tuple = field(repr=False)
    mediastinum: tuple = field(repr=False)
    silhouette: tuple = field(repr=False)
    values: dict = field(repr=False)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def rng(self, stream: int) -> Rng:
        """Return a fresh generator for one purpose, the same for every image of the patient."""
        return np.random.default_rng([self.seed, stream])


@lru_cache(maxsize=512)
def patient(seed: int, age: str = "child") -> Patient:
    """Draw a patient of an age among :data:`AGES`; the seed is not negative."""
    if age not in AGES:
        raise ValueError(f"expected `age` as one of {', '.join(AGES)}, got {age!r}. Choose one.")
    rng = np.random.default_rng([seed, 1])
    child = age == "child"

    def vary(mean: float, spread: float) -> float:
        return float(mean + spread * np.clip(rng.standard_normal(), -2.2, 2.2))

    length = vary(1.42, 0.12) if child else vary(1.66, 0.10)
    values = {
        "heart": vary(0.56, 0.05) if child else vary(0.50, 0.06),
        "heart_depth": vary(0.91, 0.05),
        "atrium": vary(0.27, 0.03) if child else vary(0.24, 0.03),
        "thymus": max(vary(0.06, 0.05), 0.0) if child else 0.0,
        "aorta": 0.0 if child else max(vary(0.065, 0.025), 0.0),
        "dome_right": vary(0.82, 0.03),
        "dome_drop": max(vary(0.05, 0.025), 0.0),
        "dome_bulge": vary(0.25, 0.05),
        "rib_drop": vary(0.55, 0.08) if child else vary(0.88, 0.09),
        "rib_hump": vary(0.06, 0.02),
        "rib_size": vary(0.038, 0.003) if child else vary(0.040, 0.003),
        "rib_density": vary(1.0, 0.15),
        "ribs": 11 if child else 10,
        "depth": vary(1.22, 0.09),
        "lung_depth": vary(1.0, 0.055),
        "fat": abs(vary(0.07, 0.03)) if child else abs(vary(0.13, 0.06)),
        "breast": 0.0 if child or rng.random() < 0.55 else vary(0.16, 0.05),
        "clavicle": vary(-0.10, 0.04),
        "clavicle_tilt": vary(-0.02, 0.05) if child else vary(-0.05, 0.05),
        "spine": vary(0.120, 0.008) if child else vary(0.110, 0.008),
        "spine_bend": vary(0.0, 0.02),
        "spine_phase": float(rng.random()),
        "neck": vary(0.34, 0.03) if child else vary(0.33, 0.03),
        "shoulder": vary(1.16, 0.05) if child else vary(1.30, 0.05),
        "arms_up": float(rng.random() < 0.75) if child else 0.0,
        "vessels": vary(1.0, 0.20),
        "bubble": float(rng.random() < 0.5),
        "jaw": vary(-0.40, 0.10) if child else vary(-0.80, 0.10),
    }
    slim, walls, medial, outlines = vary(0.0, 0.02), [], [], []
    for side in range(2):
        wobble = np.array([0, *(vary(0.0, 0.012) for _ in range(7))])
        at = np.array([0.0, 0.035, 0.10, 0.24, 0.42, 0.66, 0.88, 1.05]) * length
        x = np.array([0.31, 0.45, 0.57, 0.73, 0.84, 0.925, 0.965, 0.95])
        x = x + wobble + slim * np.linspace(0, 1, 8)
        walls.append(Curve([-0.05, *at[1:]], [0.25, *x[1:]]))
        medial_at = [-0.05, *(np.array([0.05, 0.12, 0.45, 0.7, 1.1]) * length)]
        medial.append(Curve(medial_at, [0.25, 0.15, 0.13, 0.12, 0.10, 0.08]))
        outlines.append(_silhouette(side, length, values, [vary(0.0, 0.01) for _ in range(4)]))
    return Patient(age, seed, length, tuple(walls), tuple(medial), tuple(outlines), values)


def _silhouette(side: int, length: float, values: dict, wobble: Sequence[float]) -> Curve:
    """Outline of heart and great vessels on one side, as distance from the midline."""
    heart, thymus, aorta = values["heart"], values["thymus"], values["aorta"]
    if side == 0:
        at = [-0.3, 0.0, 0.14, 0.28, 0.42, 0.56, 0.72, 0.86, 1.0]
        top = 0.13 + 0.6 * thymus
        x = [0.10, 0.13, top, top + 0.01, 0.15, 0.20, 1.0, 0.92, 0.6]
        x[6:] = np.multiply(values["atrium"], x[6:])
    else:
        at = [-0.3, 0.0, 0.09, 0.19, 0.31, 0.38, 0.47, 0.60, 0.74, 0.86, 0.95, 1.05]
        x = [0.09, 0.12, 0.13 + thymus, 0.15 + thymus + aorta, 0.15 + thymus, 0.19]
        x += [heart * share for share in (0.50, 0.76, 0.95, 1.0, 0.9, 0.6)]
    x[2:6] = np.add(x[2:6], wobble)
    return Curve(np.array(at) * length, x)
