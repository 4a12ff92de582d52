"""From path lengths to a grey image: exposure, scatter, noise, contrast curve, frame, marker.

``SITES`` are the hospitals: each has its own curve, noise, sharpening, framing and habits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from cxrlib.phantoms.canvas import Rng, wide_blur

ABSORB = 2.6  # natural logarithm of attenuation per body unit of soft tissue


@dataclass(frozen=True)
class Site:
    """How one hospital takes and stores its images; pairs are (mean, spread).

    Attributes
    ----------
    black, white : path lengths shown as black and white
    gamma : exponent of the grey curve; above 1 darkens
    scatter : share of scattered radiation (0 to 1)
    photons : mean photon count in free air, sets the noise
    sharpening : strength of unsharp masking
    blur : pixels at 224, focal spot and screen
    vessels, texture : how strongly vessels and the lungs' fine texture show
    zoom, translation, rotation : framing (factor, body units, degrees)
    collimation : chance of a collimation border
    marker : (text, place, height share) drawn by habit; place as fractions (x, y)
    wires : chance of tubes and wires
    """

    name: str
    black: tuple = (0.10, 0.06)
    white: tuple = (1.60, 0.08)
    gamma: tuple = (0.84, 0.11)
    scatter: tuple = (0.12, 0.03)
    photons: float = 9000.0
    sharpening: tuple = (0.5, 0.15)
    blur: float = 0.55
    vessels: float = 1.0
    texture: float = 0.016
    zoom: tuple = (1.04, 0.08)
    translation: float = 0.09
    rotation: float = 3.5
    collimation: float = 0.12
    marker: tuple | None = ("R", (0.05, 0.30), 0.055)
    wires: float = 0.10


SITES = {
    "a": Site("a"),
    "b": Site(
        "b", black=(0.06, 0.06), white=(1.57, 0.08), gamma=(0.72, 0.10), scatter=(0.17, 0.04),
        photons=4500.0, sharpening=(0.5, 0.2), blur=0.7, vessels=1.9, texture=0.036,
        zoom=(1.02, 0.08), marker=("R", (0.07, 0.07), 0.085), collimation=0.25, wires=0.05,
    ),
    "c": Site(
        "c", black=(-0.05, 0.06), white=(1.40, 0.08), gamma=(0.80, 0.08), scatter=(0.15, 0.05),
        photons=9000.0, sharpening=(0.6, 0.2), zoom=(1.0, 0.06), translation=0.07,
        marker=("L", (0.92, 0.07), 0.06), collimation=0.3, wires=0.2,
    ),
    "d": Site(
        "d", black=(-0.02, 0.16), white=(1.62, 0.16), gamma=(0.95, 0.15), scatter=(0.22, 0.08),
        photons=7000.0, sharpening=(0.8, 0.5), blur=0.8, zoom=(0.93, 0.09), translation=0.10,
        rotation=3.5, collimation=0.45, marker=("PORTABLE", (0.80, 0.06), 0.038), wires=0.35,
    ),
}  # fmt: skip


def get_site(name: str | Site) -> Site:
    """Look up a site style by name; a Site passes through."""
    if isinstance(name, Site):
        return name
    if name not in SITES:
        raise ValueError(
            f"expected `site` as one of {', '.join(SITES)} or a Site, got {name!r}. Choose one."
        )
    return SITES[name]


def expose(total: np.ndarray, style: Site, rng: Rng, scale: float) -> np.ndarray:
    """Turn path lengths into grey values.

    Parameters
    ----------
    total : float32 (H, W)
        Path length through soft tissue (body units), everything converted to it.
    scale : float
        Pixels per body unit.

    Returns
    -------
    float32 (H, W)
        Grey values, 0 to 255, bright where the body absorbs.
    """
    black, white, gamma, scatter, sharpening = (
        mean + spread * np.clip(rng.standard_normal(), -2, 2)
        for mean, spread in (style.black, style.white, style.gamma, style.scatter, style.sharpening)
    )
    scatter = float(np.clip(scatter, 0.02, 0.5))
    light = np.exp(-ABSORB * total)
    light = light * np.float32(1 - scatter) + np.float32(scatter) * wide_blur(light, 0.30 * scale)
    light = gaussian_filter(light, max(style.blur * scale / 90, 0.35), mode="nearest")
    grain = rng.standard_normal(light.shape).astype(np.float32)
    light += grain * np.sqrt(light * np.float32(1 / style.photons))
    seen = np.log(np.maximum(light, 1e-3)) * np.float32(-1 / ABSORB)
    if sharpening > 0:
        soft = gaussian_filter(seen, 0.03 * scale, mode="nearest")
        seen += np.float32(sharpening) * (seen - soft)
        seen += np.float32(0.35 * sharpening) * (seen - wide_blur(seen, 0.35 * scale))
    level = np.clip((seen - np.float32(black)) * np.float32(1 / (white - black)), 0, None)
    level = level ** np.float32(max(gamma, 0.4))
    knee = 0.82
    high = knee + (1 - knee) * np.tanh((level - knee) / (1 - knee))
    return np.where(level > knee, high, level) * np.float32(250)


def collimate(grey: np.ndarray, style: Site, rng: Rng) -> np.ndarray:
    """Collimation: dark blades, sometimes a bright image edge, along one to three sides."""
    if rng.random() >= style.collimation:
        return grey
    height, width = grey.shape
    rows, columns = np.arange(height)[:, None] / height, np.arange(width)[None] / width
    grey = grey.copy()
    level = 2.0 if rng.random() < 0.75 else 244.0
    for side in rng.choice(4, size=rng.integers(1, 4), replace=False):
        wide, slant = rng.uniform(0.01, 0.055), rng.normal(0, 0.008)
        if side < 2:
            distance = (columns if side == 0 else 1 - columns) - wide - slant * rows
        else:
            distance = (rows if side == 2 else 1 - rows) - wide * 0.7 - slant * columns
        grey[np.broadcast_to(distance < 0, grey.shape)] = level
    return grey


def draw_marker(
    image: np.ndarray, text: str, position: tuple[float, float], height: float, intensity: int = 235
) -> np.ndarray:
    """Write letters onto a copy of a uint8 image (H, W).

    Parameters
    ----------
    position : (float, float)
        Centre of the letters as fractions of width and height.
    height : float
        Letter height as a fraction of the image's height.
    intensity : int
        Their grey value, 0 to 255.
    """
    rows, columns = image.shape
    font = ImageFont.load_default(size=max(height * rows * 1.35, 6))
    left, top, right, bottom = font.getbbox(text)
    x = np.clip(position[0] * columns - (right - left) / 2, 1, max(columns - (right - left) - 1, 1))
    y = np.clip(position[1] * rows - (bottom - top) / 2, 1, max(rows - (bottom - top) - 1, 1))
    picture = Image.fromarray(image)
    ImageDraw.Draw(picture).text((x - left, y - top), text, fill=int(intensity), font=font)
    return np.asarray(picture)
