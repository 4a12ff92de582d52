from itertools import pairwise

import keras
import numpy as np
import pytest

from cxrlib import models
from tests.float32 import assert_close

ARTICLES = [models.first_cnn, models.custom_cnn]
NETWORKS = [models.mlp, *ARTICLES, models.pooled_cnn, models.separable_cnn]


def small(build, shape, *, dropout, **more):
    if build is models.separable_cnn:
        more |= {"hidden": (4, 3), "map_dropout": dropout}
        dropout = [dropout] * 2
    more |= {"dense": 4} if build in ARTICLES else {}
    return build(shape, (2, 3), dropout=dropout, **more)


def images(*shape):
    return np.random.default_rng(0).uniform(0, 255, (3, *shape))


@pytest.mark.parametrize("build", NETWORKS)
@pytest.mark.parametrize(("shape", "classes"), [((16, 16, 1), 2), ((21, 17, 3), 4)])
def test_raw_pixels_of_any_size_in_probabilities_out(build, shape, classes, tmp_path):
    model = small(build, shape, classes=classes, dropout=0.5)
    scores = model.predict(images(*shape), verbose=0)
    assert scores.shape == (3, 1 if classes == 2 else classes)
    assert ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6 if classes > 2 else 1)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert_close(again.predict(images(*shape), verbose=0), scores)


@pytest.mark.parametrize("build", NETWORKS)
def test_each_layer_has_a_seed_of_its_own_counted_from_the_input(build):
    model = small(build, (16, 16, 1), seed=3, dropout=0.5)
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    for i, kernel in enumerate(kernels, start=1):
        start = keras.initializers.GlorotUniform(seed=3000 + i)
        np.testing.assert_array_equal(kernel, start(kernel.shape))
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    n = {models.mlp: 2, models.separable_cnn: 3}.get(build, 1)
    assert [layer.seed for layer in dropouts] == [4, 5, 6][:n]


BLOCK = ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D"]


@pytest.mark.parametrize(
    ("build", "side", "block", "filters", "dropouts"),
    [
        (models.first_cnn, 180, [BLOCK[0], BLOCK[3]], [16, 32, 64, 128], [0.3]),
        (models.custom_cnn, 160, BLOCK, [32, 64, 96, 128], []),
    ],
)
def test_the_networks_are_those_of_the_articles(build, side, block, filters, dropouts):
    model = build()
    assert model.input_shape == (None, side, side, 1)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[2 : kinds.index("Flatten")] == block * 4
    assert [model.get_layer(f"conv_{i}").filters for i in (1, 2, 3, 4)] == filters
    assert model.get_layer("dense").units == 512
    assert [x.rate for x in model.layers if isinstance(x, keras.layers.Dropout)] == dropouts


def test_the_separable_network_is_that_of_the_example():
    model = models.separable_cnn()
    assert model.input_shape == (None, 180, 180, 1)
    block = ["SeparableConv2D", "SeparableConv2D", "BatchNormalization", "MaxPooling2D"]
    ending = ["Dense", "BatchNormalization", "Dropout"]
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer", "Rescaling", "Conv2D", "Conv2D", "MaxPooling2D",
        *block, *block, *block, "Dropout", *block, "Dropout",
        "Flatten", *ending * 3, "Dense",
    ]  # fmt: skip
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.2, 0.7, 0.5, 0.3]
    activations = [x.activation.__name__ for x in model.layers if hasattr(x, "activation")]
    assert activations == ["relu"] * 13 + ["sigmoid"]
    maps = (16, 32, 64, 128, 256)
    count = sum(9 * a * 16 + 16 for a in (1, 16))
    for before, after in pairwise(maps):
        count += sum(9 * a + a * after + after for a in (before, after)) + 4 * after
    neurons = (5 * 5 * 256, 512, 128, 64)  # 180, 90, 45, 22, 11, 5 pixels a side
    for before, after in pairwise(neurons):
        count += before * after + after + 4 * after
    assert model.count_params() == count + 64 + 1


def test_each_hidden_layer_has_a_dropout():
    with pytest.raises(ValueError, match="`dropout` for each of 2 hidden layers, got 3"):
        models.separable_cnn(hidden=(64, 32))
    without = models.separable_cnn((32, 32, 1), hidden=(8,), dropout=(0,), map_dropout=0)
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in without.layers)


def test_the_pooled_cnn_answers_from_the_means_of_its_last_maps():
    model = models.pooled_cnn((32, 48, 1), (2, 3, 4), seed=1)
    maps = keras.Model(model.inputs, model.get_layer("relu_3").output)
    assert maps.output_shape == (None, 8, 12, 4)
    weights, bias = model.get_layer("predictions").get_weights()
    logit = maps.predict(images(32, 48, 1), verbose=0).mean(axis=(1, 2)) @ weights + bias
    assert_close(model.predict(images(32, 48, 1), verbose=0), 1 / (1 + np.exp(-logit)))


def test_three_poolings_are_enough_for_four_blocks_that_end_in_a_mean():
    assert models.pooled_cnn((8, 8, 1)).get_layer("relu_4").output.shape == (None, 1, 1, 64)
    with pytest.raises(ValueError, match="at least 8 pixels a side for 3 poolings"):
        models.pooled_cnn((7, 8, 1))
    for build in ARTICLES:
        with pytest.raises(ValueError, match="at least 16 pixels a side for 4 poolings"):
            build((15, 40, 1))


@pytest.mark.parametrize("build", NETWORKS)
@pytest.mark.parametrize("shape", [(64, 64), (0, 64, 1), ("64", 64, 1), (32, 32, 4)])
def test_a_wrong_shape_or_number_of_classes_is_named(build, shape):
    words = r"1 \(grey\) or 3 .* got 4" if shape[-1] == 4 else "height, width, channels"
    with pytest.raises(ValueError, match=words):
        build(shape)
    with pytest.raises(ValueError, match="2 classes or more, got 1"):
        build((32, 32, 1), classes=1)
