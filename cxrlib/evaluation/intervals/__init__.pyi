from .bca import Interval as Interval
from .bootstrap import (
    paired_difference as paired_difference,
    patient_bootstrap as patient_bootstrap,
    runs_bootstrap as runs_bootstrap,
)
from .proportions import wilson as wilson, wilson_over_runs as wilson_over_runs
