"""One phantom: patient, pose, disease and image put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxrlib.phantoms import acquisition, anatomy, bones, disease, thorax
from cxrlib.phantoms.acquisition import Site
from cxrlib.phantoms.anatomy import Patient
from cxrlib.phantoms.canvas import Canvas, Rng
from cxrlib.phantoms.thorax import Lungs

KINDS = disease.KINDS
LUNG, BONE = 0.76, 1.0


@dataclass(frozen=True, eq=False)
class Phantom:
    """A drawn radiograph and its truth.

    Attributes
    ----------
    image : uint8 (H, W)
        Grey image; bright is dense.
    lung_mask, lesion_mask : bool (H, W)
        Aerated lung fields and, inside them, the diseased part (empty for "normal").
    kind : str
        One of KINDS.
    """

    image: np.ndarray
    lung_mask: np.ndarray
    lesion_mask: np.ndarray
    kind: str


def draw(
    kind: str,
    *,
    size: int = 224,
    seed: int = 0,
    patient: int | None = None,
    age: str | None = None,
    difficulty: float = 0.5,
    site: str | Site = "a",
    marker: str | tuple | None = None,
    aspect_ratio: float = 1.0,
) -> Phantom:
    """Draw one frontal chest radiograph.

    Parameters
    ----------
    kind : {"normal", "bacterial", "viral", "covid"}
    size : int, default=224
        Image height in pixels, at least 32.
    seed : int, default=0
        Of the image: pose, exposure, progress of the disease, noise.
    patient : int, optional
        Of the patient: anatomy and place of the disease. By default the same as ``seed``.
    age : {"child", "adult"}, optional
        By default adults for "covid", children for the other kinds.
    difficulty : float, default=0.5
        0 (lesions dense and plain) to 1 (hardly visible); scales the lesion's density only.
    site : str or Site, default="a"
        Hospital style, a key of ``SITES``.
    marker : None, "" or str or (text, (x, y)) or (text, (x, y), height), optional
        Letters on the image: None for the site's habit, "" for none, a text at the site's place,
        or a text at a place given as fractions of width and height.
    aspect_ratio : float, default=1.0
        Width over height, 0.5 to 2.5.

    Raises
    ------
    ValueError
        For an unknown kind, age or site, or a number out of its range.

    Examples
    --------
    >>> phantom = draw("bacterial", seed=1, size=64)
    >>> phantom.image.shape, bool(phantom.lesion_mask.any())
    ((64, 64), True)
    """
    if kind not in KINDS:
        raise ValueError(f"expected `kind` as one of {', '.join(KINDS)}, got {kind!r}. Choose one.")
    if not 0 <= difficulty <= 1:
        raise ValueError(f"expected `difficulty` from 0 to 1, got {difficulty!r}. Try 0.5.")
    if size < 32 or not 0.5 <= aspect_ratio <= 2.5:
        raise ValueError(
            "expected `size` of 32 or more and `aspect_ratio` from 0.5 to 2.5, got "
            f"size={size!r}, aspect_ratio={aspect_ratio!r}. Leave them out for 224 and 1."
        )
    style = acquisition.get_site(site)
    age = age or ("adult" if kind == "covid" else "child")
    patient = seed if patient is None else patient
    body = anatomy.patient(int(patient), age)
    pose = _pose(body, style, np.random.default_rng([seed, 20]))
    canvas = _place(body, pose, size, aspect_ratio)
    total, lungs = _layers(canvas, body, pose, style, np.random.default_rng([seed, 21]))
    lung_mask = lungs.field > 0.5
    lesion_mask = np.zeros_like(lung_mask)
    if kind != "normal":
        rng = np.random.default_rng([seed, 22])
        density, extent = disease.lesion(kind, canvas, body, lungs, rng)
        strength = 1.65 - 1.2 * difficulty
        total = total + LUNG * lungs.thickness * np.clip(density * strength, 0, 0.95)
        lesion_mask = lung_mask & (extent > 0.5)
    rng = np.random.default_rng([seed, 23])
    _wires(canvas, total, style, rng)
    grey = acquisition.expose(total, style, rng, canvas.scale)
    grey = acquisition.collimate(grey, style, np.random.default_rng([seed, 24]))
    image = np.clip(grey + 0.5, 0, 255).astype(np.uint8)
    image = _add_marker(image, style, marker, np.random.default_rng([seed, 25]))
    return Phantom(image, lung_mask, lesion_mask, kind)


def _pose(body: Patient, style: Site, rng: Rng) -> dict[str, float]:
    lift = rng.normal(-38, 14) if body["arms_up"] else rng.normal(78, 5)
    zoom, spread = style.zoom
    shift, angle = style.translation, np.deg2rad(style.rotation)
    spreads = {"zoom": spread, "shift_u": shift, "shift_v": shift, "angle": angle}
    spreads |= {"breath": 0.025, "turn": 0.14, "beat": 0.03}
    pose = {k: float(s * np.clip(rng.standard_normal(), -2, 2)) for k, s in spreads.items()}
    return pose | {"zoom": zoom + pose["zoom"], "lift": float(lift)}


def _place(body: Patient, pose: dict[str, float], size: int, aspect_ratio: float) -> Canvas:
    width = max(round(size * aspect_ratio), 32)
    child = body.age == "child"
    tall = body.length + (0.62 if child else 0.58)
    wide = 2.3 if child else 2.45
    scale = min(width / wide, size / tall) * pose["zoom"]
    centre = (pose["shift_u"], body.length / 2 + 0.02 + pose["shift_v"])
    return Canvas(size, width, scale, centre, pose["angle"])


def _layers(
    canvas: Canvas, body: Patient, pose: dict[str, float], style: Site, rng: Rng
) -> tuple[np.ndarray, Lungs]:
    """Draw everything but the disease: path length (H, W) and the lungs."""
    solid = thorax.trunk(canvas, body)
    limbs, arm_bones = thorax.arms(canvas, body, pose["lift"])
    air, lungs = thorax.lungs(canvas, body, pose["breath"])
    heart = thorax.heart(canvas, body, pose["beat"]) * lungs.above
    free = np.maximum(air - heart, 0)
    lungs.field = lungs.field * np.clip(1 - (heart - 0.08) * 6, 0, 1)
    lungs.thickness = free
    vessel = thorax.vessels(canvas, body) * np.clip(free * 4, 0, 1)
    windpipe = canvas.tubes(*thorax.airways(body), 1.0)
    total = solid + 0.7 * limbs - LUNG * free + 1.6 * style.vessels * vessel
    total -= 0.8 * np.minimum(windpipe, 0.1) + thorax.stomach(canvas, body, rng)
    inside = np.clip(solid * 4, 0, 1)
    total += inside * (0.016 * canvas.cloud(rng, 0.30, 3))
    total += free * (style.texture * canvas.cloud(rng, 0.09, 2))
    total += BONE * bones.ribs(canvas, body, pose["breath"])
    total += BONE * bones.girdle(canvas, body, arm_bones, pose["lift"])
    total += bones.spine(canvas, body, pose["turn"])
    return np.maximum(total, 0), lungs


def _wires(canvas: Canvas, total: np.ndarray, style: Site, rng: Rng) -> None:
    """Sometimes a tube or a wire with an electrode lies on the patient; drawn into ``total``."""
    if rng.random() >= style.wires:
        return
    count = int(rng.integers(1, 4))
    t = np.linspace(0, 1, 24)[:, None]
    start = np.stack([rng.uniform(-0.7, 0.7, count), rng.uniform(0.0, 0.9, count)], 1)
    end = np.stack([rng.choice([-1.4, 1.4], count), rng.uniform(-0.8, 1.6, count)], 1)
    sway = rng.normal(0, 0.22, (count, 2))
    paths = start[:, None] + (end - start)[:, None] * t + sway[:, None] * np.sin(np.pi * t)
    total += canvas.tubes(paths, 0.011, 9.0)
    for centre in start:
        rho = (canvas.u - centre[0]) ** 2 + (canvas.v - centre[1]) ** 2
        total += np.float32(0.38) * (rho < 0.035**2)


def _add_marker(image: np.ndarray, style: Site, marker: str | tuple | None, rng: Rng) -> np.ndarray:
    jitter = rng.normal(0, 0.012, 2)
    if marker is None:
        if style.marker is None:
            return image
        text, place, height = style.marker
    elif isinstance(marker, str):
        if not marker:
            return image
        _, place, height = style.marker or ("", (0.06, 0.1), 0.06)
        text = marker
    else:
        text, place, *rest = marker
        height, jitter = (rest[0] if rest else 0.06), np.zeros(2)
    place = (place[0] + jitter[0], place[1] + jitter[1])
    return acquisition.draw_marker(image, text, place, height, 225 + int(rng.integers(0, 25)))
