"""Judging a network: numbers, how sure they are, and pictures of both."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["curves", "explain", "intervals", "metrics", "plots"],
    submod_attrs={
        "curves": ["over_seeds"],
        "explain": ["feature_maps"],
        "intervals": ["Interval", "patient_bootstrap", "wilson"],
        "metrics": [
            "accuracy",
            "balanced_accuracy",
            "confusion",
            "f1",
            "most_wrong",
            "pr_auc",
            "precision",
            "report",
            "roc_auc",
            "sensitivity",
            "specificity",
        ],
    },
)
