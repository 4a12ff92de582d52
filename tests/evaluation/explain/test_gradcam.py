import warnings

import keras
import numpy as np
import pytest
from keras import layers

from cxrlib import evaluation, models
from cxrlib.models import scratch, transfer
from tests.built import missing

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 12, 10, 1)).astype("uint8")


def cnn(end=None, classes=1, seed=0):
    """Build a small network with all that a map has to find its way through."""
    keras.utils.set_random_seed(seed)
    x = image = keras.Input((12, 10, 1), name="image")
    x = layers.Rescaling(1 / 255, name="rescale")(x)
    x = layers.Conv2D(3, 3, activation="softplus", name="conv_1")(x)
    x = layers.AveragePooling2D(2, name="pool_1")(x)
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv_2")(x)
    x = layers.BatchNormalization(name="norm_2")(x)
    x = layers.Activation("softplus", name="act_2")(x)
    x = layers.AveragePooling2D(2, name="pool_2")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(5, "tanh", name="dense")(x)
    squash = "sigmoid" if classes == 1 else "softmax"
    if end is None:
        x = layers.Dense(classes, squash, bias_initializer="random_normal", name="answer")(x)
    else:
        x = layers.Dense(classes, bias_initializer="random_normal", name="answer")(x)
        x = end(squash)(x) if end is layers.Activation else end()(x)
    model = keras.Model(image, x)
    norm = model.get_layer("norm_2")
    norm.set_weights([RNG.uniform(0.5, 2, w.shape) for w in norm.get_weights()])
    return model


def raw(model, images=IMAGES, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return evaluation.grad_cam(model, images, normalize=False, **settings)


def test_of_a_linear_network_it_is_the_formula():
    image = keras.Input((12, 10, 1))
    x = layers.Conv2D(3, 3, name="conv")(image)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(1, "sigmoid", name="answer")(x))
    kernel, bias = model.get_layer("conv").get_weights()
    maps = scratch.conv2d(IMAGES.astype(float), kernel, bias)
    weights = model.get_layer("answer").get_weights()[0][:, 0]
    # The logit is the sum of all weighted places, divided by their number.
    evidence = (maps @ weights) / (10 * 8)
    np.testing.assert_allclose(raw(model), np.maximum(evidence, 0), atol=1e-4)
    np.testing.assert_allclose(raw(model, class_index=0), np.maximum(-evidence, 0), atol=1e-4)
    np.testing.assert_allclose(raw(model, method="hirescam"), np.maximum(evidence, 0), atol=1e-4)


def test_without_a_class_it_is_the_one_that_was_called():
    model = cnn(classes=3, seed=3)
    called = model(IMAGES.astype("float32")).numpy().argmax(axis=1)
    np.testing.assert_array_equal(raw(model), raw(model, class_index=called))
    each = [raw(model, IMAGES[i : i + 1], class_index=int(c))[0] for i, c in enumerate(called)]
    np.testing.assert_allclose(raw(model), each, atol=1e-6)


@pytest.mark.parametrize("column", [0, 2])
def test_it_agrees_with_tf_keras_vis(column):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it imports zoom by a name that SciPy has moved
            from tf_keras_vis.gradcam import Gradcam
            from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    except ImportError:
        missing("tf-keras-vis is not installed", "pip install tf-keras-vis, or .[test]")
    images = RNG.integers(0, 256, (3, 32, 32, 1)).astype("float32")
    model = models.custom_cnn((32, 32, 1), (4, 6), dense=8, classes=3)
    theirs = Gradcam(model, model_modifier=ReplaceToLinear(), clone=True)(
        lambda outputs: outputs[:, column], images, penultimate_layer="relu_1",
        seek_penultimate_conv_layer=False, expand_cam=False, normalize_cam=False,
    )  # fmt: skip
    ours = raw(model, images, target_layer="relu_1", class_index=column)
    theirs = np.asarray(theirs)
    assert theirs.max() > 0
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * theirs.max())


@pytest.mark.parametrize("classes", [1, 3])
def test_a_sigmoid_in_a_layer_of_its_own_changes_nothing(classes):
    inside = cnn(classes=classes)
    for end in (layers.Activation, layers.Softmax)[: 1 if classes == 1 else 2]:
        apart = cnn(end, classes)
        apart.set_weights(inside.get_weights())
        np.testing.assert_allclose(raw(apart), raw(inside), rtol=1e-5, atol=1e-9)


def test_a_network_that_is_sure_still_says_why():
    model = cnn()
    before = raw(model)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + 200])
    assert (model(IMAGES.astype("float32")).numpy() == 1).all()  # its gradient is 0
    np.testing.assert_allclose(raw(model), before, rtol=1e-4)


def test_neither_batches_nor_calls_nor_freezing_matter():
    model = cnn()
    once = evaluation.grad_cam(model, IMAGES)
    np.testing.assert_allclose(evaluation.grad_cam(model, IMAGES, batch_size=2), once, atol=1e-6)
    alone = evaluation.grad_cam(model, IMAGES[3:4, ..., 0])
    np.testing.assert_allclose(alone[0], once[3], atol=1e-6)
    model.trainable = False
    np.testing.assert_array_equal(evaluation.grad_cam(model, IMAGES), once)


