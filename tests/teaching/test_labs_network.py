import base64
import functools
import re
from types import SimpleNamespace

import numpy as np
import pytest

from cxrlib import models
from cxrlib.models import preprocessing, scratch
from cxrlib.teaching import labs
from cxrlib.teaching.labs.network import draw_dabs, find_opening
from cxrlib.teaching.labs.network_model import pack_model, pack_outliers
from tests.book.lab_pages import make_image, make_network, make_outliers, network
from tests.teaching.test_labs import stills

made = functools.cache(network)
NAMES = ("normal", "pneumonia")


def floats(packed, *shape):
    return np.frombuffer(base64.b64decode(packed), "<f4").astype(float).reshape(shape or -1)


def answer(packed, image):
    """Compute as the page does, with chapter 3's convolution."""
    given = packed["preprocess"]
    if given.get("samplewise"):
        now = (image - image.mean()) / np.sqrt(image.var() + given["epsilon"])
    else:
        now = image * given["scale"] + given["offset"]
    maps = now[None]
    for i, layer in enumerate(packed["layers"]):
        if i:
            tall, wide = maps.shape[1] // 2, maps.shape[2] // 2
            squares = maps[:, : 2 * tall, : 2 * wide].reshape(len(maps), tall, 2, wide, 2)
            maps = squares.max((2, 4))
        kernels = floats(layer["kernel"], layer["outside"], layer["inside"], 3, 3)
        sums = [
            sum(scratch.conv2d(x, k, padding="same") for x, k in zip(maps, kernel, strict=True))
            for kernel in kernels
        ]
        maps = np.maximum(np.stack(sums) + floats(layer["bias"])[:, None, None], 0)
    logit = maps.mean((1, 2)) @ floats(packed["head"]["weights"]) + packed["head"]["bias"]
    return 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize(
    "preprocess", ["samplewise", "rescale", "symmetric", "featurewise"], ids=str
)
def test_the_packed_numbers_give_keras_s_score(preprocess):
    images = np.stack([make_image(17, 17), make_image(17, 17)[::-1]])[..., None]
    if preprocess == "featurewise":
        preprocess = preprocessing.featurewise(images)
    model = make_network(17, (3, 4, 5), preprocess=preprocess, dropout=0.3)
    expected = model.predict_on_batch(images.astype("float32"))[:, 0]
    packed = pack_model(model)
    np.testing.assert_allclose([answer(packed, x[..., 0]) for x in images], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "got"),
    [
        (lambda: models.pooled_cnn((32, 32, 1), (4,), classes=3), "units=3"),
        (lambda: models.pooled_cnn((32, 32, 3), (4,)), r"shape \(32, 32, 3\)"),
        (lambda: models.pooled_cnn((32, 24, 1), (4,)), r"shape \(32, 24, 1\)"),
        (lambda: models.pooled_cnn((160, 160, 1), (4,)), r"shape \(160, 160, 1\)"),
        (lambda: models.first_cnn((32, 32, 1), (4,)), "Flatten"),
        (lambda: models.mlp((32, 32, 1)), "Flatten"),
        (lambda: "model.keras", "str with input shape None"),
    ],
)
def test_other_networks_are_refused(build, got):
    with pytest.raises(ValueError, match=rf"models\.pooled_cnn builds it.*{got}.*Build it so"):
        pack_model(build())


def test_a_network_of_the_right_layers_with_other_settings_is_refused():
    import keras
    from keras import layers

    def build(**settings):
        inputs = keras.Input((32, 32, 1))
        convolution = {"padding": "same", "name": "conv_1"} | settings
        x = layers.ReLU()(layers.Conv2D(2, 3, **convolution)(inputs))
        x = layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(x))

    assert len(pack_model(build())["layers"]) == 1
    for setting in ({"strides": 2}, {"padding": "valid"}, {"dilation_rate": 2}):
        with pytest.raises(ValueError, match=f"conv_1 with {next(iter(setting))}="):
            pack_model(build(**setting))


