"""Bones: ribs, collar bones, shoulder blades, upper arms and spine, as added density."""

from __future__ import annotations

import numpy as np

from cxrlib.phantoms.anatomy import Patient
from cxrlib.phantoms.canvas import Canvas, Curve, dome, edge, ellipse


def ribs(canvas: Canvas, patient: Patient, breath: float) -> np.ndarray:
    """All ribs as bent hollow tubes: the back part sharp, the front part fainter.

    A rib leaves the spine, runs along the chest wall and comes forward and down. Where it turns
    towards the viewer at the side wall, the beam crosses more bone and the rib shines.
    """
    rng = patient.rng(2)
    count, length = int(patient["ribs"]), patient.length
    angle = np.deg2rad(np.linspace(3, 136, 40))
    front = angle > np.pi / 2
    share = (np.arange(count) / (count - 1))[:, None]
    start = (-0.11 + 1.03 * share) * length + 0.1 * breath
    start = start + 0.010 * rng.standard_normal((2, count, 1))
    drop = patient["rib_drop"] * (0.60 + 0.55 * np.minimum(2 * share, 1))
    hump = patient["rib_hump"] * (0.5 + 0.5 * np.minimum(3 * share, 1))
    v = start - hump * np.sin(np.minimum(2 * angle, np.pi)) + drop * (1 - np.cos(angle)) / 2
    reach = np.stack([patient.walls[k](v[k, :, 27:28]) for k in (0, 1)]) + 0.02
    x = 0.09 + (reach - 0.09) * np.sin(angle) ** 0.9
    size = patient["rib_size"] * np.where(share == 0, 0.8, 1.0)
    size = size * (1 + 0.06 * rng.standard_normal((2, count, 1)))
    radii = size * np.where(front, 0.75 + 0.35 * (angle - 1.6), 1.0)
    fade = np.clip((angle[-1] - angle) / 0.3, 0, 1)
    low = 1 - 0.45 * np.clip((share - 0.75) * 4, 0, 1)
    first = np.where(share == 0, 0.7, 1.0)
    weights = np.where(front, 0.62, 1.0) * fade * low * first * 3.1 * patient["rib_density"]
    along = np.hypot(np.gradient(x, axis=2), np.gradient(v, axis=2))
    true = np.hypot(along, 0.55 * np.sin(angle) * np.gradient(angle))
    paths = np.stack([x * np.array([-1, 1])[:, None, None], v], 3).reshape(2 * count, 40, 2)
    return canvas.tubes(
        paths,
        radii.reshape(-1, 40),
        np.broadcast_to(weights, radii.shape).reshape(-1, 40),
        wall=0.24,
        stretch=np.minimum(true / along, 1.7).reshape(-1, 40),
        flat=0.62,
    )


def girdle(canvas: Canvas, patient: Patient, arm_bones: np.ndarray, lift: float) -> np.ndarray:
    """Collar bones, edges of the shoulder blades, upper arm bones."""
    t = np.linspace(0, 1, 60)
    tubes, radii, weights = [], [], []

    def line(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return start + (end - start) * t[:, None]

    def add(path: np.ndarray, radius: float | np.ndarray, weight: float) -> None:
        tubes.append(path)
        radii.append(np.broadcast_to(radius, 60))
        weights.append(np.full(60, weight))

    up = np.clip(-lift / 60, 0, 1)
    cap = np.sqrt(np.maximum(1 - np.clip(1 - t / 0.045, 0, 1) ** 2, 0.02))
    for k, sign in enumerate((-1, 1)):
        inner = np.array([0.11, 0.04 + patient["clavicle_tilt"] * 0.3])
        outer = np.array([0.98, patient["clavicle"] - 0.28 * up - patient["clavicle_tilt"]])
        path = line(inner, outer)
        path[:, 1] += 0.075 * np.sin(2 * np.pi * t) * (1 - 0.3 * t)
        add(path * [sign, 1], 0.036 * (1 + 0.45 * np.exp(-((t / 0.10) ** 2))), 3.6)
        blade_top = np.array([0.93, 0.06 - 0.1 * up])
        blade_low = np.array([0.88 + 0.12 * up, 0.62 - 0.1 * up])
        path = line(blade_top, blade_low)
        path[:, 0] += -0.06 * np.sin(np.pi * t)
        add(path * [sign, 1], 0.022, 2.2)
        outer_low = np.array([1.12 + 0.04 * up, 0.08])
        path = line(blade_low, outer_low)
        path[:, 0] += 0.03 * np.sin(np.pi * t)
        add(path * [sign, 1], 0.024, 2.4)
        shaft = (0.062 + 0.045 * np.exp(-((t / 0.05) ** 2))) * cap
        add(line(*arm_bones[k]), shaft, 1.3 if patient.age == "child" else 1.9)
    bone = canvas.tubes(tubes, radii, weights, wall=0.30)
    for sign in (-1, 1):
        plate = ellipse(canvas.u, canvas.v, (sign * 1.02, 0.30), (0.13, 0.33), -sign * 0.15)
        bone += 0.05 * edge(1 - plate, 0.5)
    return bone


def spine(canvas: Canvas, patient: Patient, turn: float) -> np.ndarray:
    """Vertebral column: bodies with end plates, discs between, pedicles, spinous processes.

    ``turn`` shifts the spinous processes sideways, as a turned patient shows them.
    """
    half, period = patient["spine"], patient.length / 9.3
    middle = canvas.centre[0] * canvas.sin  # the column stays near the canvas' own midline
    inside = np.flatnonzero(np.abs(canvas.u - middle).min(axis=0) < half * 1.9)
    bone = np.zeros(canvas.shape, np.float32)
    if inside.size == 0:
        return bone
    columns = slice(inside[0], inside[-1] + 1)
    u, v = canvas.u[:, columns], canvas.v[:, columns]
    bend = Curve(
        np.linspace(-1.5, 3.0, 5), patient["spine_bend"] * np.array([0.4, -0.6, 1.0, -0.8, 0.5])
    )
    x = (u - bend(v)) / np.float32(half)
    phase = v * np.float32(1 / period) + np.float32(patient["spine_phase"])
    y = phase - np.floor(phase)
    waist = 1 - 0.10 * np.sin(np.pi * y)
    body = dome(np.abs(x / waist) ** 2.5, 0.7)
    disc = edge(0.11 - np.minimum(y, 1 - y), 0.08)
    plate = np.exp(-(((np.minimum(y, 1 - y) - 0.15) / 0.05) ** 2))
    amount = body * (0.13 - 0.09 * disc + 0.05 * plate)
    ring = ((np.abs(x) - 0.58) / 0.20) ** 2 + ((y - 0.36) / 0.17) ** 2
    amount += 0.06 * np.exp(-((ring - 0.8) ** 2) * 3)
    process = ((x - np.float32(turn)) / 0.17) ** 2 + ((y - 0.78) / 0.26) ** 2
    amount += 0.06 * edge(1 - process, 0.8)
    wing = edge(1.75 - np.abs(x), 0.5) * np.exp(-(((y - 0.34) / 0.15) ** 2))
    amount += 0.04 * wing * edge(np.abs(x) - 0.9, 0.3)
    bone[:, columns] = amount
    return bone
