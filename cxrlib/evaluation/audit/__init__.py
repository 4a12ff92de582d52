"""The audit of a data set: what would make a good result worthless, looked for before training."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
