"""Training: thin conveniences over ``model.fit``."""

# Not lazily: the module `fit`, imported first, would stand in the function's place.
from cxrlib.models.training.fit import class_weights, compiled, fit
from cxrlib.models.training.schedules import cosine_restarts, exponential_decay, warm_cosine

__all__ = [
    "class_weights",
    "compiled",
    "cosine_restarts",
    "exponential_decay",
    "fit",
    "warm_cosine",
]
