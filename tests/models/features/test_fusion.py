import keras
import numpy as np
import pytest
from keras import layers

from cxrlib.models import transfer
from cxrlib.models.features.fusion import fuse_batch_norm
from tests.float32 import assert_close

RNG = np.random.default_rng(0)


def as_if_trained(model):
    """Give every weight a value of its own; variances and factors stay above 0."""
    for layer in model.layers:
        layer.set_weights([RNG.uniform(0.3, 1.3, w.shape) for w in layer.get_weights()])
    return model


def norms(model):
    return [layer.name for layer in model.layers if isinstance(layer, layers.BatchNormalization)]


def check_same(model):
    images = RNG.uniform(0, 255, (3, *model.input_shape[1:])).astype("float32")
    copy = fuse_batch_norm(model)
    assert_close(copy.predict_on_batch(images), model.predict_on_batch(images), rel=1e-4)
    return copy


def chain(*middle):
    inputs = x = keras.Input((8, 8, 2))
    for layer in middle:
        x = layer(x)
    return as_if_trained(keras.Model(inputs, x))


@pytest.mark.parametrize("deep", [layers.DepthwiseConv2D, layers.Conv2D])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
@pytest.mark.parametrize("bias", [True, False])
def test_the_answers_stay_and_the_normalisation_goes(deep, options, bias):
    first = deep(3, use_bias=bias) if deep is layers.DepthwiseConv2D else deep(4, 3, use_bias=bias)
    model = chain(first, layers.BatchNormalization(**options), layers.ReLU())
    assert norms(check_same(model)) == []


def test_what_does_not_follow_a_convolution_alone_stays():
    relu = chain(layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization())
    assert len(norms(check_same(relu))) == 1
    inputs = keras.Input((8, 8, 1))
    maps = layers.Conv2D(4, 3)(inputs)
    used_twice = layers.Add()([maps, layers.BatchNormalization()(maps)])
    assert len(norms(check_same(as_if_trained(keras.Model(inputs, used_twice))))) == 1


@pytest.mark.parametrize("name", ["mobilenet_v2_0.35", "mobilenet_v3_small", "efficientnet_lite0"])
def test_real_backbones_keep_no_normalisation_behind(name):
    net = transfer.build_model(name, (32, 32, 1), head=None, weights="random", standardize=True)
    assert norms(check_same(net)) == []
