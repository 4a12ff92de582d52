"""Cost of ``cxr audit``, of its search for doubles, and how often it is wrong.

    python benchmarks/audit.py [--data pneumonia] [--images 50000] [--seeds 100 120] > audit.json

Four parts; ``--only`` runs one of them. *command*: seconds and peak memory of the command on a
data set, in a process of its own. *search*: the search for doubles among drawn thumbnails, beside
other exact ways to find the pairs of codes, on the same codes in turn. *smooth*: how many pairs of
different smooth images each step of that search takes for doubles. *verdicts*: small sets of
phantoms without a fault, where any alarm is false, and with planted faults, each of which has to be
found; the seeds are none of those by which limits were chosen. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from cxrlib import data, phantoms
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import duplicates

PATIENT = r"p\d+"


def command(name: str) -> dict:
    """Run ``cxr audit`` on a data set, with a page, and take its own time and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "audit.html"
        line = [Path(sys.executable).with_name("cxr"), "audit", name, "--html", page]
        start = time.perf_counter()
        usual = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=usual)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # of this process alone, unlike RUSAGE_CHILDREN
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        written = json.loads(page.with_suffix(".json").read_text())
    cases = data.load(name, quiet=True)
    return {
        "data": said.splitlines()[0],
        "source": cases.attrs["source"],
        "median_size": [int(cases[side].median()) for side in ("width", "height")],
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
        "exit_code": process.returncode,
        "verdicts": {f["check"]: f["verdict"] for f in written["findings"]},
    }


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


def search(n: int) -> dict:
    """Time the search in this process, then the other ways on fewer codes."""
    import resource

    def peak() -> int:
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    images = thumbnails(n)
    before, start = peak(), time.perf_counter()
    pairs = duplicates.find_duplicates(images)
    whole, after, start = time.perf_counter() - start, peak(), time.perf_counter()
    codes = duplicates.difference_hash(images)
    hashing, start = time.perf_counter() - start, time.perf_counter()
    candidates = len(duplicates.pairs_within(codes))
    planted = {(i - 50, i) for i in range(99, n, 100)}
    found = set(zip(pairs["one"], pairs["other"], strict=True))
    answer = {
        "pictures": n,
        "pictures_mb": round(images.nbytes / 2**20),
        "seconds": round(whole, 1),
        "of_which_hashes": round(hashing, 1),
        "of_which_comparing": round(time.perf_counter() - start, 1),
        "peak_memory_mb_with_pictures_drawn": before,
        "peak_memory_mb_after_search": after,
        "candidates": candidates,
        "planted": len(planted),
        "planted_found": len(planted & found),
        "others_found": len(found - planted),
    }
    ways = {
        "cxrlib": lambda c, most: len(duplicates.pairs_within(c, most)),
        "scikit-learn's BallTree": by_ball_tree,
        "matrix products": by_products,
    }
    fewer, seconds, counts = codes[:10_000], {}, {}
    for way, count in ways.items():
        times = []
        for _ in range(1 if way.endswith("Tree") else 3):
            start = time.perf_counter()
            counts[way] = count(fewer, duplicates.MAX_HAMMING_DISTANCE)
            times.append(time.perf_counter() - start)
        seconds[way] = round(min(times), 2)
    assert len(set(counts.values())) == 1, counts
    ratios = {w: round(s / seconds["cxrlib"], 2) for w, s in seconds.items() if w != "cxrlib"}
    return answer | {
        "codes_for_comparison": len(fewer),
        "seconds_of": seconds,
        "times_as_fast_as": ratios,
    }


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


def smooth() -> dict:
    """Count the pairs of different smooth images that each step of the search lets pass."""
    found, pairs = {}, 0
    for kind in ("wave", "spot", "blurred noise"):
        for noise in (1, 2, 4):
            images = smooth_pictures(kind, noise)
            pairs += len(images) * (len(images) - 1) // 2
            near = duplicates.pairs_within(duplicates.difference_hash(images))
            one, other = (images[rows].reshape(len(rows), -1) for rows in near.T)
            whole = int(duplicates.correlated(one, other, duplicates.MIN_CORRELATION).sum())
            named = len(duplicates.find_duplicates(images))
            counts = {"code": len(near), "whole": whole, "details": named}
            found[f"{kind}, noise of {noise}"] = counts
    total = Counter()
    for counts in found.values():
        total.update(counts)
    rates = {step: count / pairs for step, count in total.items()}
    return {"pairs": pairs, "passed": found, "all": dict(total), "false_alarm_rate": rates}


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


def verdicts(first: int, end: int) -> dict:
    """Count false alarms on clean sets, and planted faults that fail the check they belong to."""
    false, short, found, beside = {}, {}, Counter(), Counter()
    expected = {
        "single": {"duplicates", "patients", "odd images", "files"},
        "places": {"shortcuts", "folder shift"},
        "shares": {"sizes", "brightness"},
    }
    for seed in range(first, end):
        with tempfile.TemporaryDirectory() as folder:
            clean = draw_set(Path(folder) / "clean", seed)
            _, raised = alarms(clean)
            if raised:
                false[seed] = raised
            faulty = {way: Path(folder) / way for way in expected}
            plant_single(shutil.copytree(clean, faulty["single"]))
            plant_shares(shutil.copytree(clean, faulty["shares"]))
            draw_set(faulty["places"], seed, "c", ("AP", (0.06, 0.06), 0.09))
            for way, root in faulty.items():
                report, raised = alarms(root)
                failed = {f.check for f in report.failed}
                found.update(failed & expected[way])
                for check in sorted(expected[way] - failed):
                    short[f"{seed}, {check}"] = f"{report[check].verdict}: {report[check].summary}"
                beside.update(check for check in raised if check not in expected[way])
                if way == "single":
                    shown = {Path(e.path).name for e in report["duplicates"].examples}
                    doubles = {"copy": "p9001_0.png", "near copy": "p9002_0.jpg"}
                    doubles["under two labels"] = "p9003_0.jpg"
                    found.update(what for what, name in doubles.items() if name in shown)
    wanted = [*sorted(set().union(*expected.values())), "copy", "near copy", "under two labels"]
    return {
        "sets": end - first,
        "seeds": [first, end - 1],
        "sets_with_a_false_alarm": len(false),
        "false_alarms": false,
        "faults_found": {what: f"{found[what]} of {end - first}" for what in wanted},
        "short_of_fail": short,
        "other_alarms_in_sets_with_faults": dict(beside),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="pneumonia")
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--seeds", type=int, nargs=2, default=(100, 120), metavar=("FIRST", "END"))
    parser.add_argument("--only", choices=("command", "search", "smooth", "verdicts"))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(search(options.pictures)))
        return
    answer = {"benchmark": "audit", "cores": os.cpu_count(), "python": platform.python_version()}
    if options.only in (None, "command"):
        answer["command"] = command(options.data)
    if options.only in (None, "search"):  # in a process of its own, for the peak
        line = [sys.executable, __file__, "--here", "--pictures", str(options.pictures)]
        done = subprocess.run(line, check=True, capture_output=True, text=True)
        answer["search"] = json.loads(done.stdout.splitlines()[-1])
    if options.only in (None, "smooth"):
        answer["smooth"] = smooth()
    if options.only in (None, "verdicts"):
        answer["verdicts"] = verdicts(*options.seeds)
    print(json.dumps(answer, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
