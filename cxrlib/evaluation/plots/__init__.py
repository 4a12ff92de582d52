"""One way of drawing for the whole course. Arrays and axes in; nothing is computed here.

Classes differ in colour, and also in hatch, marker and line, so that a figure can be read in grey
and by the colour-blind. Lines are named where they end rather than in a legend.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "bars": ["counts", "forest", "histogram"],
        "calibration": ["decision_curve", "reliability"],
        "classification": ["confusion", "predictions", "probabilities"],
        "curves": [
            "band",
            "curves_over_seeds",
            "learning_curves",
            "learning_panels",
            "lines",
            "one_against_rest",
            "precision_recall",
            "roc",
        ],
        "images": ["feature_maps", "overlay", "pictures", "side_by_side", "weight_pictures"],
        "style": ["GREY", "INK", "LOOKS", "look", "use_style"],
    },
)
