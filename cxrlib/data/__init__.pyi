from . import (
    augmentation as augmentation,
    occlusion as occlusion,
    pipeline as pipeline,
    registry as registry,
    splits as splits,
)
from .cases import (
    DataError as DataError,
    classes as classes,
    problems as problems,
    sample as sample,
)
from .datasets import fetch as fetch, load as load, verify as verify
from .images import (
    Pictures as Pictures,
    read_image as read_image,
    read_masks as read_masks,
    read_pictures as read_pictures,
)
from .occlusion import planted as planted
from .subsets import article_4 as article_4, make_up as make_up
