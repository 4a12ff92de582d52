"""Recipes of augmentation: how far an image may be changed, and what that imitates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import Any, TypeAlias

from cxrlib.data.cases import DataError, did_you_mean

FILL_MODES = ("nearest", "constant", "reflect", "wrap")
LIMITS = {"rotation": 180, "shear": 80, "translation": 1, "zoom": 0.9}
LIMITS |= {"contrast": 1, "brightness": 1, "gamma": 1}


@dataclass(frozen=True)
class Augmentation:
    """How far each setting may go, to both sides.

    Attributes
    ----------
    rotation, shear : float
        Degrees.
    translation : float
        Share of the image's side, along each axis.
    zoom : float
        0.1 draws between 90 % and 110 %.
    anisotropic_zoom : bool
        Zoom each axis by itself, so that the chest changes its shape.
    horizontal_flip, vertical_flip : bool
        Flip images, drawn for each of the two by itself.
    flip_probability : float
        How often; by default every other image. 1 flips all.
    contrast, brightness, gamma : float
        Contrast factor ``1 ± contrast``, ``± brightness`` of the range from black to white, and
        gamma between ``1 / (1 + gamma)`` and ``1 + gamma``.
    fill_mode : {"nearest", "constant", "reflect", "wrap"}
        What comes in from outside: the edge repeated, black, the image mirrored or from the
        other side. With ``one_of`` it is that of its recipes.
    one_of : sequence of recipes
        Change each image by one of them, whichever is drawn, each as often. Recipes are given as
        to :func:`get`. There are no other settings beside it; those that turn, shear, move or zoom
        have the same ``fill_mode``.
    description : str
        What it imitates.
    """

    rotation: float = 0
    shear: float = 0
    translation: float = 0
    zoom: float = 0
    anisotropic_zoom: bool = False
    horizontal_flip: bool = False
    vertical_flip: bool = False
    flip_probability: float = 0.5
    contrast: float = 0
    brightness: float = 0
    gamma: float = 0
    fill_mode: str = "nearest"
    one_of: tuple[Augmentation, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            if not _is_between(value := getattr(self, name), most):
                raise DataError(
                    f"expected `{name}` from 0 to {most:g}, got {value!r}. It goes to both sides."
                )
        for name in ("horizontal_flip", "vertical_flip"):
            if not isinstance(value := getattr(self, name), bool):
                raise DataError(
                    f"expected `{name}` as True or False, got {value!r}. How often images are "
                    "flipped says `flip_probability`."
                )
        if not _is_between(self.flip_probability, 1):
            raise DataError(
                f"expected `flip_probability` from 0 to 1, got {self.flip_probability!r}. "
                "1 flips every image."
            )
        if self.fill_mode not in FILL_MODES:
            known = ", ".join(FILL_MODES)
            raise DataError(
                f"expected `fill_mode` as one of {known}, got {self.fill_mode!r}. Choose one."
            )
        object.__setattr__(self, "one_of", tuple(get(each) for each in self.one_of))
        if self.one_of:
            others = self._changed().keys() - {"one_of", "fill_mode", "description"}
            if others:
                raise DataError(
                    f"expected `one_of` without other settings, got {', '.join(sorted(others))} "
                    "beside it. Write them into its recipes."
                )
            object.__setattr__(self, "fill_mode", self._common_fill_mode())

    def __repr__(self) -> str:
        settings = (f"{name}={value!r}" for name, value in self._changed().items())
        return f"Augmentation({', '.join(settings)})"

    def _changed(self) -> dict[str, Any]:
        """Return the settings that are not the default."""
        values = ((f, getattr(self, f.name)) for f in fields(self))
        return {f.name: value for f, value in values if value != f.default}

    def _common_fill_mode(self) -> str:
        """Return the one fill mode of ``one_of``: a batch is filled in one way."""
        modes = {each.fill_mode for each in self.choices if each._moves}
        if "fill_mode" in self._changed():
            modes.add(self.fill_mode)
        if len(modes) > 1:
            raise DataError(
                f"expected one `fill_mode` in `one_of`, got {', '.join(sorted(modes))}. Give the "
                "same to each of its recipes that turns, shears, moves or zooms."
            )
        return modes.pop() if modes else self.fill_mode

    @property
    def choices(self) -> tuple[Augmentation, ...]:
        """All recipes that an image may be changed by; without ``one_of`` itself alone."""
        return tuple(choice for each in self.one_of for choice in each.choices) or (self,)

    @property
    def is_geometric(self) -> bool:
        """Say whether it changes places, not greys alone."""
        return any(c._moves or c.horizontal_flip or c.vertical_flip for c in self.choices)

    @property
    def is_photometric(self) -> bool:
        """Say whether it changes greys."""
        return any(c.contrast or c.brightness or c.gamma for c in self.choices)

    @property
    def _moves(self) -> bool:
        """Say whether something may come in from outside."""
        return bool(self.rotation or self.shear or self.translation or self.zoom)


def _is_between(value: object, most: float) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= most


Recipe: TypeAlias = str | Mapping[str, Any] | Augmentation

_EXPOSURE = Augmentation(
    contrast=0.2, brightness=0.1, gamma=0.2, description="Another tube, dose or development."
)
PRESETS = {
    "none": Augmentation(description="The image as it is."),
    "position": Augmentation(
        rotation=5, translation=0.05, zoom=0.1,
        description="A child lies a little differently on the table.",
    ),
    "exposure": _EXPOSURE,
    "plausible": replace(
        _EXPOSURE, rotation=5, translation=0.05, zoom=0.1,
        description="Position and exposure together.",
    ),
    "article-0": Augmentation(
        translation=0.1, zoom=0.2, anisotropic_zoom=True,
        description="Article 0: zoom_range=0.2, width and height shift 0.1. "
        "Each axis is zoomed alone.",
    ),
    "article-3": Augmentation(
        rotation=40, translation=0.2, shear=0.2, zoom=0.2, anisotropic_zoom=True,
        description="Article 3: rotation_range=40, zoom_range=0.2, a shift, "
        "and a shear in degrees.",
    ),
    "article-4": Augmentation(
        rotation=50, translation=0.2, shear=0.25, zoom=0.1, anisotropic_zoom=True,
        horizontal_flip=True, vertical_flip=True, brightness=20 / 255,
        description="Article 4: rotation_range=50, shifts 0.2, both flips, channel_shift_range=20. "
        "The article fills with black; here the edge is repeated, as in the other recipes.",
    ),
}  # fmt: skip


def get(recipe: Recipe) -> Augmentation:
    """Return an augmentation by its name or its settings; one of your own is handed back.

    Parameters
    ----------
    recipe : str, mapping or Augmentation
        A name in :data:`PRESETS`, or settings such as ``{"rotation": 10}``, as they stand in a
        study or a file.

    Raises
    ------
    DataError
        If there is none of this name, or no such setting; the nearest name is given.
    """
    if isinstance(recipe, Augmentation):
        return recipe
    if isinstance(recipe, Mapping):
        known = [f.name for f in fields(Augmentation)]
        for name in recipe:
            if name not in known:
                raise DataError(
                    f"expected settings among {', '.join(known)}, got {name!r}."
                    f"{did_you_mean(str(name), known)} They are those of "
                    "data.augmentation.Augmentation."
                )
        return Augmentation(**recipe)
    if isinstance(recipe, str) and recipe in PRESETS:
        return PRESETS[recipe]
    raise DataError(
        f"expected an augmentation among {', '.join(PRESETS)}, got {recipe!r}."
        f"{did_you_mean(str(recipe), PRESETS)} Or give a data.augmentation.Augmentation of your "
        "own."
    )
