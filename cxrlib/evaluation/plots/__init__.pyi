from .bars import counts as counts, forest as forest, histogram as histogram
from .calibration import decision_curve as decision_curve, reliability as reliability
from .classification import (
    confusion as confusion,
    predictions as predictions,
    probabilities as probabilities,
)
from .curves import (
    band as band,
    curves_over_seeds as curves_over_seeds,
    learning_curves as learning_curves,
    learning_panels as learning_panels,
    lines as lines,
    one_against_rest as one_against_rest,
    precision_recall as precision_recall,
    roc as roc,
)
from .images import (
    feature_maps as feature_maps,
    overlay as overlay,
    pictures as pictures,
    side_by_side as side_by_side,
    weight_pictures as weight_pictures,
)
from .style import GREY as GREY, INK as INK, LOOKS as LOOKS, look as look, use_style as use_style
