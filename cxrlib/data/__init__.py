"""Images in, tables and batches out.

Everything here speaks the *case table*: one row an image (see :mod:`cxrlib.data.cases`).
"""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
