"""Draw the picture that each chapter opens with, from phantoms: a strip that shows its question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from cxrlib import phantoms
from cxrlib.data import occlusion
from cxrlib.models import scratch

SIDE, GAP = 168, 8
GROUND, ACCENT = np.array((14, 26, 36)), np.array((142, 193, 230))
Tile = np.ndarray  # (H, W) or (H, W, 3), grey or colour from 0 to 255


def chest(kind: str = "normal", seed: int = 4, patient: int | None = None) -> phantoms.Phantom:
    """Draw one phantom in the tiles' size."""
    return phantoms.draw(kind, seed=seed, patient=patient, size=SIDE, difficulty=0.3)


def edges(image: Tile) -> Tile:
    """Return the strength of edges, from 0 to 255."""
    soft = scratch.conv2d(image.astype(float), np.full((5, 5), 0.04), padding="same")
    kernels = (scratch.SOBEL_X, np.transpose(scratch.SOBEL_X))
    strength = np.hypot(*(scratch.conv2d(soft, kernel, padding="same") for kernel in kernels))
    strength[:3] = strength[-3:] = strength[:, :3] = strength[:, -3:] = 0
    return np.clip(255 * strength / np.quantile(strength, 0.995), 0, 255)


def tinted(image: Tile, low: np.ndarray = GROUND, high: np.ndarray = ACCENT) -> Tile:
    """Colour a map: ``low`` where it is 0, ``high`` where it is 255."""
    share = (image / 255.0)[..., None]
    return low * (1 - share) + high * share


def coarse(image: Tile, cells: int, how: Callable = np.mean) -> Tile:
    """Return a map of ``cells`` × ``cells`` squares, each with one value."""
    side = SIDE // cells
    cut = np.asarray(image, float)[: side * cells, : side * cells]
    cut = cut.reshape(cells, side, cells, side)
    return how(how(cut, axis=3), axis=1)


def pictures() -> list[Tile]:
    """Show five children; who is ill."""
    kinds = ("normal", "bacterial", "normal", "viral", "bacterial")
    return [chest(kind, seed).image for seed, kind in enumerate(kinds, start=1)]


def neurons() -> list[Tile]:
    """Show fewer and fewer pixels of one chest."""
    image = chest("bacterial").image
    return [image, *(coarse(image, cells) for cells in (24, 12, 6, 3))]


def convolution() -> list[Tile]:
    """Show what small kernels make of a chest."""
    image = chest().image.astype(float)
    maps = [image]
    for kernel in (scratch.SOBEL_X, np.transpose(scratch.SOBEL_X)):
        found = scratch.conv2d(image, kernel, padding="same")[2:-2, 2:-2]
        maps.append(127.5 + 127.5 * found / np.quantile(np.abs(found), 0.995))
    maps.append(scratch.conv2d(image, np.full((9, 9), 1 / 81), padding="same"))
    sharp = scratch.conv2d(image, np.full((5, 5), 1 / 25), padding="same")
    return [*maps, image + 1.5 * (image - sharp)]


def pooling() -> list[Tile]:
    """Show edges, and the largest of ever larger squares."""
    strength = edges(chest().image)
    return [tinted(strength), *(tinted(coarse(strength, n, np.max)) for n in (42, 21, 12, 6))]


def first_cnn() -> list[Tile]:
    """Show the way from a chest through maps to a number."""
    image = chest("bacterial").image
    strength = edges(image)
    steps = [tinted(coarse(strength, n, np.max)) for n in (42, 14, 4)]
    return [image, tinted(strength), *steps]


def recipes() -> list[Tile]:
    """Show one chest, changed by ever bolder recipes."""
    image = chest("viral").image
    turned = np.asarray(Image.fromarray(image).rotate(6, Image.Resampling.BILINEAR))
    return [image, turned, 255 * (image / 255.0) ** 0.6, image[:, ::-1], image[::-1]]


def custom_cnn() -> list[Tile]:
    """Show other exposures, and what is left of them after normalising."""
    image = chest("bacterial").image.astype(float)
    others = [0.45 * image, 0.5 * image + 120]
    normed = [127 + 55 * (one - one.mean()) / one.std() for one in others]
    return [image, *others, *normed]


def evaluation() -> list[Tile]:
    """Show the way from surely healthy to surely ill, for a line to be drawn."""
    healthy, ill = chest("normal").image.astype(float), chest("bacterial").image.astype(float)
    return [healthy + share * (ill - healthy) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]


def vgg16() -> list[Tile]:
    """Show kernels of photographs, for a chest."""
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    tiles: list[Tile] = []
    for angle in (0.0, 0.9, 1.8, 2.6):
        wave = np.cos(14 * (columns * np.cos(angle) + rows * np.sin(angle)))
        tiles.append(tinted(127.5 * (1 + wave * np.exp(-3 * (rows**2 + columns**2)))))
    return [*tiles, chest().image]


