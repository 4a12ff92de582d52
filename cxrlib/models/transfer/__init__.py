"""Transfer: networks that have learned to see on ImageNet, with a head of our own."""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
