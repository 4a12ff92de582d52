"""Transfer: networks that have learned to see on ImageNet, with a head of our own."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "backbones": ["BACKBONES", "Backbone", "backbone"],
        "build": ["head", "network", "with_head"],
        "freezing": ["freeze", "parts", "target_layer", "unfreeze"],
        "rates": ["compiled", "learning_rates"],
        "weights": ["Weights", "WeightsError", "find_weights", "show_weights"],
    },
)
