"""What it costs to load, audit, embed and train on more and more phantoms: seconds and memory.

    python benchmarks/growth.py [--images 1000 5000 20000 50000] [--folder FOLDER] > growth.json

Each step runs in a process of its own, whose peak memory is that step's. Images of 64 pixels stand
for any others: what grows is their number. *load* makes the case table, *audit* is ``cxr audit``'s
work, *embed* extracts features with MobileNetV2 of width 0.35 (random weights cost what trained
ones do), *train* is one epoch of chapter 05's network from memory, *train from shards* one from
disk. Sets are drawn once into the folder, by default a temporary one. Prints one JSON object, with
the exponent of each step's growth: 1 where the time is proportional to the number of images.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SIZE = 64  # pixels
PATIENT = r"person\d+|IM-\d+|NORMAL2-IM-\d+"


def load(folder: Path) -> object:
    """Make the case table."""
    from cxrlib import data

    return data.load(folder, patient=PATIENT, quiet=True)


def audit(folder: Path) -> object:
    """Make all checks of an audit."""
    from cxrlib.evaluation import audit

    return audit.audit(load(folder))


def embed(folder: Path) -> object:
    """Extract features of all images."""
    from cxrlib.models import features

    return features.extract(load(folder), "mobilenet_v2_0.35", size=SIZE, weights="random")


def _train(images: object) -> object:
    from cxrlib import models

    model = models.first_cnn((SIZE, SIZE, 1))
    models.training.compile_classifier(model, "RMSprop", 1e-4)
    return models.fit(model, images, None, epochs=1, batch_size=32)


def train(folder: Path) -> object:
    """Read all images into memory and train an epoch on them."""
    from cxrlib import data

    return _train(data.read_images(load(folder), SIZE))


def train_from_shards(folder: Path) -> object:
    """Write all images into shards and train an epoch from disk."""
    from cxrlib import data

    with tempfile.TemporaryDirectory() as place:
        return _train(data.shards.read_images(load(folder), SIZE, place))


STEPS: dict[str, Callable[[Path], object]] = {
    step.__name__: step for step in (load, audit, embed, train, train_from_shards)
}


def measure(step: str, folder: Path) -> dict:
    """Do one step in this process."""
    import resource

    if step not in ("load", "audit"):
        import keras  # noqa: F401  the import is not what is measured
    start = time.perf_counter()
    STEPS[step](folder)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return {"seconds": round(seconds, 2), "peak_memory_mb": round(peak)}


def growth(folder: Path, sizes: list[int]) -> list[dict]:
    """Measure every step on sets of these sizes."""
    from cxrlib import phantoms

    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    rows = []
    for n in sizes:
        drawn = folder / f"{n}"
        if not drawn.exists():
            phantoms.write(drawn, "pneumonia", size=SIZE, n=n)
        for step in STEPS:
            line = [sys.executable, __file__, "--step", step, "--folder", drawn / "chest_xray"]
            done = subprocess.run(line, check=True, capture_output=True, text=True, env=quiet)
            row = {"images": n, "step": step} | json.loads(done.stdout.splitlines()[-1])
            print(row, file=sys.stderr, flush=True)
            rows.append(row)
    return rows


def exponents(rows: list[dict]) -> dict[str, float | None]:
    """Fit seconds ~ images ** exponent by least squares on logarithms, the smallest set left out.

    A start-up that is always the same would make small sets seem dear.
    """
    found: dict[str, float | None] = {}
    for step in STEPS:
        points = [(row["images"], row["seconds"]) for row in rows if row["step"] == step][1:]
        x, y = np.log(np.array(points, float).reshape(-1, 2)).T
        found[step] = round(float(np.polyfit(x, y, 1)[0]), 2) if len(points) > 1 else None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 5000, 20_000, 50_000])
    parser.add_argument("--folder", type=Path, help="where the sets are drawn, and kept")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(measure(options.step, options.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        rows = growth(options.folder or Path(temporary), sorted(options.images))
    from cxrlib.experiments.run import environment

    made = environment()
    answer = {
        "benchmark": "growth",
        "size": SIZE,
        "machine": platform.node(),
        "device": made["device"],
        "versions": made["versions"],
        "rows": rows,
        "exponents": exponents(rows),
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
