"""Judging a network: numbers, how sure they are, and pictures of both."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "audit",
        "calibration",
        "curves",
        "decisions",
        "explain",
        "groups",
        "intervals",
        "metrics",
        "plots",
        "recalibration",
        "sweeps",
        "thresholds",
    ],
    submod_attrs={
        "calibration": ["CalibrationError", "brier", "brier_parts", "ece", "reliability"],
        "curves": ["over_seeds"],
        "decisions": [
            "PredictiveValues",
            "net_benefit",
            "predictive_intervals",
            "predictive_values",
            "risk_coverage",
        ],
        "explain": ["feature_maps"],
        "groups": ["subgroups"],
        "intervals": [
            "Interval",
            "delong",
            "delong_difference",
            "paired_difference",
            "patient_bootstrap",
            "wilson",
        ],
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
        "recalibration": ["Temperature", "prior_correction", "temperature"],
        "sweeps": ["pr_curve", "roc_curve", "threshold_table"],
        "thresholds": [
            "Threshold",
            "for_cost",
            "for_sensitivity",
            "for_specificity",
            "youden",
        ],
    },
)
