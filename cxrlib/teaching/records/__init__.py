"""Records: what a run on real X-rays gave, one JSON file each, shipped with the package.

They lie in ``cxrlib/experiments/results/``. ``records.read("article-1-repaired")`` reads one,
``records.known()`` lists them. Who makes one describes data and machine, fills the fields of
:class:`Record`, and writes it::

    record = records.make(
        id="study-example",
        data=records.describe_data(cases),
        **records.environment(),
        ...
    )
    records.write(record)
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "contents": [
            "describe_data",
            "environment",
            "history_frame",
            "picture_names",
            "score_columns",
            "summarise",
        ],
        "files": ["find_folder", "folder_to_write", "known", "read", "write"],
        "record": ["Record", "make"],
        "refusals": ["RecordError"],
        "text": ["as_table", "as_text"],
    },
)
