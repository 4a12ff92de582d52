"""Networks: by hand in NumPy (``scratch``), and in Keras."""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
