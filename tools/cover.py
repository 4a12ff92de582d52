"""Draw the cover, the logo and the favicon from one phantom (no patient's picture is used)."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

GROUND, ACCENT = (14, 26, 36), (142, 193, 230)
KIND, SEED = "bacterial", 4
HEIGHT, MARGIN, GAP = 600, 60, 110
SIZES = (480, 352, 224, 96)


def edges(picture: np.ndarray) -> np.ndarray:
    """Return the strength of a picture's edges, 0 to 255."""
    soft = np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(2)), dtype=float)
    down, across = np.gradient(soft)
    strength = np.hypot(down, across)
    return np.clip(255 * strength / np.quantile(strength, 0.995), 0, 255).astype(np.uint8)


def pool(picture: np.ndarray, cells: int) -> np.ndarray:
    """Return the largest value in each of ``cells`` × ``cells`` squares."""
    side = picture.shape[0] // cells
    cut = picture[: cells * side, : cells * side]
    return cut.reshape(cells, side, cells, side).max(axis=(1, 3))


def tinted(picture: np.ndarray, size: int) -> Image.Image:
    """Return a map in the accent colour on the cover's ground, its squares kept sharp."""
    share = (picture / 255.0)[..., None]
    colours = np.asarray(GROUND) * (1 - share) + np.asarray(ACCENT) * share
    return Image.fromarray(colours.astype(np.uint8)).resize((size, size), Image.Resampling.NEAREST)


def cover(picture: np.ndarray) -> Image.Image:
    """Return the way of a picture through a network: radiograph, edges, pooled map, one neuron."""
    strength = edges(picture)
    panels = [
        Image.fromarray(picture).convert("RGB").resize((SIZES[0],) * 2, Image.Resampling.LANCZOS),
        tinted(strength, SIZES[1]),
        tinted(pool(strength, 16), SIZES[2]),
    ]
    page = Image.new("RGB", (2 * MARGIN + sum(SIZES) + 3 * GAP, HEIGHT), GROUND)
    pen = ImageDraw.Draw(page)
    left, boxes = MARGIN, []
    for size in SIZES:
        top = (HEIGHT - size) // 2
        boxes.append((left, top, left + size, top + size))
        left += size + GAP
    for one, other in itertools.pairwise(boxes):
        inset = 0 if other is not boxes[-1] else SIZES[3] // 2
        for height, target in ((1, other[1] + inset), (3, other[3] - inset)):
            pen.line(
                [(one[2], one[height]), (other[0] + inset, target)], fill=(52, 92, 120), width=2
            )
    for panel, box in zip(panels, boxes, strict=False):
        page.paste(panel, box[:2])
        pen.rectangle(box, outline=(52, 92, 120), width=2)
    pen.ellipse(boxes[-1], fill=GROUND, outline=ACCENT, width=5)
    pen.pieslice(
        [v + d for v, d in zip(boxes[-1], (14, 14, -14, -14), strict=True)], -90, 180, ACCENT
    )
    return page


def logo(picture: np.ndarray, size: int) -> Image.Image:
    """Return the left half of a radiograph beside the right half as a coarse map."""
    page = Image.fromarray(picture).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    coarse = np.asarray(Image.fromarray(picture).resize((8, 8), Image.Resampling.BOX))
    right = tinted(coarse, size).crop((size // 2, 0, size, size))
    page.paste(right, (size // 2, 0))
    mask = Image.new("L", (size * 4, size * 4))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size * 4, size * 4), size * 0.7, fill=255)
    page.putalpha(mask.resize((size, size), Image.Resampling.LANCZOS))
    return page


def draw_all(root: Path) -> int:
    """Write cover, logo and favicon into book/_static.

    The cover is there twice: WebP for the first page, PNG for the README and for previews.
    """
    from cxrlib import phantoms

    picture = phantoms.draw(KIND, size=512, seed=SEED, difficulty=0.4, marker="").image
    pictures = {"cover": cover(picture), "logo": logo(picture, 160), "favicon": logo(picture, 64)}
    for name, image in pictures.items():
        path = root / "book" / "_static" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "cover":
            image.save(path.with_suffix(".webp"), quality=80, method=6)
            image = image.quantize(224, dither=Image.Dither.NONE)
        image.save(path, optimize=True)
        for written in sorted(path.parent.glob(f"{name}.*")):
            print(f"{written.relative_to(root)}: {written.stat().st_size / 1000:.0f} kB")
    return 0
