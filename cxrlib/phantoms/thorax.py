"""Soft parts: trunk, arms, lungs with vessels and airways, heart, diaphragm, stomach bubble.

Each function returns path lengths in body units on the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cxrlib.phantoms.anatomy import Patient
from cxrlib.phantoms.canvas import Canvas, Curve, Rng, dome, edge, ellipse

COUNTS = (8, 4, 4)  # main branches, then children of each
POINTS = 12


@dataclass
class Lungs:
    """Where the lungs are.

    Attributes
    ----------
    thickness : float32 (H, W)
        Air path through both lungs, heart already taken out.
    field : float32 (H, W)
        0 to 1, soft-edged: the lung fields one sees (above the diaphragm, beside the heart).
    above : float32 (H, W)
        1 above the diaphragm, fading to 0 below.
    left : bool (H, W)
        The patient's left half.
    out : float32 (H, W)
        0 at the midline, 1 at the lateral wall.
    down : float32 (H, W)
        0 at the tips, 1 at the costophrenic angle.
    """

    thickness: np.ndarray
    field: np.ndarray
    above: np.ndarray
    left: np.ndarray
    out: np.ndarray
    down: np.ndarray


def trunk(canvas: Canvas, patient: Patient) -> np.ndarray:
    """Path length through head, neck, fat and trunk, as if the lungs were solid."""
    u, v = canvas.u, canvas.v
    length, fat, shoulder = patient.length, patient["fat"], patient["shoulder"]
    neck, wide = patient["neck"], 1.0 + fat
    widths = [neck + 0.25, neck + 0.04, neck + 0.03, neck + 0.22, shoulder - 0.36, shoulder - 0.02]
    widths += [wide + 0.04, wide, wide + 0.02 + 0.3 * (fat - 0.07)]
    out = Curve([-2.4, -0.9, -0.42, -0.27, -0.13, 0.10, 0.42, length, length + 1.2], widths)
    deep = Curve(
        [-2.4, -0.5, -0.25, 0.0, 0.35, length, length + 1.0],
        np.array([0.75, 0.70, 0.72, 0.82, 0.98, 1.05, 1.06]) * patient["depth"],
    )
    rows = Curve.index(v)
    ratio = np.abs(u) / out.table.take(rows)
    r2 = ratio * ratio
    body = dome(r2 * r2 * (0.35 + 0.65 * ratio)) * deep.table.take(rows)
    jaw = dome(ellipse(u, v, (0.0, patient["jaw"] - 0.40), (0.56, 0.48)))
    body = np.maximum(body, 0) + 0.45 * jaw
    if patient["breast"] > 0:
        for side in (-1, 1):
            rho = ellipse(u, v, (side * 0.55, length * 0.74), (0.40, 0.42))
            body = body + patient["breast"] * dome(rho) * edge(length * 0.98 - v, 0.5)
    return body


def arms(canvas: Canvas, patient: Patient, lift: float) -> tuple[np.ndarray, np.ndarray]:
    """Path length through the upper arms, and the end points (2, 2, 2) of their bones.

    ``lift`` is the arms' angle in degrees: 90 hangs down, negative is raised.
    """
    total, bones = np.zeros(canvas.shape, np.float32), []
    shoulder = patient["shoulder"]
    for side in (-1, 1):
        head = np.array([side * (shoulder - 0.15), 0.03])
        angle = np.deg2rad(lift + 4 * side)
        end = head + 2.3 * np.array([side * np.cos(angle), np.sin(angle)])
        total += _capsule(canvas, head, end, 0.24 if patient.age == "child" else 0.27)
        bones.append(np.stack([head, end]))
    return total, np.stack(bones)


def lungs(canvas: Canvas, patient: Patient, breath: float) -> tuple[np.ndarray, Lungs]:
    """Air path of both lungs as if there were no heart, and their geometry.

    ``breath`` (about -0.05 to 0.05) lowers (positive) or raises the diaphragm, as a share of the
    lungs' length. The caller takes the heart out of ``thickness`` and ``field``.
    """
    u, v = canvas.u, canvas.v
    left = u > 0
    across, rows = np.abs(u), Curve.index(v)
    lateral = _two_sides(patient.walls, rows, left)
    medial = _two_sides(patient.mediastinum, rows, left)
    slope = _two_sides([_slope(c) for c in patient.walls], rows, left)
    beside = (lateral - across) / np.sqrt(1 + slope * slope)
    top = np.float32(patient["dome_right"] + breath) * patient.length + np.where(
        left, np.float32(patient["dome_drop"]), np.float32(0)
    )
    x = (across - np.float32(0.42)) * np.float32(1 / 0.52)
    bulge = x * x * (0.55 + 0.45 * np.abs(x))
    bulge = np.where(x > 0, bulge, bulge * np.float32(0.45)) * np.float32(patient["dome_bulge"])
    above = top + bulge - v
    inside = edge(beside, 0.035) * edge(across - medial, 0.05)
    ratio = np.clip(across / lateral, 0, 1)
    wall = np.sqrt(np.sqrt(1 - ratio**4 + 1e-4))
    tip = np.clip((v + 0.05) / 0.55, 0, 1)
    depth = np.float32(patient["lung_depth"]) * wall * (0.45 + 0.55 * np.sqrt(tip))
    behind = 0.30 * np.exp(np.minimum(above, 0) * np.float32(1 / 0.16))
    share = behind + (1 - behind) * edge(above, 0.02)
    air = depth * inside * share
    open_field = inside * edge(above, 0.02)
    return air, Lungs(
        air, open_field, edge(above + 0.04, 0.16), left, ratio, v / np.float32(patient.length)
    )


def heart(canvas: Canvas, patient: Patient, big: float) -> np.ndarray:
    """Path length through heart, great vessels and thymus; ``big`` widens them (0.03: by 3 %)."""
    u, v = canvas.u, canvas.v
    rows = Curve.index(v)
    length = patient.length
    border = _two_sides(patient.silhouette, rows, u > 0) * np.float32(1 + big)
    ratio = np.abs(u) / border
    deep = Curve(
        np.array([-0.3, 0.0, 0.25, 0.42, 0.60, 0.80, 1.0]) * length,
        np.array([0.7, 0.78, 0.82, 0.86, 0.97, 1.0, 0.8]) * patient["heart_depth"],
    )
    body = dome(ratio**2) * deep.table.take(rows)
    if patient["aorta"]:
        body = body + 0.10 * dome(ellipse(u, v, (0.12, length * 0.62), (0.11, length * 0.40)))
    return body


def stomach(canvas: Canvas, patient: Patient, rng: Rng) -> np.ndarray:
    """Air path of the gastric bubble and a few loops of bowel under the left dome."""
    u, v = canvas.u, canvas.v
    air = np.zeros(canvas.shape, np.float32)
    base = (patient["dome_right"] + 0.05) * patient.length
    rough = 0.20 * canvas.cloud(rng, 0.22, 1)
    if rng.random() < 0.15 + 0.45 * patient["bubble"]:
        size = rng.uniform(0.09, 0.19)
        centre = (rng.uniform(0.34, 0.55), base + size * 0.8 + rng.uniform(0.05, 0.14))
        rho = ellipse(u, v, centre, (size * 1.4, size), rng.uniform(-0.4, 0.3))
        air += rng.uniform(0.12, 0.34) * edge(1 - rho + rough, rng.uniform(0.5, 1.1))
    for _ in range(rng.integers(0, 6)):
        size = rng.uniform(0.04, 0.12)
        centre = (rng.uniform(-0.2, 0.75), base + rng.uniform(0.25, 0.8))
        rho = ellipse(u, v, centre, (size * 1.6, size), rng.uniform(-1, 1))
        air += rng.uniform(0.04, 0.14) * edge(1 - rho + 1.5 * rough, 0.9)
    return np.minimum(air, 0.4)


def airways(patient: Patient) -> tuple[np.ndarray, np.ndarray]:
    """Paths and radii of windpipe and main bronchi."""
    length = patient.length
    fork = np.array([0.03, 0.36 * length])
    larynx = np.array([0.0, -0.75])
    t = np.linspace(0, 1, 12)[:, None]
    tube = larynx + (fork - larynx) * t + np.array([0.02, 0.0]) * np.sin(np.pi * t)
    right = fork + np.array([-0.21, 0.16]) * t + np.array([-0.01, 0.03]) * t * (1 - t)
    left = fork + np.array([0.27, 0.15]) * t + np.array([0.02, -0.06]) * t * (1 - t)
    thin = np.linspace(1, 0.7, 12) * 0.036
    return np.stack([tube, right, left]), np.stack([np.full(12, 0.048), thin, thin])


def tree(patient: Patient, side: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Vessels of one lung: they leave the hilum, fork and taper outwards.

    ``side`` is -1 for the patient's right (image left), 1 for the left.

    Returns
    -------
    list of (paths, radius), one pair a generation
        paths : float (T, n, 2) in body coordinates; radius : float (T, n) in body units.
    """
    return _tree(patient.seed, side, patient.length, patient["vessels"])


