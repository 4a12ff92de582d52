"""Disease: what each kind adds to the lungs, as extra density between 0 and about 1.

The patient's own stream decides which lobes are struck, the image's stream how far the
disease has come, so that two images of one patient show the same pneumonia on two days.
"""

from __future__ import annotations

import numpy as np

from cxrlib.phantoms.anatomy import Patient
from cxrlib.phantoms.canvas import Canvas, Rng, edge, ellipse
from cxrlib.phantoms.thorax import Lungs, tree

Lesion = tuple[np.ndarray, np.ndarray]
KINDS = ("normal", "bacterial", "viral", "covid")


def lesion(kind: str, canvas: Canvas, patient: Patient, lungs: Lungs, rng: Rng) -> Lesion:
    """Extra density and air tubes of a disease; ``rng`` is the image's own stream.

    Returns
    -------
    density : float32 (H, W)
        How much of the air is replaced, 0 to about 1, not yet cut to the lung fields.
    extent : float32 (H, W)
        Envelope, 0 to 1, from which the lesion mask is cut at 0.5.
    """
    draw = {"bacterial": _bacterial, "viral": _viral, "covid": _covid}[kind]
    return draw(canvas, patient, lungs, rng)


def _bacterial(canvas: Canvas, patient: Patient, lungs: Lungs, rng: Rng) -> Lesion:
    own = patient.rng(10)
    progress = rng.uniform(0.8, 1.15)
    lobes = own.choice(6, size=1 + (own.random() < 0.38), replace=False)
    extent = np.zeros(canvas.shape, np.float32)
    rough = canvas.cloud(own, 0.30, 3)
    fissure = np.float32(own.uniform(0.40, 0.46)) + np.float32(own.uniform(-0.06, 0.06)) * lungs.out
    for lobe in lobes:
        extent = extent + _lobe(lobe, fissure, lungs, own, progress, rough)
    extent = np.minimum(extent, 1)
    fine = canvas.cloud(own, 0.07, 2)
    density = extent * np.clip(0.80 + 0.12 * rough + 0.035 * fine, 0.2, 1.0)
    air = _bronchograms(canvas, patient, own)
    return density * (1 - np.clip(air * 6, 0, 0.35)), extent


def _lobe(
    lobe: int, fissure: np.ndarray, lungs: Lungs, own: Rng, progress: float, rough: np.ndarray
) -> np.ndarray:
    """Soft region of one lobe (0-2 right upper, middle, lower; 3-5 left upper, lingula, lower)."""
    side = lungs.left if lobe > 2 else ~lungs.left
    down, out = lungs.down, lungs.out
    whole, part = own.random() < 0.45, lobe % 3
    if part == 0:
        bounded = edge(fissure - down, 0.025)
        centre = (0.55, own.uniform(0.16, 0.32))
    elif part == 1:
        bounded = edge(down - fissure, 0.025) * edge(0.88 - out + 0.3 * (0.75 - down), 0.2)
        centre = (0.42, own.uniform(0.56, 0.68))
    else:
        bounded = edge(down - (0.46 + 0.10 * (1 - out)), 0.14)
        centre = (own.uniform(0.5, 0.72), own.uniform(0.66, 0.80))
    if whole:
        reach = edge(1.15 * progress + 0.25 * rough, 0.8)
    else:
        size = own.uniform(0.26, 0.40) * progress
        rho = ((out - centre[0]) / size) ** 2 + ((down - centre[1]) / (size * 0.62)) ** 2
        reach = edge(1.08 - np.sqrt(rho) + 0.11 * rough, 0.65)
    return (bounded * reach * side).astype(np.float32)


def _bronchograms(canvas: Canvas, patient: Patient, own: Rng) -> np.ndarray:
    """Air path in branching bronchi that stay open inside a consolidation."""
    paths, radii = zip(*(pair for side in (-1, 1) for pair in tree(patient, side)[:2]), strict=True)
    moved = [p + own.normal(0, 0.02, (len(p), 1, 2)) + [0.0, 0.035] for p in paths]
    return canvas.tubes(np.concatenate(moved), np.concatenate(radii) * 0.7, 1.0)


