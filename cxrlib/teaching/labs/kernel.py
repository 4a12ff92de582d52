"""``kernel_lab``: nine weights walk over an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.labs import lab

PRESETS = {
    "identity": scratch.IDENTITY,
    "blur": scratch.BLUR,
    "sharpen": scratch.SHARPEN,
    "Sobel x": scratch.SOBEL_X,
    "Sobel y": scratch.SOBEL_Y,
    "Laplacian": scratch.LAPLACIAN,
}
STRIDES = (1, 2, 3)
PADDINGS = ("valid", "same")
MAX_WEIGHT = 1000


def kernel_lab(
    image: np.ndarray,
    *,
    kernel: str | Sequence[Sequence[float]] = "Sobel x",
    stride: int = 1,
    padding: str = "valid",
    name: str = "kernel_lab",
) -> lab.Lab:
    """Return a lab in which a 3 × 3 kernel walks over an image and its sum is written out.

    Parameters
    ----------
    image : ndarray
        One grey image, (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, 0 to 255.
        Fractions are rounded to whole greys.
    kernel : str, or 3 × 3 numbers
        A name of :data:`PRESETS`, or weights from -1000 to 1000. As in Keras it is not flipped.
    stride : 1, 2 or 3
    padding : "valid" or "same"
        As in Keras.
    name : str
        What the lab is called in links; two on a page need two names.

    Raises
    ------
    ValueError
        For an image, kernel or setting it cannot show.
    """
    pixels = lab.check_image(image)
    weights = _weights(kernel)
    stride = lab.check_choice(stride, STRIDES, "stride")
    padding = lab.check_choice(padding, PADDINGS, "padding")
    rows, columns = pixels.shape
    result = scratch.conv2d(pixels.astype(float), weights, stride=stride, padding=padding)
    inside = result.min() >= 0 and result.max() <= 255
    limits = (0, 255) if inside else (result.min(), result.max())
    return lab.Lab(
        kind="kernel_lab",
        name=lab.check_name(name),
        title="Nine weights walk over the image",
        try_first=(
            "move the frame from an edge into the middle of a lung. What happens to the sum? "
            "Then press Sobel y: which edges are left?"
        ),
        fallback=lab.img_tag(pixels, f"The image, {rows} by {columns} pixels")
        + lab.img_tag(
            result, f"The result of the kernel, {result.shape[0]} by {result.shape[1]}", *limits
        ),
        config={
            "image": lab.encode_image(pixels),
            "presets": {label: preset.ravel().tolist() for label, preset in PRESETS.items()},
            "start": {"kernel": weights.ravel().tolist(), "stride": stride, "padding": padding}
            | lab.central_argmax(np.abs(result)),
        },
    )


def _weights(kernel: str | Sequence[Sequence[float]]) -> np.ndarray:
    if isinstance(kernel, str):
        return PRESETS[lab.check_choice(kernel, PRESETS, "kernel")]
    try:
        weights = np.asarray(kernel, float)
    except (TypeError, ValueError):
        weights = np.array(np.nan)
    if weights.shape != (3, 3):
        raise ValueError(
            f"expected a kernel of 3 × 3 numbers, got {kernel!r}. "
            "Write three rows of three: [[0, 0, 0], [0, 1, 0], [0, 0, 0]]."
        )
    if not (np.abs(weights) <= MAX_WEIGHT).all():
        raise ValueError(
            f"expected weights from -{MAX_WEIGHT} to {MAX_WEIGHT}, got "
            f"{weights.tolist()}. Divide the kernel by its largest number."
        )
    return weights
