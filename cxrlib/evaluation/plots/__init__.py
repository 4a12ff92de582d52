"""One way of drawing for the whole course. Arrays and axes in; nothing is computed here.

Classes differ in colour, and also in hatch, marker and line, so that a figure can be read in grey
and by the colour-blind. Lines are named where they end rather than in a legend.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "answers": ["confusion", "predictions", "probabilities"],
        "charts": ["counts", "histogram", "scatter"],
        "curves": ["band", "lines", "one_against_rest", "precision_recall", "roc"],
        "forests": ["forest"],
        "grids": ["feature_maps", "pictures", "side_by_side", "weight_pictures"],
        "heat": ["overlay"],
        "judgement": ["decision_curve", "reliability", "risk_coverage", "threshold_curve"],
        "learning": ["curves_over_seeds", "learning_curves", "learning_panels"],
        "style": ["GREY", "INK", "LOOKS", "STYLE", "look", "use_style"],
    },
)
