"""Seconds to a trained head on a frozen backbone: features kept, against end to end.

Both ways train the same head from the same first weights on the same batches. End to end, every
image goes through the whole network in each epoch, read and held in memory once; on features, it
goes through once, and only the head is trained. Ways run in processes of their own and count from
the case table to the trained head and its test scores; starting Python and loading libraries is
left out. Then comes the linear probe on the whole set, from JPEG files to the test AUC. On a
machine that has other things to do, compare the work, which all threads together did.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.measuring import Measured, Numbers, apart
from cxrlib.experiments.speed import Figure, Missing

RATE, BATCH, SIZE = 1e-3, 32, 224
BACKBONES = ("mobilenet_v2_0.35", "efficientnet_lite0")  # the first whose weights are here
END_TO_END = "the same head, end to end"


def table(images: int | None):
    """Load the set and hold validation out by patient."""
    from cxrlib import data

    cases = data.load("pneumonia", quiet=True)
    return data.splits.train_val_split(data.sample(cases, images) if images else cases)


def load_libraries() -> None:
    """Load now what loads on its first use."""
    from cxrlib import data, evaluation, models

    _ = data.load, data.splits, data.pipeline, evaluation.roc_auc, models.fit
    _ = models.transfer.build_model, models.features.extract, models.features.fit_linear_probe


@contextmanager
def counted(numbers: Numbers) -> Iterator[None]:
    """Note seconds, and the seconds that all threads worked."""
    start, worked = time.perf_counter(), time.process_time()
    yield
    numbers["seconds"] = time.perf_counter() - start
    numbers["work"] = time.process_time() - worked


def judged(labels, scores) -> Numbers:
    from cxrlib import evaluation

    return {"test AUC": float(evaluation.roc_auc(labels, scores))}


def end_to_end(backbone: str, images: int, epochs: int) -> Numbers:
    """Train the head on top of the whole network."""
    from cxrlib import data, models

    load_libraries()
    cases, numbers = table(images), {}
    with counted(numbers):
        read = data.read_images(cases, SIZE)
        train, val, test = (read.split(split) for split in ("train", "val", "test"))
        net = models.transfer.freeze(models.transfer.build_model(backbone, (SIZE, SIZE, 1)))
        models.training.compile_classifier(net, "Adam", RATE)
        models.fit(net, train, val, epochs=epochs, batch_size=BATCH)
        scores = net.predict(data.pipeline.dataset(test, batch_size=64), verbose=0)
    return numbers | judged(test.labels, scores)


def on_features(backbone: str, images: int, epochs: int) -> Numbers:
    """Train the head alone, on features; the first pass counts."""
    from cxrlib import models

    load_libraries()
    cases, numbers = table(images), {}
    with counted(numbers):
        found = models.features.extract(cases, backbone, size=SIZE)
        train, val, test = (found.split(s).to_image_set() for s in ("train", "val", "test"))
        head = models.transfer.build_head(train.images.shape[1:])
        models.training.compile_classifier(head, "Adam", RATE)
        models.fit(head, train, val, epochs=epochs, batch_size=BATCH)
        scores = head.predict(test.images, batch_size=64, verbose=0)
    return numbers | judged(test.labels, scores)


def probe(backbone: str, images: int | None) -> Numbers:
    """Fit the linear probe, on the whole set by default, from JPEG files on."""
    from cxrlib.models import features

    load_libraries()
    numbers: Numbers = {}
    with counted(numbers):
        cases = table(images)
        found = features.extract(cases, backbone, size=SIZE)
        fitted = features.fit_linear_probe(found.split("train"))
        test = found.split("test")
        scores = features.predict_scores(fitted, test)
    return numbers | {"images": len(cases)} | judged(test.labels, scores)


def find_backbone() -> str:
    """Name the first backbone whose weights are at hand."""
    from cxrlib.models import transfer

    for name in BACKBONES:
        try:
            transfer.find_weights(name, quiet=True)
        except Exception:  # whatever keeps them away, the next may be here
            continue
        return name
    raise FileNotFoundError(f"expected the weights of {' or '.join(BACKBONES)}, got none.")


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure both ways, then the probe."""
    backbone = find_backbone()
    images, epochs = (60, 2) if quick else (600, 20)
    both: dict[str, Callable] = {"cxrlib": on_features, END_TO_END: end_to_end}
    ways = {way: apart(call, backbone, images, epochs) for way, call in both.items()}
    found = Measured.alternate(ways, 1 if quick else 3, warm_up=0)
    yield from found.missing
    what = f"{backbone}: {epochs} epochs on features of {images} images, first pass included"
    yield from found.figures(what, "s", goals={END_TO_END: 15})
    yield from found.figures(f"{what}: work of all threads", "s", "work")
    yield from found.figures(f"{what}: test AUC", "", "test AUC", more_is_better=True)
    ways = {"cxrlib": apart(probe, backbone, images if quick else None)}
    found = Measured.alternate(ways, 1, warm_up=0)
    yield from found.missing
    for numbers in found.medians.values():
        yield Figure(
            f"linear probe on {numbers['images']:,.0f} images, JPEG files to test AUC "
            f"{numbers['test AUC']:.3f}",
            "s",
            numbers["seconds"],
        )
