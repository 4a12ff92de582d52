"""Recipes for augmentation: how far a picture may be changed, and what that imitates."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from cxrlib.data.cases import DataError

FILLS = ("nearest", "constant", "reflect", "wrap")


@dataclass(frozen=True)
class Recipe:
    """How far each setting may go, to both sides.

    Attributes
    ----------
    rotation, shear : float
        Degrees.
    shift : float
        Share of the picture's side, along each axis.
    zoom : float
        0.1 draws between 90 % and 110 %.
    stretch : bool
        Zoom each axis by itself, so that the chest changes its shape.
    mirror, upside_down : bool
        Flip every other picture.
    contrast, brightness, gamma : float
        Contrast factor ``1 ± contrast``, ``± brightness`` of the range from black to white, and
        gamma between ``1 / (1 + gamma)`` and ``1 + gamma``.
    fill : {"nearest", "constant", "reflect", "wrap"}
        What comes in from outside: the edge repeated, black, the picture mirrored or from the
        other side.
    about : str
        What it imitates.
    """

    rotation: float = 0
    shear: float = 0
    shift: float = 0
    zoom: float = 0
    stretch: bool = False
    mirror: bool = False
    upside_down: bool = False
    contrast: float = 0
    brightness: float = 0
    gamma: float = 0
    fill: str = "nearest"
    about: str = ""

    def __post_init__(self) -> None:
        limits = {"rotation": 180, "shear": 80, "shift": 1, "zoom": 0.9, "contrast": 1}
        for name in ("rotation", "shear", "shift", "zoom", "contrast", "brightness", "gamma"):
            value, most = getattr(self, name), limits.get(name, 1)
            if isinstance(value, bool) or not 0 <= value <= most:
                raise DataError(
                    f"{name} must be from 0 to {most:g}; it goes to both sides. Received: {value!r}"
                )
        if self.fill not in FILLS:
            raise DataError(f"fill must be one of {', '.join(FILLS)}. Received: {self.fill!r}")

    @property
    def moves(self) -> bool:
        """Say whether it changes places, not greys alone."""
        return any(
            (self.rotation, self.shear, self.shift, self.zoom, self.mirror, self.upside_down)
        )

    @property
    def exposes(self) -> bool:
        """Say whether it changes greys."""
        return bool(self.contrast or self.brightness or self.gamma)


PRESETS = {
    "none": Recipe(about="The picture as it is."),
    "position": Recipe(
        rotation=5, shift=0.05, zoom=0.1, about="A child lies a little differently on the table."
    ),
    "exposure": Recipe(
        contrast=0.2, brightness=0.1, gamma=0.2, about="Another tube, dose or development."
    ),
    "plausible": Recipe(
        rotation=5,
        shift=0.05,
        zoom=0.1,
        contrast=0.2,
        brightness=0.1,
        gamma=0.2,
        about="Position and exposure together.",
    ),
    "article-0": Recipe(
        shift=0.1,
        zoom=0.2,
        stretch=True,
        about="Article 0: zoom_range=0.2, width and height shift 0.1. Each axis is zoomed alone.",
    ),
    "article-3": Recipe(
        rotation=40,
        shift=0.2,
        shear=0.2,
        zoom=0.2,
        stretch=True,
        about="Article 3: rotation_range=40, zoom_range=0.2, a shift, and a shear in degrees.",
    ),
    "article-4": Recipe(
        rotation=50,
        shift=0.2,
        shear=0.25,
        zoom=0.1,
        stretch=True,
        mirror=True,
        upside_down=True,
        brightness=20 / 255,
        about="Article 4: rotation_range=50, shifts 0.2, both flips, channel_shift_range=20. "
        "The article fills with black; here the edge is repeated, as in the other recipes.",
    ),
}


def preset(name: str | Recipe) -> Recipe:
    """Return a recipe by its name in :data:`PRESETS`; a recipe is handed back.

    Raises
    ------
    DataError
        If there is none of this name; the nearest name is given.
    """
    if isinstance(name, Recipe):
        return name
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(str(name), PRESETS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DataError(
        f"unknown augmentation {name!r}.{hint} Known: {', '.join(PRESETS)}. "
        "Or give a data.augment.Recipe of your own."
    )
