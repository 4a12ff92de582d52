from . import (
    export as export,
    features as features,
    metadata as metadata,
    networks as networks,
    outliers as outliers,
    preprocessing as preprocessing,
    scratch as scratch,
    training as training,
    transfer as transfer,
)
from .metadata import Metadata as Metadata, Rate as Rate, Refusal as Refusal
from .networks import (
    custom_cnn as custom_cnn,
    first_cnn as first_cnn,
    mlp as mlp,
    pooled_cnn as pooled_cnn,
    separable_cnn as separable_cnn,
)
from .outliers import OutlierDetector as OutlierDetector
from .saving import (
    Classifier as Classifier,
    load as load,
    read_metadata as read_metadata,
    save as save,
)
from .training import (
    class_weights as class_weights,
    compile_classifier as compile_classifier,
    cosine_decay_restarts as cosine_decay_restarts,
    exponential_decay as exponential_decay,
    fit as fit,
    warmup_cosine_decay as warmup_cosine_decay,
)
