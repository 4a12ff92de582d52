from . import (
    augmentation as augmentation,
    occlusion as occlusion,
    pipeline as pipeline,
    registry as registry,
    shards as shards,
    splits as splits,
)
from .cases import (
    DataError as DataError,
    classes as classes,
    problems as problems,
    sample as sample,
)
from .copies import provenance as provenance
from .datasets import fetch as fetch, load as load, verify as verify
from .images import (
    ImageSet as ImageSet,
    read_image as read_image,
    read_images as read_images,
    read_masks as read_masks,
)
from .occlusion import add_marker as add_marker
from .subsets import balanced_subset as balanced_subset
from .tables import load_table as load_table