def _viral(canvas: Canvas, patient: Patient, lungs: Lungs, rng: Rng) -> Lesion:
    own = patient.rng(11)
    progress = rng.uniform(0.8, 1.2)
    u, v = canvas.u, canvas.v
    high = own.uniform(0.40, 0.60) * patient.length
    reach = own.uniform(0.50, 0.72) * progress
    extent = np.zeros(canvas.shape, np.float32)
    for side in (-1, 1):
        uneven = own.uniform(0.85, 1.15)
        rho = ellipse(u, v, (side * 0.36, high), (reach * uneven, reach * 1.15 * uneven))
        extent = np.maximum(extent, edge(1.05 - np.sqrt(rho), 0.7))
    soft = canvas.cloud(own, 0.22, 2)
    extent = np.clip(extent * (1 + 0.25 * soft), 0, 1)
    density = 0.07 + 0.05 * soft + 0.74 * _streaks(canvas, patient, own)
    density += 0.16 * _network(canvas, own, 0.085)
    return extent * np.clip(density, 0, 0.8), extent


def _streaks(canvas: Canvas, patient: Patient, own: Rng) -> np.ndarray:
    """Thickened bronchial walls: short lines fanning out from the hila, and small rings."""
    count = 90
    side = own.choice([-1, 1], count)
    start = np.stack([own.uniform(0.22, 0.75, count), own.uniform(0.18, 0.82, count)], 1)
    start[:, 1] *= patient.length
    away = np.arctan2(start[:, 1] - 0.4 * patient.length, start[:, 0] - 0.1)
    away = away + own.normal(0, 0.45, count)
    t = np.linspace(-0.5, 0.5, 8)
    long = own.uniform(0.10, 0.26, count)
    turn = away[:, None] + own.normal(0, 0.9, (count, 1)) * t
    step = (long[:, None] * t)[..., None]
    path = start[:, None] + step * np.stack([np.cos(turn), np.sin(turn)], 2)
    path[..., 0] *= side[:, None]
    lines = canvas.tubes(path, own.uniform(0.011, 0.021, (count, 1)), 8.0)
    around = np.linspace(0, 2 * np.pi, 16)
    circle = np.stack([np.cos(around), np.sin(around)], 1)
    rings = start[:18, None] + circle * own.uniform(0.020, 0.036, (18, 1, 2))
    rings[..., 0] *= side[:18, None]
    return np.minimum(lines + canvas.tubes(rings, 0.011, 5.0), 0.6)


def _network(canvas: Canvas, own: Rng, cell: float) -> np.ndarray:
    """Fine mesh: the lines on which a smooth noise crosses zero."""
    first = np.abs(canvas.cloud(own, cell, 1))
    second = np.abs(canvas.cloud(own, cell * 1.3, 1))
    return np.exp(-((first / 0.16) ** 2)) + np.exp(-((second / 0.16) ** 2))


def _covid(canvas: Canvas, patient: Patient, lungs: Lungs, rng: Rng) -> Lesion:
    own = patient.rng(12)
    progress = rng.uniform(0.8, 1.2)
    extent = np.zeros(canvas.shape, np.float32)
    rough = canvas.cloud(own, 0.26, 2)
    for side in (~lungs.left, lungs.left):
        for _ in range(int(own.integers(2, 5))):
            out = own.uniform(0.68, 0.98)
            down = np.clip(own.normal(0.68, 0.15), 0.3, 0.95)
            size = own.uniform(0.16, 0.30) * progress
            rho = ((lungs.out - out) / size) ** 2 + ((lungs.down - down) / (size * 0.62)) ** 2
            patch = edge(1.10 - np.sqrt(rho) + 0.16 * rough, 1.0) * side
            extent = np.maximum(extent, patch)
    fine = canvas.cloud(own, 0.06, 2)
    density = 0.40 + 0.08 * rough + 0.05 * fine + 0.05 * _network(canvas, own, 0.06)
    return extent * np.clip(density, 0.1, 0.9), extent.astype(np.float32)