def enlarged(cells, size):
    """Interpolate one map between the middles of its cells, rows first, then columns."""
    for axis in (0, 1):
        n = cells.shape[axis]
        middles = (np.arange(size[axis]) + 0.5) * n / size[axis] - 0.5
        line = lambda values: np.interp(middles, np.arange(n), values)  # noqa: B023, E731
        cells = np.apply_along_axis(line, axis, cells)
    return cells


def test_maps_are_brought_to_the_images_size_and_to_1():
    model = cnn()
    maps = evaluation.grad_cam(model, IMAGES)
    assert maps.shape == (5, 12, 10)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps.max(axis=(1, 2)), 1)
    for found, cells in zip(maps, raw(model), strict=True):
        expected = enlarged(cells, (12, 10))
        np.testing.assert_allclose(found, expected / expected.max(), atol=1e-5)


def test_squeezed_maps_have_no_places():
    image = keras.Input((12, 10, 1))
    x = layers.Conv2D(4, 3, name="conv")(image)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="gate")(gate)
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(1, "sigmoid")(x))
    np.testing.assert_array_equal(raw(model), raw(model, target_layer="gated"))
    plain = cnn()
    last = raw(plain, target_layer="act_2")  # not the pool behind it
    np.testing.assert_array_equal(raw(plain), last)
    with pytest.raises(ValueError, match=r"'gate', which puts out numbers.*conv, gated"):
        raw(model, target_layer="gate")


def test_a_pretrained_network_is_seen_where_its_backbone_says_and_in_its_crop(tmp_path):
    model = transfer.build_model("mobilenet_v2_0.35", (80, 80, 1), weights="random", crop=0.1)
    images = RNG.integers(0, 256, (2, 80, 80, 1))
    assert transfer.find_target_layer(model) == "out_relu"
    np.testing.assert_array_equal(raw(model, images), raw(model, images, target_layer="out_relu"))
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    for network in (model, loaded):
        maps = evaluation.grad_cam(network, images, class_index=[0, 1])
        speaks = maps.max(axis=(1, 2)) > 0
        assert speaks.any()
        border = np.ones((80, 80), bool)
        border[8:-8, 8:-8] = False  # it never saw the border
        assert not maps[:, border].any()
        assert (maps[speaks][:, 8:-8, 8:-8].max(axis=(1, 2)) == 1).all()


def test_a_map_of_zeros_stays_zero_and_is_said():
    model = cnn()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0, bias])
    with pytest.warns(UserWarning, match="in 5 of 5 images nothing speaks for the class"):
        maps = evaluation.grad_cam(model, IMAGES)
    np.testing.assert_array_equal(maps, np.zeros((5, 12, 10)))


def nested():
    inner_in = keras.Input((12, 10, 1))
    inner = keras.Model(inner_in, layers.Conv2D(2, 3, name="conv")(inner_in), name="inside")
    image = keras.Input((12, 10, 1))
    x = layers.GlobalAveragePooling2D()(inner(image))
    return keras.Model(image, layers.Dense(1, "sigmoid")(x))


def two_answers():
    image = keras.Input((12, 10, 1))
    x = layers.Flatten()(layers.Conv2D(1, 3)(image))
    return keras.Model(image, [layers.Dense(1)(x), layers.Dense(1)(x)])


def stopped():
    image = keras.Input((12, 10, 1))
    x = layers.Conv2D(2, 3, name="conv")(image)
    x = layers.GlobalAveragePooling2D()(keras.ops.stop_gradient(x))
    return keras.Model(image, layers.Dense(1)(x))


def maps_only():
    image = keras.Input((12, 10, 1))
    x = layers.Conv2D(2, 3, name="conv")(image)
    return keras.Model(image, layers.Conv2D(1, 3, name="maps")(x))


@pytest.mark.parametrize(
    ("build", "settings", "words"),
    [
        (cnn, {"target_layer": "conv_3"}, "got 'conv_3'. Did you mean 'conv_[12]'.*The model has"),
        (cnn, {"target_layer": "flat"}, "'flat', which puts out numbers.*conv_1, pool_1"),
        (cnn, {"method": "grad"}, "one of gradcam, hirescam, got 'grad'"),
        (cnn, {"class_index": 2}, "`class_index` from 0 to 1.*2 classes.*got 2"),
        (cnn, {"class_index": -1}, "got -1"),
        (cnn, {"class_index": [0, 1]}, r"one for each of 5 images, got \[0, 1\]"),
        (cnn, {"class_index": 0.5}, "number of a class"),
        (lambda: models.mlp((12, 10, 1)), {}, "model with convolutions, got image.*occlusion"),
        (nested, {}, "flat model, got one with a model inside it: inside.*input_tensor"),
        (stopped, {}, "answer depends on, got 'conv'"),
        (two_answers, {}, "one row of scores"),
        (maps_only, {}, r"one row of scores out.*\(None, 8, 6, 1\)"),
        (lambda: keras.Sequential([layers.Conv2D(1, 3)]), {}, "Begin it with keras.Input"),
    ],
)
def test_what_cannot_be_explained_is_refused(build, settings, words):
    with pytest.raises(ValueError, match=words):
        evaluation.grad_cam(build(), IMAGES, **settings)
