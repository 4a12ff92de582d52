"""Images in, tables and batches out.

Everything here speaks the *case table*: one row an image (see :mod:`cxrlib.data.cases`).
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
