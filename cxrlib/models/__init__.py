"""Networks: by hand in NumPy (``scratch``), and in Keras."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["networks", "scratch"],
    submod_attrs={"networks": ["mlp"]},
)
