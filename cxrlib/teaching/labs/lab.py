"""Putting a lab together: text and still picture as HTML, style and script inline."""

from __future__ import annotations

import base64
import functools
import html
import io
import json
import secrets
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from PIL import Image

LARGEST = 60_000  # bytes


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
    """Read a style sheet or a script; what a script says to its authors stays here."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("//"))


def _there(name: str) -> bool:
    return files(__package__).joinpath(name).is_file()


def packed(picture: np.ndarray) -> dict:
    """Return a grey picture as the script reads it."""
    rows, columns = picture.shape
    return {"rows": rows, "columns": columns, "bytes": _base64(picture.tobytes())}


def image(numbers: np.ndarray, text: str, low: float = 0, high: float = 255) -> str:
    """Return numbers as a small PNG in an ``img`` element, from black at ``low`` to white."""
    span = (high - low) or 1
    grey = np.clip(255 * (numbers.astype(float) - low) / span, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="PNG", optimize=True)
    source = f"data:image/png;base64,{_base64(file.getvalue())}"
    return f'<img alt="{html.escape(text)}" src="{source}">'


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
