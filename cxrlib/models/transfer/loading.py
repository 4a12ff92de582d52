"""A backbone's weights: from a file, or random from a seed."""

from __future__ import annotations

import keras
import numpy as np

from cxrlib.models.transfer import efficientnet_lite, torch_files
from cxrlib.models.transfer.backbones import Backbone
from cxrlib.models.transfer.weights import Weights, WeightsError


def load(base: keras.Model, entry: Backbone, weights: Weights) -> None:
    """Fill a backbone with weights.

    Raises
    ------
    WeightsError
        If the file is damaged, or of another network.
    """
    if weights.path is None:
        _draw(base, weights.seed)
        return
    try:
        if entry.file.endswith(".pth"):
            efficientnet_lite.fill(base, torch_files.read(weights.path, entry.hash))
        else:
            base.load_weights(str(weights.path))
    except WeightsError:
        raise
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{weights.path}: expected a file of weights, got one that cannot be read ({error}). "
            f"It is incomplete, or no HDF5 file. Remove it, and get it again: {entry.source}."
        ) from None
    except ValueError as error:
        raise WeightsError(
            f"{weights.path}: expected weights of {entry.title} without its top ({entry.name}), "
            f"got those of another network ({error}). The right file is {entry.file}."
        ) from None


def _draw(base: keras.Model, seed: int) -> None:
    """Draw kernels as LeCun et al. (1998), then bring what comes out to a spread of about 1.

    In training, batch normalisation would hold back a ResNet's sums and keep a MobileNet's numbers
    from fading; frozen before it has seen anything, it does neither.
    """
    rng = np.random.default_rng(seed)
    for layer in base.layers:
        for weight in layer.trainable_weights:
            if len(weight.shape) < 2:
                continue  # biases and batch normalisation begin with what changes nothing
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            inputs = np.prod(weight.shape[:2] if depthwise else weight.shape[:-1])
            weight.assign(rng.normal(0, np.sqrt(1 / inputs), weight.shape).astype("float32"))
    noise = rng.uniform(0, 255, (4, *base.input_shape[1:])).astype("float32")
    spread = max(float(np.std(base([noise], training=False))), 1e-9)
    kernels = [layer for layer in base.layers if hasattr(layer, "kernel")]
    chosen = kernels[0 if spread > 1 else -1]  # too much: from the start; faded: at the end
    chosen.kernel.assign(chosen.kernel / spread)
