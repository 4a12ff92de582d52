"""The search for doubles: from files beside cleanvision, and among codes beside other exact ways.

The files are drawn X-rays, some of them saved again smaller and brighter. Codes are those of drawn
thumbnails; all ways have to find the same pairs. Last comes the search among 50,000 thumbnails.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import Measured, Numbers, apart, timed
from cxrlib import data, phantoms
from cxrlib.evaluation.audit import duplicates
from cxrlib.experiments.speed import Figure, Missing

TREE, PRODUCTS, CLEANVISION = "scikit-learn's BallTree", "matrix products", "cleanvision"
COPY = "copy-of-"


def thumbnails(n: int, seed: int = 0) -> np.ndarray:
    """Draw chests blended with smooth fields; every hundredth is a re-exposed, noisy double."""
    rng = np.random.default_rng(seed)
    chests = np.stack([phantoms.draw("normal", size=64, seed=i).image for i in range(200)])
    waves = np.cos(np.pi * np.outer((np.arange(64) + 0.5) / 64, np.arange(9))).astype(np.float32)
    images = np.empty((n, 64, 64), np.uint8)
    for i in range(n):
        field = waves @ rng.normal(size=(9, 9)).astype(np.float32) @ waves.T
        one = 0.6 * chests[rng.integers(200)] + 40 + 4 * field
        if i % 100 == 99:
            one = 0.9 * images[i - 50] + 10 + rng.normal(scale=2, size=(64, 64))
        images[i] = one.clip(0, 255)
    return images


def by_ball_tree(codes: np.ndarray, most: int) -> int:
    """Count pairs with scikit-learn's ball tree, as searches for doubles often do."""
    from sklearn.neighbors import BallTree

    bits = np.unpackbits(codes.view(np.uint8), axis=1)
    tree = BallTree(bits, metric="hamming")
    near = tree.query_radius(bits, (most + 0.5) / 256, count_only=True)
    return (int(near.sum()) - len(bits)) // 2  # each pair is seen from both sides


def by_products(codes: np.ndarray, most: int) -> int:
    """Count pairs by one matrix product a block: bits as -1 and 1."""
    signs = np.unpackbits(codes.view(np.uint8), axis=1).astype(np.float32) * 2 - 1
    count = 0
    for start in range(0, len(signs), 256):
        block = signs[start : start + 256]
        near = block @ signs[start:].T >= 256 - 2 * most
        count += int(np.triu(near, 1).sum())
    return count


def among_codes(n: int, repeats: int) -> Measured:
    """Let the ways to find pairs among codes take turns."""
    codes, most = (
        duplicates.difference_hash(thumbnails(n)),
        duplicates.MAX_HAMMING_DISTANCE,
    )
    counts = {
        "cxrlib": lambda: len(duplicates.pairs_within(codes, most)),
        TREE: lambda: by_ball_tree(codes, most),
        PRODUCTS: lambda: by_products(codes, most),
    }
    found = {way: count() for way, count in counts.items()}
    if len(set(found.values())) > 1:
        raise ValueError(f"expected the same pairs from all ways, got {found}.")
    ways = {way: timed(count) for way, count in counts.items()}
    return Measured.alternate(ways, repeats, warm_up=0)


def among_thumbnails(n: int) -> Numbers:
    """Time the whole search."""
    images = thumbnails(n)
    start = time.perf_counter()
    pairs = duplicates.find_duplicates(images)
    seconds = time.perf_counter() - start
    planted = {(i - 50, i) for i in range(99, n, 100)}
    found = set(zip(pairs["one"], pairs["other"], strict=True))
    return {"seconds": seconds, "found": 100 * len(planted & found) / len(planted)}


def plant(folder: Path, n: int) -> Path:
    """Draw a set; every twentieth image is there again, smaller, brighter and saved anew."""
    root = phantoms.write(folder / "drawn", "pneumonia", size=256, n=n) / "chest_xray"
    files = sorted(path for path in root.rglob("*") if path.suffix in (".jpeg", ".jpg", ".png"))
    for path in files[::20]:
        with Image.open(path) as image:
            grey = image.convert("L")
        grey = grey.resize((grey.width * 3 // 4, grey.height * 3 // 4))
        grey = grey.point(lambda v: min(255, int(0.9 * v + 12)))
        grey.save(path.with_name(f"{COPY}{path.stem}.jpeg"), quality=80)
    return root


def share_found(root: str, pairs: set[frozenset[str]]) -> Numbers:
    """Say how many planted doubles are among some pairs of file names, and how many others."""
    planted = {
        frozenset((path.stem, path.stem.removeprefix(COPY)))
        for path in Path(root).rglob(f"{COPY}*")
    }
    found = 100 * len(planted & pairs) / len(planted)
    return {"found": found, "others": len(pairs - planted)}


def from_files(root: str) -> Numbers:
    """Read a folder and search it, as the audit does."""
    start = time.perf_counter()
    images = data.read_images(
        data.load(root, patient=r"person\d+|IM-\d+", quiet=True), 64, "stretch"
    )
    near = duplicates.find_duplicates(images.images[..., 0])
    seconds = time.perf_counter() - start
    names = [Path(path).stem for path in images.cases["path"]]
    pairs = {frozenset((names[a], names[b])) for a, b in near[["one", "other"]].to_numpy()}
    return {"seconds": seconds} | share_found(root, pairs)


def by_cleanvision(root: str) -> Numbers:
    """Let cleanvision do so, by its perceptual hash, in as many processes as there are cores."""
    from itertools import combinations

    from cleanvision import Imagelab

    start = time.perf_counter()
    lab = Imagelab(data_path=root, verbose=False)
    kinds = ("exact_duplicates", "near_duplicates")
    lab.find_issues({kind: {} for kind in kinds}, n_jobs=os.cpu_count(), verbose=False)
    seconds = time.perf_counter() - start
    pairs = {
        frozenset((Path(a).stem, Path(b).stem))
        for kind in kinds
        for group in lab.info[kind]["sets"]
        for a, b in combinations(group, 2)
    }
    return {"seconds": seconds} | share_found(root, pairs)


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure files, codes, and many thumbnails."""
    n = 40 if quick else 1000
    with tempfile.TemporaryDirectory() as folder:
        root = str(plant(Path(folder), n))
        ways = {"cxrlib": apart(from_files, root), CLEANVISION: apart(by_cleanvision, root)}
        found = Measured.alternate(ways, 1 if quick else 3, warm_up=0)
    yield from found.missing
    yield from found.figures(f"doubles among {n:,} files, reading included", "s")
    yield from found.figures(
        "planted doubles found: smaller, brighter, saved anew", "%", "found", more_is_better=True
    )
    yield from found.figures("pairs named that are none", "pairs", "others")
    n = 400 if quick else 10_000
    found = among_codes(n, 1 if quick else 3)
    yield from found.figures(f"doubles among {n:,} codes of 256 bits, one thread", "s")
    n = 500 if quick else 50_000
    found = Measured.alternate({"cxrlib": apart(among_thumbnails, n)}, 1, warm_up=0)
    yield from found.missing
    yield from found.figures(f"doubles among {n:,} thumbnails", "s")
    yield from found.figures(f"doubles among {n:,} thumbnails, peak memory", "MB", "peak_memory_mb")
    yield from found.figures(f"planted doubles found among {n:,}", "%", "found")
