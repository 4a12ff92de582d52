"""How often a kept network's detector refuses pictures, kind by kind.

None of these pictures chose a limit but validation's own, and none is of the test folder: to ask
how many of its films are refused would be a look at it. A kind that is not on this machine is left
out. Nobody had lateral views.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from cxrlib import data, phantoms
from cxrlib.evaluation import metrics
from cxrlib.evaluation.intervals import patient_bootstrap, wilson_interval
from cxrlib.models import OutlierDetector, Rate, Refusal

if TYPE_CHECKING:
    import keras

USUAL = "validation"
N = 300  # of what is made or drawn by lot
COLLECTIONS = ("adults", "covid-collection")
DRAWN = ("normal", "bacterial", "viral", "covid")
TURNS = {
    "inverted": lambda x: 255 - x,
    "turned by 90°": lambda x: np.rot90(x, axes=(1, 2)),
    "flipped top to bottom": lambda x: x[:, ::-1],
    "turned by 180°": lambda x: x[:, ::-1, ::-1],
    "mirrored": lambda x: x[:, :, ::-1],
}


class Pictures(NamedTuple):
    """Pictures of one kind.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, S, S, 1)
    groups : array, shape (N,)
        Those with one value are of one patient or one photograph.
    """

    images: np.ndarray
    groups: np.ndarray


def measure(
    model: keras.Model,
    detector: OutlierDetector,
    val: data.ImageSet,
    resize: str,
    *,
    seed: int = 0,
) -> dict[str, Refusal]:
    """Ask a detector about every kind at hand; the first is validation's films as they are.

    Parameters
    ----------
    model : keras.Model
        The detector's own.
    detector : OutlierDetector
    val : ImageSet
        The films on which its limits were chosen, with patients.
    resize : {"pad", "stretch"}
        How ``val`` was read.
    seed : int
        Of what is drawn by lot.
    """
    usual: list[np.ndarray] = []
    found = {}
    for name, (images, groups) in pictures(val, resize, seed=seed).items():
        scores = detector.distance(model, images), detector.turn_score(images)
        usual = usual or list(scores)
        labels = np.repeat([0, 1], [len(usual[0]), len(images)])
        aucs = [metrics.roc_auc(labels, np.r_[pair]) for pair in zip(usual, scores, strict=True)]
        refused = (scores[0] > detector.threshold) | (scores[1] > detector.turn_threshold)
        found[name] = Refusal(rate(refused, groups), len(np.unique(groups)), *aucs)
    return found


def rate(refused: np.ndarray, groups: np.ndarray) -> Rate:
    """Return the refused share: patients are drawn again, or Wilson's where each has one picture.

    Parameters
    ----------
    refused : array of bool, shape (N,)
    groups : array, shape (N,)
        As in :class:`Pictures`.
    """
    k, n = int(refused.sum()), len(refused)
    if len(np.unique(groups)) == n:
        return Rate(*wilson_interval(k, n), k, n)
    hits = refused.astype(float)
    return Rate(*patient_bootstrap(np.ones(n), hits, groups, metrics.sensitivity), k, n)


def pictures(val: data.ImageSet, resize: str, *, seed: int = 0) -> dict[str, Pictures]:
    """Return every kind of picture at hand, validation's films first; parameters as above."""
    rng = np.random.default_rng(seed)
    x, who = val.images, val.cases["patient_id"].to_numpy()
    side = x.shape[1]
    found = {USUAL: Pictures(x, who)}
    found |= {name: Pictures(turn(x), who) for name, turn in TURNS.items()}
    for name in COLLECTIONS:
        cases = data.load(name, quiet=True)
        if cases.attrs["source"] != "phantoms":
            films = data.read_images(cases, side, resize)
            found[name] = Pictures(films.images, films.cases["patient_id"].to_numpy())
    drawn = [phantoms.draw(DRAWN[i % 4], size=128, seed=seed + i).image for i in range(N)]
    found["drawn by this course"] = _each(drawn, side)
    found["photographs"] = _photographs(side, rng)
    found["handwritten digits"] = _each(_digits(rng), side)
    if slices := _slices():
        found["CT and MR slices"] = _each(slices, side)
    found["noise"] = _each(list(rng.integers(0, 256, (N, side, side), dtype=np.uint8)), side)
    return found


def _small(image: Image.Image, side: int) -> np.ndarray:
    return np.asarray(image.convert("L").resize((side, side), Image.Resampling.BILINEAR))


def _each(images: list[np.ndarray], side: int) -> Pictures:
    """Bring greys of any size to one; each picture stands for itself."""
    small = [_small(Image.fromarray(image), side) for image in images]
    return Pictures(np.stack(small)[..., None], np.arange(len(small)))


def _photographs(side: int, rng: np.random.Generator) -> Pictures:
    """Cut squares out of the three photographs that scikit-learn and matplotlib bring."""
    import matplotlib as mpl
    from sklearn.datasets import load_sample_images

    whole = [*map(Image.fromarray, load_sample_images().images)]
    whole.append(Image.open(Path(mpl.get_data_path(), "sample_data", "grace_hopper.jpg")))
    whole = [photograph.convert("L") for photograph in whole]
    cut = []
    which = np.arange(N) % len(whole)
    for photograph in (whole[i] for i in which):
        edge = int(rng.integers(100, min(photograph.size)))
        left, top = (int(rng.integers(0, length - edge + 1)) for length in photograph.size)
        cut.append(_small(photograph.crop((left, top, left + edge, top + edge)), side))
    return Pictures(np.stack(cut)[..., None], which)


def _digits(rng: np.random.Generator) -> list[np.ndarray]:
    from sklearn.datasets import load_digits

    images = load_digits().images
    return list((images[rng.permutation(len(images))[:N]] * 255 / 16).astype(np.uint8))


def _slices() -> list[np.ndarray]:
    """Return the samples that pydicom brings: one of CT, two of MR."""
    if find_spec("pydicom") is None:
        return []
    from pydicom import examples

    scans = examples.ct, examples.mr, examples.overlay
    return [data.read_image(scan.filename).astype(np.uint8) for scan in scans]
