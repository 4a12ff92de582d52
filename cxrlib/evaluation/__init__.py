"""Judging a network: numbers, how sure they are, and images of both."""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
