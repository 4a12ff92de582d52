from . import (
    audit as audit,
    calibration as calibration,
    checks as checks,
    clinical_utility as clinical_utility,
    curves as curves,
    explain as explain,
    intervals as intervals,
    metrics as metrics,
    multiclass as multiclass,
    plots as plots,
    prediction as prediction,
    temperature as temperature,
    thresholds as thresholds,
)
from .calibration import (
    CalibrationError as CalibrationError,
    brier_score as brier_score,
    calibration_curve as calibration_curve,
    calibration_intercept as calibration_intercept,
    calibration_slope as calibration_slope,
    expected_calibration_error as expected_calibration_error,
    prior_shift_correction as prior_shift_correction,
)
from .clinical_utility import (
    PredictiveValues as PredictiveValues,
    net_benefit as net_benefit,
    predictive_values as predictive_values,
)
from .curves import (
    average_histories as average_histories,
    precision_recall_curve as precision_recall_curve,
    roc_curve as roc_curve,
    threshold_table as threshold_table,
)
from .explain import (
    PointingGame as PointingGame,
    energy_inside_mask as energy_inside_mask,
    feature_maps as feature_maps,
    grad_cam as grad_cam,
    occlusion_sensitivity as occlusion_sensitivity,
    pointing_game as pointing_game,
    randomize_weights as randomize_weights,
)
from .intervals import (
    Interval as Interval,
    Runs as Runs,
    paired_difference as paired_difference,
    patient_bootstrap as patient_bootstrap,
    runs_bootstrap as runs_bootstrap,
    runs_difference as runs_difference,
    wilson_interval as wilson_interval,
    wilson_interval_over_runs as wilson_interval_over_runs,
)
from .metrics import (
    accuracy as accuracy,
    average_precision as average_precision,
    balanced_accuracy as balanced_accuracy,
    binary_report as binary_report,
    confusion_matrix as confusion_matrix,
    f1_score as f1_score,
    precision as precision,
    roc_auc as roc_auc,
    sensitivity as sensitivity,
    specificity as specificity,
    top_losses as top_losses,
    weighted_f1 as weighted_f1,
)
from .multiclass import (
    classification_report as classification_report,
    macro_auc as macro_auc,
    macro_f1 as macro_f1,
    macro_sensitivity as macro_sensitivity,
    most_confused as most_confused,
    one_vs_rest as one_vs_rest,
    top_label_confidence as top_label_confidence,
)
from .subgroups import subgroups as subgroups
from .temperature import Temperature as Temperature, fit_temperature as fit_temperature
from .thresholds import (
    Threshold as Threshold,
    min_cost_threshold as min_cost_threshold,
    threshold_at_sensitivity as threshold_at_sensitivity,
    threshold_at_specificity as threshold_at_specificity,
    youden_threshold as youden_threshold,
)
