"""Networks: by hand in NumPy (``scratch``), and in Keras."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
