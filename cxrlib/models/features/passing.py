"""What needs Keras: pictures through the network, and their augmented copies."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from cxrlib.data.augment import apply, draw
from cxrlib.data.recipes import Recipe
from cxrlib.models.features.fusion import folded
from cxrlib.models.transfer.backbones import Backbone
from cxrlib.models.transfer.build import network
from cxrlib.models.transfer.weights import Weights

BATCH = 32
DRAWN = 4096  # settings of a copy, of which a picture's content picks one


class Network:
    """A frozen backbone without a head."""

    def __init__(
        self, entry: Backbone, size: int, weights: Weights, pooled: bool, **options: float
    ) -> None:
        model = network(entry, (size, size, 1), head=None, weights=weights, **options)
        if pooled:
            maps = keras.layers.GlobalAveragePooling2D(name="pool")(model.output)
            model = keras.Model(model.input, maps)
        self.model = folded(model)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the features of some pictures, float32 (n, H, W, 1) in [0, 255]."""
        n = len(images)
        # Full batches only: Keras would build a graph for each other size.
        filled = np.concatenate([images, np.zeros((-n % BATCH, *images.shape[1:]), "float32")])
        batches = [filled[i : i + BATCH] for i in range(0, n, BATCH)]
        return np.concatenate([self.model.predict_on_batch(batch) for batch in batches])[:n]


def changed(
    images: np.ndarray, keys: Sequence[bytes], recipe: Recipe, seed: int, copy: int
) -> np.ndarray:
    """Return one augmented copy of each picture; which one depends on its content alone."""
    settings = draw(recipe, DRAWN, np.random.default_rng([seed, copy]))
    rows = [int.from_bytes(key[:8], "big") % DRAWN for key in keys]
    return apply(images, settings[rows], recipe).numpy()
