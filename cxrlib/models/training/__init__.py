"""Training: thin conveniences over ``model.fit``."""

# Not lazily: the module `fit`, imported first, would stand in the function's place.
from cxrlib.models.training.fit import class_weights, compile_classifier, fit
from cxrlib.models.training.schedules import (
    cosine_decay_restarts,
    exponential_decay,
    warmup_cosine_decay,
)

__all__ = [
    "class_weights",
    "compile_classifier",
    "cosine_decay_restarts",
    "exponential_decay",
    "fit",
    "warmup_cosine_decay",
]