def test_a_dab_hides_most_in_its_middle_and_dabs_add_up_in_any_order():
    image = make_image(40, 30)
    dabs = [(20, 15, 6, 50), (23, 18, 4, 80), (5, 5, 3, 20)]
    once, back = draw_dabs(image, dabs), draw_dabs(image, dabs[::-1])
    np.testing.assert_allclose(once, back)
    assert np.array_equal(draw_dabs(image, []), image)
    bright = np.sort(image, axis=None)[int(0.9 * (image.size - 1))]
    assert draw_dabs(image, dabs[:1])[20, 15] == pytest.approx((image[20, 15] + bright) / 2)
    twice = draw_dabs(image, dabs[:1] * 2)
    assert twice[20, 15] == pytest.approx(image[20, 15] / 4 + 0.75 * bright)


def test_it_opens_on_the_picture_and_the_dab_that_raise_the_score_most():
    def predict(batch):  # the brighter the left lung of the second picture, the higher
        bright = batch[:, 12:28, 4:16].mean((1, 2, 3)) / 255
        share = np.where(batch[:, 0, 0, 0].round() == 7, bright, 0.5)
        return np.column_stack([1 - share, share])

    pictures = np.zeros((3, 40, 40), np.uint8)
    pictures[:, 30:] = 200
    pictures[:, 0, 0] = (0, 7, 0)
    which, (row, column, radius, density), (before, after) = find_opening(pictures, predict)
    assert which == 1
    assert 12 <= row < 28
    assert 4 <= column < 16
    assert (radius, density) == (7, 80)
    drawn = draw_dabs(pictures[1], [(row, column, radius, density)])
    scores = predict(np.stack([pictures[1], drawn])[..., None].astype("float32"))[:, 1]
    assert (before, after) == pytest.approx(tuple(scores), abs=1e-6)
    assert after > before


def test_the_still_is_the_opening_and_says_both_scores():
    lab = made()
    start = lab.config["start"]
    image = np.stack([make_image(32, 32), make_image(32, 32)[::-1]])[start["picture"]]
    assert np.array_equal(stills(lab)[0], draw_dabs(image, start["dabs"]).astype(np.uint8))
    batch = np.stack([image, draw_dabs(image, start["dabs"])])[..., None].astype("float32")
    before, after = make_network(32, (4, 6)).predict_on_batch(batch)[:, 0]
    assert f"from {before:.3f} to {after:.3f}." in lab.fallback
    assert after > before


def test_without_images_it_brings_phantoms_and_stays_below_its_limit():
    lab = labs.network_lab(make_network(), NAMES)
    assert [one["title"] for one in lab.config["pictures"]] == [
        "normal phantom",
        "bacterial phantom",
        "viral phantom",
    ]
    page = lab._repr_html_()
    assert len(page.encode()) < 260_000
    assert not re.search(r"https?://|\b(import|export|fetch|XMLHttpRequest|url\()\b", page)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"images": np.zeros((1, 24, 24))}, r"network's size, 32 × 32, got \(24, 24\)"),
        ({"images": make_image(32, 32)}, "1 to 6 grey images"),
        ({"resize": "crop"}, "`resize` as one of 'pad', 'stretch', got 'crop'"),
        ({"titles": ["one"]}, "`titles`"),
        ({"name": "a b"}, "`name`"),
    ],
)
def test_bad_settings(setting, says):
    with pytest.raises(ValueError, match=says):
        network(**setting)
    with pytest.raises(ValueError, match="`class_names`"):
        labs.network_lab(make_network(32, (4,)), ("one", "two", "three"))


def test_a_detector_of_other_layers_is_refused():
    model = make_network(32, (4, 6))
    found = make_outliers(model, np.stack([make_image(32, 32)] * 3), threshold=1)
    packed = pack_model(model)
    assert pack_outliers(found, packed, model)["tiles"] == 8
    for wrong in ({"layers": ("relu_1",)}, {"mean": found.mean[:-1]}):
        with pytest.raises(ValueError, match=r"relu_1, relu_2, got 7.*saved with the network"):
            pack_outliers(SimpleNamespace(**vars(found) | wrong), packed, model)
