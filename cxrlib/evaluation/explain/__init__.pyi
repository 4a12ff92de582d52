from .activations import feature_maps as feature_maps
from .gradcam import grad_cam as grad_cam
from .localization import (
    PointingGame as PointingGame,
    energy_inside_mask as energy_inside_mask,
    pointing_game as pointing_game,
)
from .occlusion import occlusion_sensitivity as occlusion_sensitivity
from .sanity_checks import randomize_weights as randomize_weights
