"""Transfer: networks that have learned to see on ImageNet, with a head of our own."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
