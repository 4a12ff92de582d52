"""What all labs share: putting them together as HTML, and what they ask of their arguments."""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from cxrlib.data.cases import did_you_mean

MAX_BYTES = 70_000  # bytes
MIN_SIDE, MAX_SIDE = 8, 64
MAX_LETTERS = 24  # of a name
T = TypeVar("T", str, int)


@dataclass(frozen=True, eq=False)
class Lab:
    """An interactive figure; a notebook shows it as HTML, anything else as one line of text.

    Attributes
    ----------
    kind : str
        The function that made it, such as ``"kernel_lab"``.
    name : str
        What it is called in a link: ``page.html#NAME=...``.
    title, try_first : str
        Its heading, and what to try first.
    fallback : str
        HTML that stands where the lab would be while JavaScript is off.
    config : dict
        What the script starts from.
    description : str
        What is shown, where the title does not say it.
    scripts : tuple of str
        Files that its own script builds on, without their ending.
    max_bytes : int
        Of its HTML.
    """

    kind: str
    name: str
    title: str
    try_first: str
    fallback: str
    config: dict
    description: str = ""
    scripts: tuple[str, ...] = ()
    max_bytes: int = MAX_BYTES

    def __repr__(self) -> str:
        return (
            f"<{self.kind} {self.name!r}: {self.title}. An interactive figure, shown where HTML "
            "can be: in JupyterLab, in Colab, in the book.>"
        )

    def _repr_html_(self) -> str:
        # A new id each time: the same lab may be shown twice on a page.
        identity = f"cxr-{self.name}-{secrets.token_hex(4)}"
        config = json.dumps(self.config, separators=(",", ":"))
        config = config.replace("<", r"\u003c")  # nothing in it may end the script
        own = self.kind.removesuffix("_lab")
        scripts = "\n".join(_file(f"{one}.js") for one in ("lab", *self.scripts, own))
        said = html.escape(self.description)
        description = f'<p class="try">{said}</p>\n' if said else ""
        page = (
            f"<style>\n{_file('lab.css')}{_file(f'{own}.css')}</style>\n"
            f'<div class="cxr-lab" id="{identity}" data-lab="{self.kind}" data-name="{self.name}" '
            f'data-lm-suppress-shortcuts="true" role="group" aria-labelledby="{identity}-title">\n'
            f'<p class="lab-title" id="{identity}-title">{html.escape(self.title)}</p>\n'
            f"{description}"
            f'<p class="try"><b>Try first:</b> {html.escape(self.try_first)}</p>\n'
            f'<div class="lab-body"><div class="still">{self.fallback}'
            "<p>A still image. Where JavaScript is on, this figure has knobs to turn.</p>"
            "</div></div>\n</div>\n"
            f'<script>\n(() => {{\n"use strict";\n{scripts}\n'
            f'startLab(document.getElementById("{identity}"), {config});\n'
            "})();\n</script>\n"
        )
        if len(page.encode()) > self.max_bytes:
            raise ValueError(
                f"expected a lab of at most {self.max_bytes:,} bytes, got {len(page.encode()):,}. "
                "Give it a smaller image, or fewer of them, or fewer points."
            )
        return page


@functools.cache
def _file(name: str) -> str:
    """Read a style sheet or a script, if there is one; comments are for its authors alone."""
    file = files(__package__).joinpath(name)
    if not file.is_file():  # few labs have a style sheet of their own
        return ""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line.lstrip(" ") for line in lines if not line.lstrip().startswith("//"))


def encode_image(image: np.ndarray) -> dict:
    """Return a grey image as the script reads it."""
    rows, columns = image.shape
    return {"rows": rows, "columns": columns, "bytes": to_base64(image.tobytes())}


