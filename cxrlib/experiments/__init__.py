"""What was run before: recorded studies, and the sweep that held every claim again and again.

Records lie in ``results/``, one JSON file each: ``read("article-1-repaired")`` reads one,
``list_ids()`` lists them. ``cxr reproduce ID`` runs a study on the real data and writes its
record; an interrupted one goes on where it was.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
