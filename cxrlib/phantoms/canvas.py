"""The drawing board: body coordinates on a pixel grid, tubes, soft edges and clouds of noise.

Body coordinates are measured in half thorax widths: ``u`` to the right of the image (the
patient's left), ``v`` downwards, ``v = 0`` at the lung tips. Everything drawn here is a path
length through tissue, so that layers simply add up, as they do for a beam of X-rays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

Rng = np.random.Generator


class Curve:
    """A smooth one-dimensional function kept as a table, fast to read on a whole image.

    Parameters
    ----------
    at, values : sequences of float
        Increasing positions and the values there; between them a monotone cubic, outside
        them the end values.
    """

    LOW, HIGH, STEPS = -2.5, 4.5, 7000

    def __init__(self, at: ArrayLike, values: ArrayLike):
        from scipy.interpolate import PchipInterpolator

        at, values = np.asarray(at, float), np.asarray(values, float)
        grid = np.clip(np.linspace(self.LOW, self.HIGH, self.STEPS), at[0], at[-1])
        self.table = PchipInterpolator(at, values)(grid).astype(np.float32)

    def __call__(self, position: ArrayLike) -> np.ndarray:
        """Values at ``position`` (any shape, body units)."""
        return self.table.take(self.index(position))

    @classmethod
    def index(cls, position: ArrayLike) -> np.ndarray:
        """Table rows of ``position``; worth keeping when several curves share it."""
        scale = (cls.STEPS - 1) / (cls.HIGH - cls.LOW)
        rows = (np.asarray(position, np.float32) - cls.LOW) * scale
        return np.clip(rows, 0, cls.STEPS - 1).astype(np.int32)


class Canvas:
    """A pixel grid that knows where each pixel lies in the body.

    Parameters
    ----------
    height, width : int
        Pixels.
    scale : float
        Pixels per body unit.
    centre : (float, float)
        Body point ``(u, v)`` in the image's middle.
    angle : float, default=0
        Turn of the patient in radians.

    Attributes
    ----------
    u, v : float32 (height, width)
        Body coordinates of the pixel centres.
    """

    def __init__(
        self, height: int, width: int, scale: float, centre: tuple[float, float], angle: float = 0.0
    ):
        self.shape, self.scale, self.centre = (height, width), float(scale), centre
        self.cos, self.sin = float(np.cos(angle)), float(np.sin(angle))
        x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) / np.float32(scale)
        y = ((np.arange(height, dtype=np.float32) - (height - 1) / 2) / np.float32(scale))[:, None]
        self.u = (self.cos * x + self.sin * y + centre[0]).astype(np.float32)
        self.v = (-self.sin * x + self.cos * y + centre[1]).astype(np.float32)

    def to_pixels(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixel columns and rows (float) of body points."""
        u, v = u - self.centre[0], v - self.centre[1]
        height, width = self.shape
        return (
            (self.cos * u - self.sin * v) * self.scale + (width - 1) / 2,
            (self.sin * u + self.cos * v) * self.scale + (height - 1) / 2,
        )

    def tubes(
        self, paths: ArrayLike, radius: ArrayLike, density: ArrayLike, *, flat: float = 1.0,
        wall: float | None = None, stretch: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Path length through a bundle of bent tubes, painted with anti-aliasing.

        Parameters
        ----------
        paths : float (T, n, 2)
            Body points along each tube.
        radius, density : float, broadcast to (T, n)
            Radius in body units; path length is multiplied by density (negative for air).
        wall : float or None
            Hollow tubes with a wall of this share of the radius, plus a faint marrow.
        stretch : float (T, n) or None
            True length over projected length, where a tube runs towards the viewer.
        flat : float
            Width of the cross-section seen sideways, as a share of its height.

        Returns
        -------
        float32 (height, width)
        """
        paths = np.asarray(paths, np.float32)
        bundle, n = paths.shape[:2]
        radius = np.broadcast_to(np.asarray(radius, np.float32), (bundle, n))
        density = np.broadcast_to(np.asarray(density, np.float32), (bundle, n))
        step = np.hypot(*np.moveaxis(np.diff(paths, axis=1), 2, 0)).sum(1).max() * self.scale
        m = max(int(np.ceil(step / 0.85)) + 1, 4)
        parts = [paths[..., 0], paths[..., 1], radius, density]
        if stretch is not None:
            parts.append(np.broadcast_to(np.asarray(stretch, np.float32), (bundle, n)))
        fine = _resample(np.stack(parts), m)
        u, v, r, d = fine[:4]
        du, dv = np.gradient(u, axis=1), np.gradient(v, axis=1)
        length = np.hypot(du, dv) + 1e-6
        across = max(int(np.ceil(2 * radius.max() * self.scale / 0.8)) + 1, 3)
        s = ((np.arange(across, dtype=np.float32) + 0.5) / across * 2 - 1)[:, None, None]
        profile = np.sqrt(1 - s * s)
        if wall is not None:
            inner = np.sqrt(np.maximum((1 - wall) ** 2 - s * s, 0))
            profile = profile - 0.62 * inner
        amount = d * 2 * r * (length * self.scale) * (2 / across * r * self.scale)
        if stretch is not None:
            amount = amount * fine[4]
        x, y = self.to_pixels(u - s * r * dv / length * flat, v + s * r * du / length)
        return self.splat(x, y, amount * profile)

    def splat(self, x: np.ndarray, y: np.ndarray, amount: np.ndarray) -> np.ndarray:
        """Share ``amount`` at pixel positions ``x, y`` among the four nearest pixels."""
        height, width = self.shape
        x, y, amount = np.ravel(x), np.ravel(y), np.ravel(amount)
        keep = (x > 0) & (x < width - 1.001) & (y > 0) & (y < height - 1.001)
        x, y, amount = x[keep], y[keep], amount[keep]
        column, row = x.astype(np.int32), y.astype(np.int32)
        fx, fy = x - column, y - row
        first = row * width + column
        right, below = amount * fx, amount * fy
        both = right * fy
        total = np.bincount(first, amount - right - below + both, height * width)
        total[1:] += np.bincount(first, right - both, height * width)[:-1]
        total[width:] += np.bincount(first, below - both, height * width)[:-width]
        total[width + 1 :] += np.bincount(first, both, height * width)[: -width - 1]
        return total.reshape(height, width).astype(np.float32)

    def cloud(self, rng: Rng, cell: float, octaves: int = 2) -> np.ndarray:
        """Smooth noise of about unit variance with lumps of ``cell`` body units."""
        total: np.ndarray = np.zeros(self.shape, np.float32)
        weight = 0.0
        for octave in range(octaves):
            pixels = max(cell * self.scale / 2**octave, 1.0)
            small = [int(np.ceil(side / pixels)) + 3 for side in self.shape]
            noise = rng.standard_normal(small).astype(np.float32)
            total = total + resize(noise, self.shape) * 0.6**octave
            weight += 0.36**octave
        return total * np.float32(1.5 / np.sqrt(weight))


def edge(distance: np.ndarray, width: float) -> np.ndarray:
    """Soft step from 0 (outside) to 1 (inside) over ``width`` around distance 0."""
    t = np.clip(distance * np.float32(1 / width) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def ellipse(
    u: np.ndarray,
    v: np.ndarray,
    centre: Sequence[float],
    half_axes: Sequence[float],
    angle: float = 0.0,
) -> np.ndarray:
    """Squared elliptic radius: below 1 inside."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    du, dv = u - np.float32(centre[0]), v - np.float32(centre[1])
    a = (cos * du + sin * dv) * np.float32(1 / half_axes[0])
    b = (cos * dv - sin * du) * np.float32(1 / half_axes[1])
    return a * a + b * b


def dome(rho2: np.ndarray, power: float = 0.5) -> np.ndarray:
    """Thickness (0 to 1) of a rounded body whose squared radius is ``rho2``."""
    inside = np.maximum(1 - rho2, 0)
    return np.sqrt(inside) if power == 0.5 else inside**power


def resize(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bicubic resize of a float image to ``shape`` (height, width)."""
    height, width = shape
    image = Image.fromarray(np.ascontiguousarray(picture, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def wide_blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur for a ``sigma`` of many pixels, computed on a smaller copy."""
    from scipy.ndimage import gaussian_filter

    factor = max(int(sigma / 2), 1)
    if factor == 1:
        return gaussian_filter(image, sigma, mode="nearest")
    height, width = image.shape
    small = Image.fromarray(image).resize(
        (max(width // factor, 2), max(height // factor, 2)), Image.Resampling.BOX
    )
    return resize(gaussian_filter(np.asarray(small), sigma / factor, mode="nearest"), image.shape)


def _resample(values: np.ndarray, m: int) -> np.ndarray:
    n = values.shape[-1]
    position = np.linspace(0, n - 1, m)
    left = np.minimum(position.astype(int), n - 2)
    share = (position - left).astype(np.float32)
    return values[..., left] * (1 - share) + values[..., left + 1] * share
