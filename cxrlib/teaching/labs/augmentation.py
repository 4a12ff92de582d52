"""``augmentation_lab``: turn, move, zoom, flip and expose a radiograph, and doubt the result."""

from __future__ import annotations

from dataclasses import asdict
from typing import NamedTuple

import numpy as np

from cxrlib import data
from cxrlib.teaching.labs import lab

# How far each slider and a link go, in what is read on the page: degrees, percent, or gamma.
LIMITS = {
    "rotation": (-50, 50),
    "translate_x": (-20, 20),
    "translate_y": (-20, 20),
    "zoom_x": (80, 120),
    "zoom_y": (80, 120),
    "shear": (-1, 1),
    "contrast": (60, 140),
    "brightness": (-30, 30),
    "gamma": (0.6, 1.6),
}
BUTTONS = {  # text of a button: recipe in data.augmentation.PRESETS
    "as it is": "none",
    "plausible": "plausible",
    "article 0": "article-0",
    "article 3": "article-3",
    "article 4": "article-4",
}


class Verdict(NamedTuple):
    """Whether a radiographer would see this."""

    up_to: float | None  # how far from the image as it is; None: any distance
    word: str  # "yes", "rarely" or "no"
    why: str


# Rules of thumb. Distances are degrees or percent (of a side, of the range, of the pixels); for
# gamma they are its factor; a flip has no distance.
VERDICTS = {
    "rotation": (
        Verdict(10, "yes", "few children lie quite straight."),
        Verdict(20, "rarely", "a restless child may lie like this."),
        Verdict(None, "no", "the image would be taken again."),
    ),
    "translation": (
        Verdict(10, "yes", "the chest is seldom exactly in the middle of the image."),
        Verdict(15, "rarely", "part of the chest may be cut off."),
        Verdict(None, "no", "where a lung is cut off, the image would be taken again."),
    ),
    "zoom": (
        Verdict(10, "yes", "children differ in size, and so does their distance from the tube."),
        Verdict(None, "rarely", "the chest is cut off, or the image shows much besides it."),
    ),
    "anisotropic_zoom": (
        Verdict(2, "yes", "too little to notice."),
        Verdict(10, "rarely", "an image enlarges both ways alike; only chests differ in shape."),
        Verdict(None, "no", "an image enlarges both ways alike."),
    ),
    "shear": (
        Verdict(0.5, "yes", "too little to notice."),
        Verdict(None, "rarely", "an image does not lean to one side; a patient may."),
    ),
    "horizontal_flip": (
        Verdict(
            None,
            "rarely",
            "the heart points to the right, as in situs inversus (about 1 in 10,000 people), or "
            "the image was put up the wrong way round, which the marker letter gives away.",
        ),
    ),
    "vertical_flip": (Verdict(None, "no", "a chest X-ray is put up with the neck at the top."),),
    "contrast": (
        Verdict(20, "yes", "tubes, doses and development differ."),
        Verdict(30, "rarely", "most images are better exposed than this."),
        Verdict(None, "no", "greys this hard or flat hide what a radiographer looks for."),
    ),
    "brightness": (
        Verdict(10, "yes", "doses and development differ."),
        Verdict(20, "rarely", "most images are better exposed than this."),
        Verdict(None, "no", "a lung this white or black could look like disease, or hide it."),
    ),
    "gamma": (
        Verdict(1.2, "yes", "images and screens turn dose into grey in different ways."),
        Verdict(1.4, "rarely", "most images are better exposed than this."),
        Verdict(None, "no", "mid-tones this light or dark could look like disease, or hide it."),
    ),
    "outside": (
        # Up to here come the small turns, moves and zooms that are each believed.
        Verdict(25, "yes", "a border is made up, beside the lungs."),
        Verdict(40, "rarely", "a broad border is made up."),
        Verdict(None, "no", "so much of the image is made up."),
    ),
}


