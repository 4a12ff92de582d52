"""Networks: by hand in NumPy (``scratch``), and in Keras."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["features", "networks", "preprocessing", "scratch", "training", "transfer"],
    submod_attrs={
        "networks": ["custom_cnn", "first_cnn", "mlp", "pooled_cnn"],
        "saving": ["Saved", "load", "save"],
        "training": ["class_weights", "cosine_restarts", "exponential_decay", "fit", "warm_cosine"],
    },
)
