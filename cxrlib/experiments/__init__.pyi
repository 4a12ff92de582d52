from . import methods as methods, registry as registry, sweep as sweep
from .record import (
    Record as Record,
    RecordError as RecordError,
    find_folder as find_folder,
    folder_to_write as folder_to_write,
    history_frame as history_frame,
    list_ids as list_ids,
    read as read,
    write as write,
)
from .run import reproduce as reproduce, summarize_again as summarize_again
from .text import as_table as as_table, as_text as as_text