def augmentation_lab(
    image: np.ndarray,
    *,
    rotation: float = 0,
    translate_x: float = 0,
    translate_y: float = 0,
    zoom: float = 1,
    horizontal_flip: bool = False,
    vertical_flip: bool = False,
    contrast: float = 1,
    brightness: float = 0,
    gamma: float = 1,
    fill_mode: str = "nearest",
    recipe: str = "article 4",
    name: str = "augmentation_lab",
) -> lab.Lab:
    """Return a lab that changes a radiograph and asks whether a radiographer would see the result.

    The numbers are those of :func:`cxrlib.data.augmentation.apply_transforms`.

    Parameters
    ----------
    image : ndarray
        One grey image, (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, 0 to 255.
        Fractions are rounded to whole greys.
    rotation : float
        Degrees at the start, clockwise as seen, -50 to 50.
    translate_x, translate_y : float
        To the right and down, shares of the image's side, -0.2 to 0.2.
    zoom : float
        0.8 to 1.2; above 1 the chest is larger.
    horizontal_flip, vertical_flip : bool
        Flipped left to right, top to bottom.
    contrast : float
        0.6 to 1.4, factor on the distance from the image's own mean.
    brightness : float
        -0.3 to 0.3, share of the range from black to white.
    gamma : float
        0.6 to 1.6; above 1 mid-tones are darker.
    fill_mode : "nearest", "constant", "reflect" or "wrap"
        What comes in from outside: the edge repeated, black, the image mirrored or from the
        other side.
    recipe : str
        Where no setting is given, the lab opens on one draw from this recipe, always the same:
        "as it is", "plausible", "article 0", "article 3" or "article 4".
    name : str
        What the lab is called in links; two on a page need two names.

    Raises
    ------
    ValueError
        For an image or setting it cannot show.
    """
    pixels = lab.check_image(image)
    setting = data.augmentation.Transform(
        rotation=_number(rotation, "rotation", 1),
        translate_x=_number(translate_x, "translate_x", 100),
        translate_y=_number(translate_y, "translate_y", 100),
        zoom_x=_number(zoom, "zoom_x", 100, "zoom"),
        zoom_y=_number(zoom, "zoom_y", 100, "zoom"),
        horizontal_flip=_switch(horizontal_flip, "horizontal_flip"),
        vertical_flip=_switch(vertical_flip, "vertical_flip"),
        contrast=_number(contrast, "contrast", 100),
        brightness=_number(brightness, "brightness", 100),
        gamma=_number(gamma, "gamma", 1),
    )
    fill_mode = lab.check_choice(fill_mode, data.augmentation.FILL_MODES, "fill_mode")
    recipe = lab.check_choice(recipe, BUTTONS, "recipe")
    untouched = setting == data.augmentation.Transform() and fill_mode == "nearest"
    if untouched:
        setting, fill_mode = _first_draw(BUTTONS[recipe])
    rows, columns = pixels.shape
    return lab.Lab(
        kind="augmentation_lab",
        name=lab.check_name(name),
        title="One image, many images: which of them could have been taken?",
        try_first=(
            "press each recipe a few times. Which of these images could come from a hospital? "
            "Then, from “as it is”, turn the child as far as you would still believe."
        ),
        fallback=lab.img_tag(pixels, f"The radiograph, {rows} by {columns} pixels")
        + lab.img_tag(_changed(pixels, setting, fill_mode), "The same, changed"),
        config={
            "image": lab.encode_image(pixels),
            "start": _as_read(setting) | {"fill_mode": fill_mode},
            "drawn": recipe if untouched else None,
            "limits": LIMITS,
            "recipes": {
                text: asdict(data.augmentation.PRESETS[recipe]) for text, recipe in BUTTONS.items()
            },
            "verdicts": VERDICTS,
        },
    )


def _number(value: float, key: str, unit: float, argument: str = "") -> float:
    low, high = LIMITS[key]
    return lab.check_number(value, low / unit, high / unit, argument or key)


def _switch(value: bool, argument: str) -> int:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(
            f"expected `{argument}` as True or False, got {value!r}. It is a switch: choose one."
        )
    return int(value)


def _first_draw(recipe: str) -> tuple[data.augmentation.Transform, str]:
    """Return one draw from a recipe, rounded as it is read on the page, and its fill."""
    drawn = data.augmentation.random_transforms(recipe, 1, np.random.default_rng(0))[0]
    digits = {"rotation": 1, "shear": 2}
    fields = data.augmentation.Transform._fields
    rounded = {
        key: round(value, digits.get(key, 3))
        for key, value in zip(fields, drawn.tolist(), strict=True)
    }
    setting = data.augmentation.Transform(**rounded)
    return setting, data.augmentation.PRESETS[recipe].fill_mode


def _as_read(setting: NamedTuple) -> dict:
    """Return a setting in the page's units: degrees, percent, gamma."""
    shares = ("translate_x", "translate_y", "zoom_x", "zoom_y", "contrast", "brightness")
    values = setting._asdict()
    return values | {key: round(100 * values[key], 6) for key in shares}


def _changed(pixels: np.ndarray, setting: NamedTuple, fill_mode: str) -> np.ndarray:
    # Any recipe that is both geometric and photometric: the setting says by how much.
    recipe = data.augmentation.Augmentation(rotation=1, gamma=1, fill_mode=fill_mode)
    settings = np.array([setting], np.float32)
    changed = data.augmentation.apply_transforms(pixels[None, :, :, None], settings, recipe)
    return np.rint(changed)[0, :, :, 0]
