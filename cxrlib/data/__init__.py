"""Pictures in, tables and batches out.

Everything here speaks the *case table*: one row an image (see :mod:`cxrlib.data.cases`).
"""

from importlib import import_module as _import

import lazy_loader as _lazy

from cxrlib import phantoms as phantoms  # until the chapters say cxrlib.phantoms

_attached, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
_OLD = {"augment": "augmentation", "covers": "occlusion"}  # until the chapters say these


def __getattr__(name: str) -> object:
    return _import(f"{__name__}.{_OLD[name]}") if name in _OLD else _attached(name)
