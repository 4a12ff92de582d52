from .bootstrap import (
    paired_difference as paired_difference,
    patient_bootstrap as patient_bootstrap,
)
from .limits import (
    Interval as Interval,
    wilson_interval as wilson_interval,
    wilson_interval_over_runs as wilson_interval_over_runs,
)
from .runs import (
    Runs as Runs,
    runs_bootstrap as runs_bootstrap,
    runs_difference as runs_difference,
)
