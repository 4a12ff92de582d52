from . import (
    audit as audit,
    calibration as calibration,
    clinical_utility as clinical_utility,
    curves as curves,
    explain as explain,
    histories as histories,
    intervals as intervals,
    metrics as metrics,
    multiclass as multiclass,
    plots as plots,
    thresholds as thresholds,
)
from .calibration import (
    CalibrationError as CalibrationError,
    Temperature as Temperature,
    brier as brier,
    ece as ece,
    prior_correction as prior_correction,
    reliability as reliability,
    temperature as temperature,
)
from .clinical_utility import (
    PredictiveValues as PredictiveValues,
    net_benefit as net_benefit,
    predictive_values as predictive_values,
)
from .curves import pr_curve as pr_curve, roc_curve as roc_curve, threshold_table as threshold_table
from .explain import (
    PointingGame as PointingGame,
    energy_inside_mask as energy_inside_mask,
    feature_maps as feature_maps,
    grad_cam as grad_cam,
    occlusion_sensitivity as occlusion_sensitivity,
    pointing_game as pointing_game,
    randomize_weights as randomize_weights,
)
from .histories import over_seeds as over_seeds
from .intervals import (
    Interval as Interval,
    paired_difference as paired_difference,
    patient_bootstrap as patient_bootstrap,
    runs_bootstrap as runs_bootstrap,
    wilson as wilson,
    wilson_over_runs as wilson_over_runs,
)
from .metrics import (
    accuracy as accuracy,
    balanced_accuracy as balanced_accuracy,
    confusion as confusion,
    f1 as f1,
    most_wrong as most_wrong,
    pr_auc as pr_auc,
    precision as precision,
    report as report,
    roc_auc as roc_auc,
    sensitivity as sensitivity,
    specificity as specificity,
    weighted_f1 as weighted_f1,
)
from .multiclass import (
    accuracy_many as accuracy_many,
    confusion_many as confusion_many,
    macro_auc as macro_auc,
    macro_f1 as macro_f1,
    macro_sensitivity as macro_sensitivity,
    one_against_rest as one_against_rest,
    per_class as per_class,
    top_confusions as top_confusions,
    top_label as top_label,
)
from .subgroups import subgroups as subgroups
from .thresholds import (
    Threshold as Threshold,
    for_cost as for_cost,
    for_sensitivity as for_sensitivity,
    for_specificity as for_specificity,
    youden as youden,
)
