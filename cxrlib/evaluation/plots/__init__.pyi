from . import screens as screens
from .bars import (
    plot_counts as plot_counts,
    plot_forest as plot_forest,
    plot_histogram as plot_histogram,
)
from .calibration import (
    plot_calibration_curve as plot_calibration_curve,
    plot_decision_curve as plot_decision_curve,
)
from .classification import (
    confusion_matrix_grid as confusion_matrix_grid,
    prediction_grid as prediction_grid,
    probability_grid as probability_grid,
)
from .curves import (
    learning_curve_grid as learning_curve_grid,
    plot_band as plot_band,
    plot_curves_over_seeds as plot_curves_over_seeds,
    plot_learning_curves as plot_learning_curves,
    plot_lines as plot_lines,
    plot_one_vs_rest as plot_one_vs_rest,
    plot_precision_recall_curves as plot_precision_recall_curves,
    plot_roc_curves as plot_roc_curves,
)
from .diagrams import (
    draw_architecture as draw_architecture,
    draw_backpropagation as draw_backpropagation,
    draw_batch_norm as draw_batch_norm,
    draw_convolution as draw_convolution,
    draw_fine_tuning as draw_fine_tuning,
    draw_neuron as draw_neuron,
    draw_receptive_field as draw_receptive_field,
    draw_residual_blocks as draw_residual_blocks,
)
from .images import (
    feature_map_grid as feature_map_grid,
    image_grid as image_grid,
    image_row as image_row,
    overlay_grid as overlay_grid,
    weight_grid as weight_grid,
)
from .style import GREY as GREY, INK as INK, class_style as class_style, use_style as use_style