@lru_cache(maxsize=256)
def _tree(seed: int, side: int, length: float, big: float) -> list[tuple[np.ndarray, np.ndarray]]:
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


def vessels(canvas: Canvas, patient: Patient) -> np.ndarray:
    """Path length through all vessels of both lungs (not yet cut to the lung fields)."""
    total = np.zeros(canvas.shape, np.float32)
    for right, left in zip(tree(patient, -1), tree(patient, 1), strict=True):
        paths = np.concatenate([right[0], left[0]])
        total = total + canvas.tubes(paths, np.concatenate([right[1], left[1]]), 1.0)
    return total


def _two_sides(curves: Sequence[Curve], rows: np.ndarray, left: np.ndarray) -> np.ndarray:
    both = np.concatenate([curve.table for curve in curves])
    return both.take(rows + left * np.int32(Curve.STEPS))


def _slope(curve: Curve) -> Curve:
    steep = Curve.__new__(Curve)
    spacing = (Curve.HIGH - Curve.LOW) / (Curve.STEPS - 1)
    steep.table = np.gradient(curve.table, spacing).astype(np.float32)
    return steep


def _capsule(canvas: Canvas, start: np.ndarray, end: np.ndarray, radius: float) -> np.ndarray:
    """Thickness of a round limb from ``start`` to ``end``, growing a little towards the start."""
    du, dv = canvas.u - np.float32(start[0]), canvas.v - np.float32(start[1])
    axis = (end - start).astype(np.float32)
    t = np.clip((du * axis[0] + dv * axis[1]) / np.float32(axis @ axis), 0, 1)
    d2 = (du - t * axis[0]) ** 2 + (dv - t * axis[1]) ** 2
    return np.float32(2 * radius) * dome(d2 * np.float32(1 / radius**2))
