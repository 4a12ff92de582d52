from .backbones import (
    BACKBONES as BACKBONES,
    Backbone as Backbone,
    get_backbone as get_backbone,
)
from .build import (
    build_head as build_head,
    build_model as build_model,
    set_head_weights as set_head_weights,
)
from .freezing import (
    block_summary as block_summary,
    find_target_layer as find_target_layer,
    freeze as freeze,
    unfreeze as unfreeze,
)
from .learning_rates import (
    compile_layerwise as compile_layerwise,
    learning_rate_summary as learning_rate_summary,
)
from .weights import (
    Weights as Weights,
    WeightsError as WeightsError,
    find_weights as find_weights,
)
