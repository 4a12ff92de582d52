from .extraction import Features as Features, extract as extract
from .linear_probe import (
    fit_linear_probe as fit_linear_probe,
    predict_scores as predict_scores,
    probe_to_head as probe_to_head,
)
