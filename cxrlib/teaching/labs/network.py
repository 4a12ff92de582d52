"""``network_lab``: a small network computes in the page, and all of it can be watched."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cxrlib import phantoms
from cxrlib.data.images import RESIZE_MODES
from cxrlib.data.validation import MAX_PIXELS, MIN_SIDE
from cxrlib.teaching.labs import lab
from cxrlib.teaching.labs.network_model import pack_model, pack_outliers
from cxrlib.teaching.labs.shortcut import Predict, check_images, checked_predict

MAX_BYTES = 400_000
MAX_FILE_BYTES = 64_000_000
BRIGHTEST = 0.9  # an opacity is as bright as this quantile of the picture
KINDS = ("normal", "bacterial", "viral")  # of the phantoms that it brings along
SEED = 4
DENSITY = 80  # percent, of the dab it opens on

Dab = tuple[int, int, int, int]  # row, column, radius in pixels, density in percent


def network_lab(
    model: Any,
    class_names: Sequence[str],
    *,
    images: ArrayLike | None = None,
    titles: Sequence[str] | None = None,
    resize: str = "pad",
    outliers: Any = None,
    note: str = "",
    name: str = "network_lab",
) -> lab.Lab:
    """Return a lab in which a small network computes in the page, on whatever is drawn.

    An opacity is drawn on a picture with mouse, finger or keys; each layer's maps, what each of
    the last maps gives to the score, the class activation map and the score follow at once. It
    opens on the picture and the dab, among many, that raise the score most. A reader may open a
    picture of their own, which the page reads itself: nothing leaves the machine.

    Parameters
    ----------
    model : keras.Model
        As :func:`cxrlib.models.pooled_cnn` builds it, for two classes and grey square images of 16
        to 128 pixels.
    class_names : sequence of str
        Two; the score is about the second.
    images : array, shape (N, H, W, 1) or (N, H, W), optional
        One to six grey images of the model's size, 0 to 255; fractions are rounded. By default
        phantoms: a normal one and two with a disease.
    titles : sequence of str, optional
        What the images are called; by default A, B, C, and the phantoms by their kinds.
    resize : {"pad", "stretch"}
        How pictures of another shape were made square for training; see
        :func:`cxrlib.data.read_image`.
    outliers : OutlierDetector, optional
        Of ``models.load(file).metadata``, say. A picture of the reader's own that lies too far from
        those of training is refused, and the distance of every other one is shown.
    note : str
        Stands below: where the network comes from and what it was trained on.
    name : str
        What the lab is called in links; two on a page need two names.

    Notes
    -----
    The page computes as Keras does, with float32 numbers and batch normalisation fused into the
    convolutions; tests hold scores and maps equal to 1e-3.

    The reader's own picture is decoded by the browser and made smaller by Pillow's own filter, so
    that a PNG comes out as from :func:`cxrlib.data.read_image`. Of a large JPEG, ``read_image``
    decodes a half, a quarter or an eighth, for which the page takes means of squares: on 200 X-rays
    of 224 pixels or more, read at 96, a network's scores differed by 0.0001 in the median and by
    0.008 at most. A colour picture, one of more than 8 bits or more than 64 million pixels, and a
    damaged file are refused with a reason.

    The class activation map (Zhou 2016, arXiv:1512.04150) is not cut at zero: its mean plus the
    bias is the logit.

    Raises
    ------
    ValueError
        For a network or images it cannot show.
    """
    names = lab.check_texts(class_names, "class_names", 2, 2)
    packed = pack_model(model)
    if outliers is not None:
        packed["outliers"] = pack_outliers(outliers, packed, model)
    side = packed["rows"]
    pictures, titles = _pictures(images, titles, side)
    which, dab, (before, after) = find_opening(pictures, checked_predict(model, 2))
    said = (
        f"With an opacity drawn on it the network's score for {names[1]} goes from "
        f"{before:.3f} to {after:.3f}."
    )
    return lab.Lab(
        kind="network_lab",
        name=lab.check_name(name),
        title="A network at work, in this page",
        try_first=(
            "take the drawing back, and watch the score. Then draw an opacity of your own: in a "
            "lung, on the belly, in a corner. Where does the network mind?"
        ),
        fallback=lab.img_tag(
            draw_dabs(pictures[which], [dab]), f"{titles[which]}, {side} pixels high, drawn on"
        )
        + f"<p>{html.escape(said)}</p>",
        config={
            **packed,
            "class_names": names,
            "pictures": [
                {"title": title, "image": lab.encode_image(image)}
                for title, image in zip(titles, pictures, strict=True)
            ],
            "own": {
                "resize": lab.check_choice(resize, RESIZE_MODES, "resize"),
                "max_bytes": MAX_FILE_BYTES,
                "max_pixels": MAX_PIXELS,
                "min_side": MIN_SIDE,
            },
            "limits": {"radius": [2, side // 4], "density": [5, 95]},
            "note": note,
            "start": {"picture": which, "map": None, "show": "all", "dabs": [dab]}
            | dict(zip(("row", "column", "radius", "density"), dab, strict=True)),
        },
        scripts=("network_engine", "network_maps", "network_picture"),
        max_bytes=MAX_BYTES,
    )


def _pictures(
    images: ArrayLike | None, titles: Sequence[str] | None, side: int
) -> tuple[np.ndarray, list[str]]:
    if images is None:
        drawn = [phantoms.draw(kind, size=max(side, 32), seed=SEED).image for kind in KINDS]
        images, titles = np.stack(drawn), titles or [f"{kind} phantom" for kind in KINDS]
    pictures = check_images(images)
    if pictures.shape[1:] != (side, side):
        raise ValueError(
            f"expected images of the network's size, {side} × {side}, got {pictures.shape[1:]}. "
            f"Read them at that size: data.read_images(cases, size={side})."
        )
    n = len(pictures)
    return pictures, lab.check_texts(
        list("ABCDEF"[:n]) if titles is None else titles, "titles", n, n
    )


# ---- an opacity is drawn


def draw_dabs(image: np.ndarray, dabs: Iterable[Dab]) -> np.ndarray:
    """Return an image with an opacity on it, float (H, W), as the page draws it.

    Each dab hides a share of what is behind it, most in its middle: density / 100 times
    exp(−2 (distance / radius)²). In place of what is hidden comes a grey as bright as the
    picture's brightest tenth.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Greys from 0 to 255.
    dabs : iterable of (row, column, radius, density)
        In pixels, and percent.
    """
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    behind = np.ones(image.shape)
    for row, column, radius, density in dabs:
        away = ((rows - row) ** 2 + (columns - column) ** 2) / radius**2
        behind *= 1 - density / 100 * np.exp(-2 * away)
    bright = np.sort(image, axis=None)[int(BRIGHTEST * (image.size - 1))].astype(float)
    return bright + (image - bright) * behind


def find_opening(pictures: np.ndarray, predict: Predict) -> tuple[int, Dab, tuple[float, float]]:
    """Return the picture and the dab, of many where lungs mostly lie, that raise the score most.

    Returns
    -------
    which : int
    dab : (row, column, radius, density)
    scores : (float, float)
        Without the dab and with it.
    """
    side = pictures.shape[1]
    down, across = (0.3, 0.4, 0.5, 0.6, 0.7), (0.22, 0.32, 0.68, 0.78)
    places = itertools.product(down, across, (1 / 10, 1 / 6))
    dabs = [
        (int(y * side), int(x * side), round(radius * side), DENSITY) for y, x, radius in places
    ]
    found = []
    for which, image in enumerate(pictures):
        batch = np.stack([image, *(draw_dabs(image, [dab]) for dab in dabs)])
        scores = predict(batch[..., None].astype("float32"))[:, 1]
        best = int(scores[1:].argmax())
        found.append((which, dabs[best], (float(scores[0]), float(scores[1 + best]))))
    return max(found, key=lambda one: one[2][1] - one[2][0])