def img_tag(numbers: np.ndarray, text: str, low: float = 0, high: float = 255) -> str:
    """Return numbers as a small PNG in an ``img`` element, from black at ``low`` to white."""
    span = (high - low) or 1
    grey = np.clip(255 * (numbers.astype(float) - low) / span, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG", optimize=True)
    source = f"data:image/png;base64,{to_base64(file.getvalue())}"
    return f'<img alt="{html.escape(text)}" src="{source}">'


def svg_icon(shape: str) -> str:
    """Return a mark of a drawing as a small image for its legend."""
    return f'<svg viewBox="-12 -12 24 24" aria-hidden="true">{shape}</svg>'


def to_base64(content: bytes) -> str:
    """Return bytes as text that a script can read."""
    return base64.b64encode(content).decode("ascii")


# ---- what labs ask of their arguments, and where they start


def check_image(
    image: np.ndarray, min_side: int = MIN_SIDE, max_side: int = MAX_SIDE
) -> np.ndarray:
    """Return an image as uint8 (rows, columns).

    Parameters
    ----------
    image : ndarray
        (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, values 0 to 255. Fractions
        are rounded, since the arithmetic that is written out reads better in whole greys.
    min_side, max_side : int
        Pixels a side, where a lab asks for others.

    Raises
    ------
    ValueError
        For another shape or kind of numbers, with what to do about it.
    """
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2:
        raise ValueError(
            f"expected one grey image of shape (rows, columns), got shape {np.shape(image)}. "
            "Take one image: images[0]; make colours grey: image.mean(axis=-1)."
        )
    if min(array.shape) < min_side or max(array.shape) > max_side:
        raise ValueError(
            f"expected {min_side} to {max_side} pixels a side, got {array.shape}. "
            "Resize it: data.read_image(path, size=40)."
        )
    if array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected numbers from 0 to 255, got dtype {array.dtype}. "
            "Convert it: image.astype('uint8')."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"expected numbers from 0 to 255, got {np.sum(~np.isfinite(array))} that are NaN or "
            "infinite. Find out where they come from, or fill them: np.nan_to_num(image)."
        )
    low, high = array.min(), array.max()
    if low < 0 or high > 255 or (array.dtype.kind == "f" and 0 < high <= 1):
        raise ValueError(
            f"expected grey values from 0 (black) to 255 (white), got {low:g} to {high:g}. "
            "Rescale it: 255 * (image - image.min()) / np.ptp(image)."
        )
    return np.rint(array).astype(np.uint8)


def check_name(name: str) -> str:
    """Return a name that can stand in a link."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise ValueError(
            f"expected `name` of letters, digits, _ and -, a letter first, got {name!r}. "
            "It stands in links to the lab: name='kernel_ribs'."
        )
    return name


def check_choice(value: T, choices: Collection[T], argument: str) -> T:
    """Return a value that is one of some."""
    known = isinstance(value, (str, int, np.integer)) and not isinstance(value, bool)
    if not known or value not in choices:
        listed = ", ".join(map(repr, choices))
        near = did_you_mean(str(value), map(str, choices))
        raise ValueError(
            f"expected `{argument}` as one of {listed}, got {value!r}.{near} Choose one."
        )
    return value if isinstance(value, str) else int(value)


def check_texts(texts: Sequence[str], argument: str, fewest: int, most: int) -> list[str]:
    """Return different short texts, so many of them."""
    known = [] if isinstance(texts, str) or not np.iterable(texts) else list(texts)
    fits = all(isinstance(one, str) and 1 <= len(one.strip()) <= MAX_LETTERS for one in known)
    if not fits or not fewest <= len(known) <= most or len(set(known)) < len(known):
        count = f"{fewest} to {most}" if fewest < most else f"{fewest}"
        raise ValueError(
            f"expected `{argument}` as {count} different texts of 1 to {MAX_LETTERS} letters, got "
            f"{texts!r}. Name each one, shortly."
        )
    return [one.strip() for one in known]


def check_number(value: Any, low: float, high: float, argument: str) -> float:
    """Return a finite number between two others."""
    if isinstance(value, (bool, str)) or np.ndim(value) or not low <= value <= high:
        raise ValueError(
            f"expected `{argument}` as a number from {low:g} to {high:g}, got {value!r}. "
            "Choose one between these."
        )
    return float(value)


def central_argmax(numbers: np.ndarray) -> dict:
    """Return row and column of the largest number in the middle half, where a lab shall start."""
    rows, columns = numbers.shape
    middle = numbers[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    row, column = np.unravel_index(middle.argmax(), middle.shape)
    return {"row": int(row) + rows // 4, "column": int(column) + columns // 4}
