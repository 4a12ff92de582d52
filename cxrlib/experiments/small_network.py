"""The small network that comes with the package, for a page and for ``cxr predict``."""

from __future__ import annotations

from cxrlib.experiments.settings import DEFAULTS
from cxrlib.experiments.specification import Study

SMALL_NETWORK = Study(
    "study-small-network",
    "A network of 28,000 weights, small enough for a page, that is kept with its record",
    None,
    "shipped",
    DEFAULTS["shipped"]
    | {
        "size": 96,
        "preprocess": "samplewise",
        "optimizer": "Adam",
        "learning_rate": 2e-3,
        "decay_rate": 0.7,
        "batch_size": 32,
        "epochs": 8,
        "augment": "plausible",
        "class_weight": "balanced",
        "patience": 3,
    },
    (
        "The epoch and the threshold are validation's: the lowest loss, and the highest threshold "
        "that finds 95 % of the sick validation children.",
        "A distance from the training pictures and a turn score tell pictures of another kind; "
        "their thresholds refuse at most 1 % of validation.",
    ),
)
STUDIES = {SMALL_NETWORK.id: SMALL_NETWORK}
