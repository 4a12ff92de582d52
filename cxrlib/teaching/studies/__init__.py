"""Studies: runs at full size on the real data, each giving one record.

``cxr reproduce ID`` runs one. An interrupted one goes on where it was.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "catalogue": ["STUDIES", "get"],
        "running": ["reproduce", "summarise_again"],
        "study": ["Study"],
    },
)
