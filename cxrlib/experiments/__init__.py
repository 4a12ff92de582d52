"""What was run before: recorded studies, and the sweep that held every claim again and again.

Records lie in ``results/``, one JSON file each: ``read("article-1-repaired")`` reads one,
``known()`` lists them. ``cxr reproduce ID`` runs a study on the real data and writes its record;
an interrupted one goes on where it was.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["methods", "registry", "sweep"],
    submod_attrs={
        "files": ["find_folder", "folder_to_write", "known", "read", "write"],
        "metadata": [
            "describe_data",
            "environment",
            "history_frame",
            "picture_names",
            "score_columns",
            "summarise",
        ],
        "record": ["Record", "make"],
        "refusals": ["RecordError"],
        "registry": ["STUDIES", "get"],
        "run": ["reproduce", "summarise_again"],
        "study": ["Study"],
        "text": ["as_table", "as_text"],
    },
)
