"""What was run before: recorded studies, and the sweep that held every claim again and again.

Records lie in ``results/``, one JSON file each: ``read("article-1-repaired")`` reads one,
``list_ids()`` lists them. ``cxr reproduce ID`` runs a study on the real data and writes its
record; an interrupted one goes on where it was.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["methods", "registry", "sweep"],
    submod_attrs={
        "record": [
            "Record",
            "RecordError",
            "find_folder",
            "folder_to_write",
            "history_frame",
            "list_ids",
            "read",
            "write",
        ],
        "run": ["reproduce", "summarize_again"],
        "text": ["as_table", "as_text"],
    },
)
