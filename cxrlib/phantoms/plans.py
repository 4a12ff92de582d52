"""Plans of whole sets: which patients, which images, which names; nothing is drawn here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxrlib.phantoms.canvas import Rng

MANIFEST = "phantoms.json"  # says that everything beside and below it was drawn
SETS = {"pneumonia": 1200, "covid": 800, "adults": 300, "pneumoniamnist": 1200}
# (bacterial, viral) shares of the real folders; the others are normal
SHARES = {"train": (0.485, 0.258), "test": (0.388, 0.237)}
FINDINGS = (
    # finding, kind to draw, share of the collection's images
    ("COVID-19", "covid", 0.69),
    ("COVID-19, ARDS", "covid", 0.04),
    ("No Finding", "normal", 0.06),
    ("Streptococcus", "bacterial", 0.06),
    ("Klebsiella", "bacterial", 0.03),
    ("Pneumocystis", "viral", 0.06),
    ("Varicella", "viral", 0.03),
    ("Influenza", "viral", 0.03),
)


@dataclass(frozen=True)
class Job:
    """One image to draw: where it goes, its masks' stem, and the arguments of ``draw``."""

    path: str
    masks: str
    arguments: dict
    lung_path: str | None = None
    square: int | None = None  # shrink to this side, in pixels


def plan(
    name: str, *, size: int = 224, n: int | None = None, seed: int = 0
) -> tuple[list[Job], list[dict]]:
    """Plan a set; parameters as for :func:`cxrlib.phantoms.write`.

    Returns
    -------
    jobs : list of Job
    rows : list of dict
        Rows of the collection's metadata.csv; empty where the set has none.
    """
    if name not in SETS:
        raise ValueError(f"expected `name` as one of {', '.join(SETS)}, got {name!r}. Choose one.")
    n = SETS[name] if n is None else int(n)
    if n < 20:
        raise ValueError(f"expected `n` of at least 20, got {n}. Ask for more images.")
    rng = np.random.default_rng([seed, list(SETS).index(name), 77])
    if name == "covid":
        jobs = _children(round(0.7 * n), size, rng)
        more, rows = _collection(n - len(jobs), size, rng)
        return jobs + more, rows
    if name == "pneumoniamnist":
        return _squares(_children(n, max(size, 96), rng), size), []
    return (_adults if name == "adults" else _children)(n, size, rng), []


def _families(count: int, rng: Rng, single: float) -> list[int]:
    """Numbers of images per patient that add up to ``count``; ``single``: share of ones.

    With 0.80 about 42 % of the images have siblings, as in the real set.
    """
    sizes, left = [], count
    while left > 0:
        chance = rng.random()
        if chance < single:
            size = 1
        elif chance < single + 0.66 * (1 - single):
            size = 2
        else:
            size = int(rng.integers(3, 7))
        sizes.append(min(size, left))
        left -= sizes[-1]
    return sizes


def _children(n: int, size: int, rng: Rng) -> list[Job]:
    train = round(0.75 * n)
    jobs, image = [], 1
    numbers = {kind: iter(_numbers(n, rng)) for kind in ("bacterial", "viral")}
    normal = itertools.count(1)
    for split, site, total in (("test", "b", n - train), ("train", "a", train)):
        bacterial, viral = (round(total * share) for share in SHARES[split])
        counts = {"normal": total - bacterial - viral, "bacterial": bacterial, "viral": viral}
        for kind, count in counts.items():
            for family in _families(count, rng, 0.79 if split == "train" else 0.86):
                who = int(rng.integers(2**31))
                number = next(normal) if kind == "normal" else next(numbers[kind])
                second = kind == "normal" and rng.random() < 0.5
                for k in range(family):
                    if kind == "normal":
                        tail = f"-{k + 1:04d}" if family > 1 else ""
                        place = f"NORMAL/{'NORMAL2-' * second}IM-{number:04d}-0001{tail}"
                    else:
                        word = "bacteria" if kind == "bacterial" else "virus"
                        place = f"PNEUMONIA/person{number}_{word}_{image}"
                        image += 1
                    shape = _child_frame(kind, size, rng)
                    path = f"chest_xray/{split}/{place}.jpeg"
                    jobs.append(_job(path, kind, who, site, shape, rng))
    return jobs