def fine_tuning() -> list[Tile]:
    """Show frozen maps, thawed from the end on."""
    strength = edges(chest().image)
    warm = np.array((240, 164, 90))
    return [
        tinted(coarse(strength, cells, np.max), GROUND, ACCENT + share * (warm - ACCENT))
        for cells, share in ((168, 0.0), (84, 0.0), (42, 0.3), (21, 0.7), (12, 1.0))
    ]


def looking_inside() -> list[Tile]:
    """Show a lesion, and heat that is on it, opposite and below."""
    drawn = chest("bacterial", 7)
    image, mask = drawn.image.astype(float), drawn.lesion_mask.astype(float)
    heat = scratch.conv2d(mask, np.full((41, 41), 1 / 41**2), padding="same")
    heat = heat / max(heat.max(), 1e-9)
    red = np.array((230, 90, 60))

    def under(where: Tile) -> Tile:
        share = (0.7 * where)[..., None]
        return image[..., None] * (1 - share) + red * share

    return [image, under(mask), under(heat), under(np.roll(heat, 60, axis=1)), under(heat.T[::-1])]


def covid() -> list[Tile]:
    """Show healthy, two kinds of pneumonia, and COVID-19."""
    kinds = ("normal", "bacterial", "viral", "covid", "covid")
    return [chest(kind, seed).image for seed, kind in enumerate(kinds, start=2)]


def shortcuts() -> list[Tile]:
    """Show the same chest under each cover."""
    image = chest("covid").image[None, ..., None]
    covers = (occlusion.keep_all, occlusion.mask_center, occlusion.keep_border)
    tiles = [cover(image)[0, ..., 0] for cover in (*covers, occlusion.keep_corners)]
    return [*tiles, coarse(chest("covid").image, 8)]


def deployment() -> list[Tile]:
    """Show one chest as it is, and four ways in which it may arrive elsewhere."""
    image = chest("bacterial").image.astype(float)
    soft = scratch.conv2d(image, np.full((9, 9), 1 / 81), padding="same")
    grain = np.random.default_rng(0).normal(0, 30, image.shape)
    return [image, 255 - image, image[::-1, ::-1], soft, image + grain]


def articles() -> list[Tile]:
    """Show two of one child, one mirrored, sixteen to choose by, two to be judged by."""
    pair = [chest("bacterial", seed, patient=3).image for seed in (1, 2)]
    small = coarse(chest().image, 42)[1:41, 1:41]
    sixteen = np.tile(small, (4, 4))
    lit = np.kron(np.arange(16).reshape(4, 4) < 2, np.ones((40, 40)))
    return [*pair, pair[0][:, ::-1], sixteen, sixteen * lit]


def cluster() -> list[Tile]:
    """Show sheets of ever more chests."""
    kinds = ("normal", "bacterial", "viral", "covid")
    chests = [chest(kinds[seed % 4], seed).image for seed in range(16)]
    tiles = []
    for n in (1, 2, 4, 8, 16):
        side = SIDE // n
        small = [np.asarray(Image.fromarray(one).resize((side, side))) for one in chests]
        rows = [np.hstack([small[(i * 7 + j) % 16] for j in range(n)]) for i in range(n)]
        tiles.append(np.vstack(rows))
    return tiles


OPENINGS: dict[str, Callable[[], list[Tile]]] = {
    "01-pictures": pictures,
    "02-neurons": neurons,
    "03-convolution": convolution,
    "04-pooling": pooling,
    "05-first-cnn": first_cnn,
    "06-augmentation": recipes,
    "07-custom-cnn": custom_cnn,
    "08-evaluation": evaluation,
    "09-vgg16": vgg16,
    "10-fine-tuning": fine_tuning,
    "11-looking-inside": looking_inside,
    "12-covid": covid,
    "13-shortcuts": shortcuts,
    "14-deployment": deployment,
    "15-five-articles": articles,
    "A1-cluster": cluster,
}


def strip(tiles: Sequence[Tile]) -> Image.Image:
    """Lay tiles side by side, with nothing between them."""
    width = len(tiles) * SIDE + (len(tiles) - 1) * GAP
    page = Image.new("RGBA", (width, SIDE))
    for i, tile in enumerate(tiles):
        grey = np.clip(tile, 0, 255).astype(np.uint8)
        one = Image.fromarray(grey).convert("RGB")
        page.paste(one.resize((SIDE, SIDE), Image.Resampling.NEAREST), (i * (SIDE + GAP), 0))
    return page


def draw_all(root: Path) -> int:
    """Draw all of them into the book's folder."""
    folder = root / "book" / "_static" / "openings"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in OPENINGS.items():
        strip(draw()).quantize(128).save(folder / f"{name}.png", optimize=True)
    return 0
