"""Judging a network: numbers, how sure they are, and images of both."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
