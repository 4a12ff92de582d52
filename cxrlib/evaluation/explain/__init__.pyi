from .activations import feature_maps as feature_maps
from .gradcam import grad_cam as grad_cam
from .localization import (
    PointingGame as PointingGame,
    pointing_game as pointing_game,
    share_inside as share_inside,
)
from .occlusion import occlusion as occlusion
from .sanity_checks import randomised as randomised
