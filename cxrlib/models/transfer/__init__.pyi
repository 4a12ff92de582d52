from .backbones import BACKBONES as BACKBONES, Backbone as Backbone, backbone as backbone
from .build import head as head, network as network, with_head as with_head
from .freezing import (
    freeze as freeze,
    parts as parts,
    target_layer as target_layer,
    unfreeze as unfreeze,
)
from .rates import compiled as compiled, learning_rates as learning_rates
from .weights import (
    Weights as Weights,
    WeightsError as WeightsError,
    find_weights as find_weights,
    show_weights as show_weights,
)
