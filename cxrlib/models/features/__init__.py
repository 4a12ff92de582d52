"""Features: what a frozen backbone makes of each image, computed once."""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
