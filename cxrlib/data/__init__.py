"""Pictures in, tables and batches out.

Everything here speaks the *case table*: one row an image (see :mod:`cxrlib.data.cases`).
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["augment", "covers", "phantoms", "pipeline", "registry", "splits"],
    submod_attrs={
        "cases": ["DataError", "classes", "combine", "problems", "sample"],
        "choosing": ["article_4", "choose", "make_up"],
        "datasets": ["fetch", "load", "verify"],
        "images": ["Pictures", "read_image", "read_pictures"],
        "masks": ["read_masks"],
        "planting": ["planted"],
    },
)
