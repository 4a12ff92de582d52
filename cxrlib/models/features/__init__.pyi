from .extraction import Features as Features, compute as compute
from .linear_probe import as_head as as_head, probe as probe, scores as scores
