import keras
import numpy as np
import pytest
from keras import layers

from cxrlib import evaluation
from cxrlib.models import scratch


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    image = keras.Input((10, 12, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(image)
    x = layers.Conv2D(3, 3, activation="relu", bias_initializer="ones", name="edges")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.MaxPooling2D(2, name="shrink")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, layers.Dense(1, "sigmoid", name="answer")(x))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (10, 12)).astype("uint8")


def test_maps_are_those_of_a_convolution_by_hand(model, image):
    maps = evaluation.feature_maps(model, image)
    assert list(maps) == ["edges", "shrink"]
    kernel, bias = model.get_layer("edges").get_weights()
    by_hand = scratch.relu(scratch.conv2d(image[None, :, :, None] / 255.0, kernel, bias))
    np.testing.assert_allclose(maps["edges"], by_hand[0], atol=1e-5)
    assert maps["shrink"].shape == (4, 5, 3)


def test_maps_are_those_of_a_forward_pass_layer_by_layer(model, image):
    x = image[None, :, :, None].astype("float32")
    for layer in model.layers[1:6]:
        x = layer(x, training=False)  # dropout rests, batch normalisation uses what it learned
    np.testing.assert_allclose(evaluation.feature_maps(model, image)["shrink"], x[0], atol=1e-6)


def test_all_layers_come_from_one_pass(model, image, monkeypatch):
    calls = []
    layer = model.get_layer("edges")
    plain = type(layer).call
    monkeypatch.setattr(layer, "call", lambda *a, **k: calls.append(1) or plain(layer, *a, **k))
    assert len(evaluation.feature_maps(model, image, ["edges", "norm", "shrink"])) == 3
    assert len(calls) == 1


def test_layers_come_in_the_order_asked_for(model, image):
    assert list(evaluation.feature_maps(model, image, ["shrink", "edges"])) == ["shrink", "edges"]
    assert list(evaluation.feature_maps(model, image, "norm")) == ["norm"]


@pytest.mark.parametrize("shape", [(10, 12), (10, 12, 1), (1, 10, 12, 1)])
def test_an_image_may_carry_its_axes(model, image, shape):
    found = evaluation.feature_maps(model, image.reshape(shape), ["edges"])["edges"]
    np.testing.assert_array_equal(found, evaluation.feature_maps(model, image)["edges"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["edge"], "got 'edge'. Did you mean 'edges'.*image, rescale, edges"),
        (["xyz"], "got 'xyz'. The model has image"),
        (["answer"], "'answer', which puts out numbers without place.*edges, norm, drop, shrink"),
        ([], "got none"),
    ],
)
def test_layers_that_cannot_be_drawn_are_named(model, image, names, words):
    with pytest.raises(ValueError, match=words):
        evaluation.feature_maps(model, image, names)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 10, 12, 1)), r"expected one image, got 2.*images\[i\]"),
        (np.zeros(120), r"got \(120,\)"),
    ],
)
def test_feature_maps_are_of_one_image(model, image, words):
    with pytest.raises(ValueError, match=words):
        evaluation.feature_maps(model, image)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((2, 10, 12, 3)), r"shape \(N, 10, 12, 1\).*got \(2, 10, 12, 3\)"),
        (np.zeros((2, 12, 10, 1)), "read again"),
        (np.zeros((10, 12)), "One image alone"),
        (np.zeros((0, 10, 12, 1)), "got none"),
        (np.full((2, 10, 12, 1), np.nan), "NaN or infinity in 2 image"),
    ],
)
def test_images_that_do_not_fit_are_refused(model, images, words):
    for explain in (
        evaluation.grad_cam,
        lambda *both: evaluation.occlusion_sensitivity(*both, patch_size=3, stride=3),
    ):
        with pytest.raises(ValueError, match=words):
            explain(model, images)


def test_a_model_without_maps_is_refused(image):
    picture = keras.Input((10, 12, 1), name="image")
    x = layers.Flatten(name="flat")(picture)
    dense = keras.Model(picture, layers.Dense(1, name="answer")(x))
    words = "convolution or pooling layers, got image, flat, answer"
    with pytest.raises(ValueError, match=words):
        evaluation.feature_maps(dense, image)
    with pytest.raises(ValueError, match="Begin it with keras"):
        evaluation.feature_maps(keras.Sequential([layers.Conv2D(1, 3)]), image)
