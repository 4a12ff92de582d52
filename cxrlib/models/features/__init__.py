"""Features: what a frozen backbone makes of each image, computed once."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
