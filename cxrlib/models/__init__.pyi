from . import (
    features as features,
    networks as networks,
    preprocessing as preprocessing,
    scratch as scratch,
    training as training,
    transfer as transfer,
)
from .networks import (
    custom_cnn as custom_cnn,
    first_cnn as first_cnn,
    mlp as mlp,
    pooled_cnn as pooled_cnn,
)
from .saving import Saved as Saved, load as load, save as save
from .training import (
    class_weights as class_weights,
    cosine_restarts as cosine_restarts,
    exponential_decay as exponential_decay,
    fit as fit,
    warm_cosine as warm_cosine,
)
