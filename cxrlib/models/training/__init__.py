"""Training: thin conveniences over ``model.fit``."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "fitting": ["compiled", "fit"],
        "schedules": ["class_weights", "cosine_restarts", "exponential_decay", "warm_cosine"],
    },
)
