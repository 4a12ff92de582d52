"""Judging a network: numbers, how sure they are, and pictures of both."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["intervals", "metrics", "plots"],
    submod_attrs={
        "intervals": ["Interval", "patient_bootstrap", "wilson"],
        "metrics": ["accuracy", "confusion", "roc_auc", "sensitivity", "specificity"],
    },
)
