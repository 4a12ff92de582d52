from . import (
    article_4 as article_4,
    card as card,
    ledger as ledger,
    methods as methods,
    plots as plots,
    registry as registry,
    sweep as sweep,
)
from .comparison import Comparison as Comparison, compare as compare, difference as difference
from .record import (
    Record as Record,
    RecordError as RecordError,
    list_ids as list_ids,
    output_folder as output_folder,
    read as read,
    results_folder as results_folder,
)
from .run import (
    measure_again as measure_again,
    reproduce as reproduce,
    summarize_again as summarize_again,
)
from .scores import scored_cases as scored_cases
from .specification import Paper as Paper, Study as Study, read_paper as read_paper
