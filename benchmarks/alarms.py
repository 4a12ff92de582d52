"""How often the audit is wrong: different images taken for doubles, false alarms, faults missed.

First the pairs of different smooth images that each step of the search for doubles takes for the
same. Then small sets of phantoms without a fault, where any alarm is false, and with planted
faults, each of which has to be found; the seeds are none of those by which limits were chosen.
What was raised and what was missed is printed to the error stream.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from cxrlib import data, phantoms
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import duplicates
from cxrlib.experiments.speed import Figure, Missing

PATIENT = r"p\d+"
SEEDS = range(100, 120)
EXPECTED = {
    "single": {"duplicates", "patients", "odd images", "files"},
    "places": {"shortcuts", "folder shift"},
    "shares": {"sizes", "brightness"},
}
DOUBLES = {"copy": "p9001_0.png", "near copy": "p9002_0.jpg", "under two labels": "p9003_0.jpg"}


def smooth_pictures(kind: str, noise: float, n: int = 240, seed: int = 0) -> np.ndarray:
    """Draw smooth images of 64 × 64, no two alike, with noise of their own on each."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :64] + 0.5
    if kind == "wave":  # across, down, and both at once
        waves = np.cos(np.pi * x / 64), np.cos(np.pi * y / 64)
        waves = np.stack([*waves, waves[0] * waves[1]])
        fields = np.tensordot(rng.normal(size=(n, 3)), waves, 1)
    elif kind == "spot":
        middle = rng.uniform(20, 44, (2, n, 1, 1))
        fields = np.exp(-((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / (2 * 16**2))
    else:
        fields = gaussian_filter(rng.normal(size=(n, 64, 64)), (0, 30, 30), mode="nearest")
    fields -= fields.mean(axis=(1, 2), keepdims=True)
    fields *= 40 / fields.std(axis=(1, 2), keepdims=True)
    return (128 + fields + rng.normal(scale=noise, size=fields.shape)).clip(0, 255).astype(np.uint8)


def smooth(n: int) -> Iterator[Figure]:
    """Count the pairs of different smooth images that each step of the search lets pass."""
    passed, pairs = Counter(), 0
    for kind in ("wave", "spot", "blurred noise"):
        for noise in (1, 2, 4):
            images = smooth_pictures(kind, noise, n)
            pairs += n * (n - 1) // 2
            near = duplicates.pairs_within(duplicates.difference_hash(images))
            one, other = (images[rows].reshape(len(rows), -1) for rows in near.T)
            passed["code"] += len(near)
            passed["whole"] += int(
                duplicates.correlated(one, other, duplicates.MIN_CORRELATION).sum()
            )
            passed["details"] += len(duplicates.find_duplicates(images))
    what, each = "different smooth images taken for doubles", 100 / pairs
    for step, name in (("code", "by their codes alone"), ("whole", "by codes and correlation")):
        yield Figure(what, "% of pairs", passed["details"] * each, passed[step] * each, name)


def draw_set(root: Path, seed: int, test_site: str = "a", marker=None, n: int = 160) -> Path:
    """Draw a small set of both classes from one hospital; patients are dealt out by split."""
    rng = np.random.default_rng([seed, 5])
    for patient in range(n):
        sick, split = patient % 2, "test" if rng.random() < 0.3 else "train"
        phantom = phantoms.draw(
            "bacterial" if sick else "normal",
            size=96,
            seed=10_000 * seed + patient,
            site=test_site if split == "test" else "a",
            marker=marker if marker and sick else "",
        )
        folder = root / split / ("PNEUMONIA" if sick else "NORMAL")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(phantom.image).save(folder / f"p{patient:04d}_0.png")
    return root


def opened(path: Path) -> Image.Image:
    """Read an image whole, in grey."""
    with Image.open(path) as image:
        return image.convert("L")


def plant_single(root: Path) -> None:
    """Plant what one image can have: three kinds of double, a leak, and two bad files."""
    healthy = sorted((root / "train/NORMAL").glob("*.png"))
    shutil.copy(healthy[0], root / "test/NORMAL/p9001_0.png")
    near = opened(healthy[3]).resize((70, 75)).point(lambda v: min(255, int(0.8 * v + 25)))
    near.save(root / "test/NORMAL/p9002_0.jpg", quality=80)
    opened(healthy[5]).save(root / "train/PNEUMONIA/p9003_0.jpg", quality=95)
    image = sorted((root / "test/NORMAL").glob("p0*.png"))[0]
    image.rename(image.with_name(healthy[6].name.replace("_0", "_1")))
    opened(healthy[7]).point(lambda v: 255 - v).save(healthy[7])
    healthy[9].write_bytes(healthy[9].read_bytes()[: healthy[9].stat().st_size // 2])


def plant_shares(root: Path) -> None:
    """Give the sick a shape and an exposure of their own."""
    for path in root.rglob("PNEUMONIA/*.png"):
        image = opened(path).point(lambda v: int(0.75 * v))
        image.resize((image.width + 40, image.height)).save(path)


def alarms(root: Path) -> tuple[audit.Report, dict]:
    """Audit a folder; return the report and what it raises."""
    report = audit.audit(data.load(root, patient=PATIENT, quiet=True))
    raised = {f.check: f"{f.verdict}: {f.summary}" for f in report.findings}
    quiet = [f.check for f in (*report.with_verdict("fine"), *report.with_verdict("not checked"))]
    return report, {check: said for check, said in raised.items() if check not in quiet}


def verdicts(seeds: range) -> Iterator[Figure]:
    """Count false alarms on clean sets, and planted faults that fail the check they belong to."""
    false, found = 0, Counter()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            clean = draw_set(Path(folder) / "clean", seed)
            _, raised = alarms(clean)
            false += bool(raised)
            if raised:
                print(f"seed {seed}, clean: {raised}", file=sys.stderr)
            faulty = {way: Path(folder) / way for way in EXPECTED}
            plant_single(shutil.copytree(clean, faulty["single"]))
            plant_shares(shutil.copytree(clean, faulty["shares"]))
            draw_set(faulty["places"], seed, "c", ("AP", (0.06, 0.06), 0.09))
            for way, root in faulty.items():
                report, raised = alarms(root)
                failed = {f.check for f in report.failed}
                found.update(failed & EXPECTED[way])
                for check in sorted(EXPECTED[way] - failed):
                    print(f"seed {seed}, {check}: {report[check].summary}", file=sys.stderr)
                if beside := sorted(set(raised) - EXPECTED[way]):
                    print(f"seed {seed}, {way}, also raised: {beside}", file=sys.stderr)
                if way == "single":
                    shown = {Path(e.path).name for e in report["duplicates"].examples}
                    found.update(what for what, name in DOUBLES.items() if name in shown)
    yield Figure("sets without a fault that raise an alarm", f"of {len(seeds)}", false)
    for what in (*sorted(set().union(*EXPECTED.values())), *DOUBLES):
        yield Figure(f"planted fault found: {what}", f"of {len(seeds)}", found[what])


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Count both."""
    yield from smooth(40 if quick else 240)
    yield from verdicts(SEEDS[:1] if quick else SEEDS)
