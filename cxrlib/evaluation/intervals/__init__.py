"""How sure is a number? Intervals for shares, and for metrics by resampling patients."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "areas": ["delong", "delong_difference"],
        "bootstrap": ["paired_difference", "patient_bootstrap"],
        "runs": ["runs_bootstrap"],
        "shares": ["Interval", "wilson", "wilson_over_runs"],
    },
)
