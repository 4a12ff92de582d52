"""What all labs share: putting them together as HTML, and what they ask of their arguments."""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from PIL import Image

LARGEST = 60_000  # bytes
LEAST_SIDE, MOST_SIDE = 8, 64


@dataclass(frozen=True)
class Lab:
    """An interactive figure; a notebook shows it as HTML, anything else as one line of text.

    Attributes
    ----------
    kind : str
        The function that made it, such as ``"kernel_lab"``.
    name : str
        What it is called in a link: ``page.html#NAME=...``.
    title, about, first : str
        Its heading, what is shown (may be empty), and what to try first.
    still : str
        HTML that stands where the lab would be while JavaScript is off.
    config : dict
        What the script starts from.
    largest : int
        Bytes of HTML that it may not exceed.
    """

    kind: str
    name: str
    title: str
    about: str
    first: str
    still: str
    config: dict
    largest: int = LARGEST

    def __repr__(self) -> str:
        return (
            f"<{self.kind} {self.name!r}: {self.title}. An interactive figure, shown where HTML "
            "can be: in JupyterLab, in Colab, in the book.>"
        )

    def _repr_html_(self) -> str:
        # A new id each time: the same lab may be shown twice on a page.
        identity = f"cxr-{self.name}-{secrets.token_hex(4)}"
        config = json.dumps({**self.config, "name": self.name}, separators=(",", ":"))
        config = config.replace("<", r"\u003c")  # nothing in it may end the script
        own = self.kind.replace("_lab", ".css")  # few have one
        styles = _file("lab.css") + (_file(own) if _there(own) else "")
        about = f'<p class="try">{html.escape(self.about)}</p>\n' if self.about else ""
        page = (
            f"<style>\n{styles}</style>\n"
            f'<div class="cxr-lab" id="{identity}" data-lab="{self.kind}" data-name="{self.name}" '
            f'data-lm-suppress-shortcuts="true" role="group" aria-labelledby="{identity}-title">\n'
            f'<p class="lab-title" id="{identity}-title">{html.escape(self.title)}</p>\n'
            f"{about}"
            f'<p class="try"><b>Try first:</b> {html.escape(self.first)}</p>\n'
            f'<div class="lab-body"><div class="still">{self.still}'
            "<p>A still picture. Where JavaScript is on, this figure has knobs to turn.</p>"
            "</div></div>\n</div>\n"
            f'<script>\n(() => {{\n"use strict";\n{_file("lab.js")}\n'
            f"{_file(self.kind.replace('_lab', '.js'))}\n"
            f'startLab(document.getElementById("{identity}"), {config});\n'
            "})();\n</script>\n"
        )
        if len(page.encode()) > self.largest:
            raise ValueError(
                f"expected a lab of at most {self.largest:,} bytes, got {len(page.encode()):,}. "
                "Give it a smaller picture, or fewer of them, or fewer points."
            )
        return page


@functools.cache
def _file(name: str) -> str:
    """Read a style sheet or a script; comments and indentation are for its authors alone."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line.lstrip(" ") for line in lines if not line.lstrip().startswith("//"))


def _there(name: str) -> bool:
    return files(__package__).joinpath(name).is_file()


def packed(picture: np.ndarray) -> dict:
    """Return a grey picture as the script reads it."""
    rows, columns = picture.shape
    return {"rows": rows, "columns": columns, "bytes": base64_of(picture.tobytes())}


def image(numbers: np.ndarray, text: str, low: float = 0, high: float = 255) -> str:
    """Return numbers as a small PNG in an ``img`` element, from black at ``low`` to white."""
    span = (high - low) or 1
    grey = np.clip(255 * (numbers.astype(float) - low) / span, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG", optimize=True)
    source = f"data:image/png;base64,{base64_of(file.getvalue())}"
    return f'<img alt="{html.escape(text)}" src="{source}">'


def icon(shape: str) -> str:
    """Return a mark of a drawing as a small picture for its legend."""
    return f'<svg viewBox="-12 -12 24 24" aria-hidden="true">{shape}</svg>'


def base64_of(content: bytes) -> str:
    """Return bytes as text that a script can read."""
    return base64.b64encode(content).decode("ascii")


# ---- what labs ask of their arguments, and where they start


def grey_picture(picture: np.ndarray, most: int = MOST_SIDE) -> np.ndarray:
    """Return a picture as uint8 (rows, columns).

    Parameters
    ----------
    picture : ndarray
        (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, values 0 to 255. Fractions
        are rounded, since the arithmetic that is written out reads better in whole greys.
    most : int
        Pixels a side, where a lab can show more than 64.

    Raises
    ------
    ValueError
        For another shape or kind of numbers, with what to do about it.
    """
    array = np.asarray(picture)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2:
        raise ValueError(
            f"expected one grey picture of shape (rows, columns), got shape {np.shape(picture)}. "
            "Take one picture: images[0]; make colours grey: picture.mean(axis=-1)."
        )
    if min(array.shape) < LEAST_SIDE or max(array.shape) > most:
        raise ValueError(
            f"expected {LEAST_SIDE} to {most} pixels a side, got {array.shape}. "
            "Resize it: data.read_image(path, size=40)."
        )
    if array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected numbers from 0 to 255, got dtype {array.dtype}. "
            "Convert it: picture.astype('uint8')."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"expected numbers from 0 to 255, got {np.sum(~np.isfinite(array))} that are NaN or "
            "infinite. Find out where they come from, or fill them: np.nan_to_num(picture)."
        )
    low, high = array.min(), array.max()
    if low < 0 or high > 255 or (array.dtype.kind == "f" and 0 < high <= 1):
        raise ValueError(
            f"expected grey values from 0 (black) to 255 (white), got {low:g} to {high:g}. "
            "Rescale it: 255 * (picture - picture.min()) / np.ptp(picture)."
        )
    return np.rint(array).astype(np.uint8)


def link_name(name: str) -> str:
    """Return a name that can stand in a link."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise ValueError(
            f"expected `name` of letters, digits, _ and -, a letter first, got {name!r}. "
            "It stands in links to the lab: name='kernel_ribs'."
        )
    return name


def choice(value: object, choices: Collection, argument: str) -> object:
    """Return a value that is one of some."""
    known = isinstance(value, (str, int, np.integer)) and not isinstance(value, bool)
    if not known or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"expected `{argument}` as one of {listed}, got {value!r}. Choose one.")
    return value if isinstance(value, str) else int(value)


def number(value: float, low: float, high: float, argument: str) -> float:
    """Return a finite number between two others."""
    if isinstance(value, (bool, str)) or np.ndim(value) or not low <= value <= high:
        raise ValueError(
            f"expected `{argument}` as a number from {low:g} to {high:g}, got {value!r}. "
            "That is as far as its slider goes."
        )
    return float(value)


def liveliest(numbers: np.ndarray) -> dict:
    """Return row and column of the largest number in the middle half, where a lab shall start."""
    rows, columns = numbers.shape
    middle = numbers[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    row, column = np.unravel_index(middle.argmax(), middle.shape)
    return {"row": int(row) + rows // 4, "column": int(column) + columns // 4}