def _squares(jobs: Sequence[Job], size: int) -> list[Job]:
    """Turn children's images into PneumoniaMNIST's: square, numbered, a tenth of train is val."""
    squares, root = [], f"pneumoniamnist-{size}"
    for i, job in enumerate(jobs):
        _, split, label, _ = job.path.split("/")
        part = "val" if split == "train" and i % 10 == 0 else split
        place = f"{part}/{label}/{i:05d}"
        path, masks = f"{root}/{place}.png", f"{root}_masks/{place}"
        arguments = job.arguments | {"aspect_ratio": 1.0}
        squares.append(replace(job, path=path, masks=masks, arguments=arguments, square=size))
    return squares


def _numbers(n: int, rng: Rng) -> list[int]:
    """Patient numbers in mixed order, 16 among the first few, so that both subtypes have one."""
    order = 1 + rng.permutation(max(n, 20))
    order = order[order != 16]
    return [*order[:1].tolist(), 16, *order[1:].tolist()]


def _child_frame(kind: str, size: int, rng: Rng) -> tuple[int, float, str]:
    """Height, aspect and age: healthy images are larger and less wide for their height."""
    sick = kind != "normal"
    aspect = np.clip(rng.normal(1.42, 0.14) if sick else rng.normal(1.36, 0.12), 1.08, 1.75)
    width = size * (rng.uniform(0.98, 1.22) if sick else rng.uniform(1.08, 1.30))
    return max(round(width / aspect), 32), float(aspect), "child"


def _adults(n: int, size: int, rng: Rng) -> list[Job]:
    jobs, number = [], 1280
    for folder, count in (("NORMAL", n - n // 2), ("PNEUMONIA", n // 2)):
        for family in _families(count, rng, 0.84):
            who, number = int(rng.integers(2**31)), number + int(rng.integers(1, 60))
            kind = "normal" if folder == "NORMAL" else str(rng.choice(["bacterial", "viral"]))
            first = int(rng.integers(0, 12))
            for k in range(family):
                path = f"nih-adult/{folder}/{number:08d}_{first + k:03d}.jpeg"
                jobs.append(_job(path, kind, who, "c", (size, 1.0, "adult"), rng))
    return jobs


def _collection(n: int, size: int, rng: Rng) -> tuple[list[Job], list[dict]]:
    tree = "covid-chestxray-dataset"
    jobs, rows, number = [], [], 2
    counts = [max(round(n * share), 1) for _, _, share in FINDINGS]
    counts[0] += n - sum(counts)
    for (finding, kind, _), count in zip(FINDINGS, counts, strict=True):
        for family in _families(count, rng, 0.60):
            who, number = int(rng.integers(2**31)), number + 1
            age = float(np.clip(round(rng.normal(58, 16)), 18, 90))
            sex = str(rng.choice(["M", "F"]))
            for k in range(family):
                stem = f"phantom-{number:04d}-day{3 * k}"
                aspect = float(rng.choice([1.0, 1.0, 1.0, 1.19, 1.33, 0.93]))
                shape = (round(size * rng.uniform(1.0, 1.15)), aspect, "adult")
                has_mask = rng.random() < 0.46
                job = _job(f"{tree}/images/{stem}.jpg", kind, who, "d", shape, rng)
                lungs = f"{tree}/masks/{stem}_mask.png" if has_mask else None
                jobs.append(replace(job, lung_path=lungs))
                view = str(rng.choice(["PA", "AP", "AP Supine"], p=[0.64, 0.11, 0.25]))
                rows.append(_row(number, 3 * k, sex, age, finding, view, stem, has_mask))
    for k in range(2):
        stem = f"phantom-{number - k:04d}-lateral"
        rows.append(_row(number - k, 0, "", "", FINDINGS[0][0], "L", stem, False))
    return jobs, rows


def _row(
    number: int, offset: int, sex: str, age: float | str, finding: str, view: str, stem: str,
    has_mask: bool,
) -> dict:  # fmt: skip
    return {
        "patientid": number, "offset": offset, "sex": sex, "age": age, "finding": finding,
        "view": view, "modality": "X-ray", "date": "2020", "location": "drawn, no place",
        "folder": "images", "filename": f"{stem}.jpg", "license": "MIT",
        "source_filename": f"{stem}.jpg", "mask": f"{stem}_mask.png" if has_mask else "",
    }  # fmt: skip


def _job(path: str, kind: str, who: int, site: str, shape: tuple[int, float, str], rng: Rng) -> Job:
    size, aspect, age = shape
    tree, _, rest = path.partition("/")
    arguments = {
        "kind": kind, "size": size, "seed": int(rng.integers(2**31)), "patient": who, "age": age,
        "site": site, "aspect_ratio": aspect,
    }  # fmt: skip
    return Job(path, f"{tree}_masks/{rest.rpartition('.')[0]}", arguments)
