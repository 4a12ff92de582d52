"""What it costs to load, audit, embed and train on more and more phantoms: seconds and memory.

Each step runs in a process of its own, whose peak memory is that step's. Images of 64 pixels stand
for any others: what grows is their number. *load* makes the case table, *audit* is ``cxr audit``'s
work, *embed* extracts features with MobileNetV2 of width 0.35 (random weights cost what trained
ones do), *train* is one epoch of chapter 05's network from memory, *train from shards* one from
disk. Where time is proportional to the number of images, ten times as many take ten times as long.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.measuring import Measured, Numbers, apart
from cxrlib.experiments.speed import Figure, Missing

SIZE = 64  # pixels
IMAGES = (1000, 5000, 20_000, 50_000)
GOAL = 0.9  # as good as linear: at most a ninth more time
PATIENT = r"person\d+|IM-\d+|NORMAL2-IM-\d+"


def load(folder: str) -> object:
    """Make the case table."""
    from cxrlib import data

    return data.load(folder, patient=PATIENT, quiet=True)


def audit(folder: str) -> object:
    """Make all checks of an audit."""
    from cxrlib.evaluation import audit

    return audit.audit(load(folder))


def embed(folder: str) -> object:
    """Extract features of all images."""
    from cxrlib.models import features

    return features.extract(load(folder), "mobilenet_v2_0.35", size=SIZE, weights="random")


def _train(images: object) -> object:
    from cxrlib import models

    model = models.first_cnn((SIZE, SIZE, 1))
    models.training.compile_classifier(model, "RMSprop", 1e-4)
    return models.fit(model, images, None, epochs=1, batch_size=32)


def train(folder: str) -> object:
    """Read all images into memory and train an epoch on them."""
    from cxrlib import data

    return _train(data.read_images(load(folder), SIZE))


def train_from_shards(folder: str) -> object:
    """Write all images into shards and train an epoch from disk."""
    from cxrlib import data

    with tempfile.TemporaryDirectory() as place:
        return _train(data.shards.read_images(load(folder), SIZE, place))


STEPS: dict[str, Callable[[str], object]] = {
    step.__name__.replace("_", " "): step for step in (load, audit, embed, train, train_from_shards)
}


def measure(step: str, folder: str) -> Numbers:
    """Do one step in this process."""
    if step not in ("load", "audit"):
        import keras  # noqa: F401  the import is not what is measured
    start = time.perf_counter()
    STEPS[step](folder)
    return {"seconds": time.perf_counter() - start}


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure every step on sets of each size, and how it grows."""
    from cxrlib import phantoms

    seconds: dict[str, list[tuple[float, float]]] = {step: [] for step in STEPS}
    for n in (40, 80, 160) if quick else IMAGES:
        with tempfile.TemporaryDirectory() as folder:
            root = phantoms.write(Path(folder) / "drawn", "pneumonia", size=SIZE, n=n)
            for step in STEPS:
                way = apart(measure, step, str(root / "chest_xray"))
                found = Measured.alternate({"cxrlib": way}, 1, warm_up=0)
                yield from found.missing
                for numbers in found.medians.values():
                    seconds[step].append((n, numbers["seconds"]))
                    yield Figure(step, "s", numbers["seconds"], images=n)
                    yield Figure(step, "MB", numbers["peak_memory_mb"], images=n)
    for step, points in seconds.items():
        yield from linear(step, points)


def linear(step: str, points: Sequence[tuple[float, float]]) -> Iterator[Figure]:
    """Hold the time for the most images against that for a tenth of them.

    Before these come fewer, where a start-up that is always the same would count for more.

    Parameters
    ----------
    points : sequence of (images, seconds)
        In the order of the images.
    """
    if len(points) > 2:
        (few, start), *_, (many, end) = points[-3:]
        yield Figure(
            f"{step}: {many:,} images instead of {few:,}",
            "× the time",
            end / start,
            many / few,
            "linear",
            GOAL,
        )
