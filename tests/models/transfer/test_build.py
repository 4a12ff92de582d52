import keras
import numpy as np
import pytest

from cxrlib import models
from cxrlib.models import scratch, transfer
from tests.float32 import assert_close
from tests.models.training.conftest import FOUR, some_pictures
from tests.models.transfer.conftest import base_of, up_to

NET = "mobilenet_v2_0.35"
APPS = {
    "vgg16": keras.applications.vgg16,
    "resnet50": keras.applications.resnet,
    NET: keras.applications.mobilenet_v2,
}


def test_flat_raw_grey_images_in_probabilities_out(real_net, images):
    assert not any(isinstance(layer, keras.Model) for layer in real_net.layers)
    assert real_net.input_shape == (None, 64, 64, 1)
    scores = real_net.predict(images, verbose=0)
    assert scores.shape == (4, 1)
    assert ((scores > 0) & (scores < 1)).all()
    assert len(np.unique(scores)) == 4
    assert real_net.backbone_weights.kind == "random"


def test_the_answer_is_that_of_keras_own_network_and_preprocessing(real_net, images):
    """Keras's network with the same weights, given what its own `preprocess_input` makes."""
    entry = transfer.get_backbone(real_net.name)
    colour = np.repeat(images, 3, axis=-1)
    if real_net.name in APPS:
        theirs, given = base_of(entry, 64), APPS[real_net.name].preprocess_input(colour.copy())
    elif real_net.name == "efficientnet_lite0":
        theirs, given = base_of(entry, 64), (colour - 127) / 128
    else:  # has its preprocessing inside
        make = keras.applications.MobileNetV3Small
        theirs = make(include_top=False, weights=None, input_shape=(64, 64, 3))
        given = colour
    theirs.set_weights(real_net.get_weights()[:-2])  # without our head
    wanted = theirs.predict(given, verbose=0)
    got = up_to(real_net, transfer.find_target_layer(real_net)).predict(images, verbose=0)
    if real_net.name == "vgg16":  # Grad-CAM looks before the pooling
        got = scratch.max_pool(got)
    assert np.abs(wanted).max() > 1e-3
    assert_close(got, wanted, rel=1e-4)


def test_saved_and_loaded_it_gives_the_same_answers(real_net, images, tmp_path):
    real_net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert_close(again.predict(images, verbose=0), real_net.predict(images, verbose=0))
    assert transfer.find_target_layer(again) == transfer.find_target_layer(real_net)
    assert transfer.block_summary(again).equals(transfer.block_summary(real_net))


def test_article_4s_head_begins_as_it_does_alone():
    options = {"classes": 4, "seed": 5}
    net = transfer.build_model(NET, (64, 64, 1), head="flatten", weights="random", **options)
    assert [layer.name for layer in net.layers][-3:] == ["flatten", "dense", "predictions"]
    assert net.get_layer("dense").kernel.shape == (2 * 2 * 1280, 256)
    alone = transfer.build_head((2, 2, 1280), "flatten", **options)
    for name in ("dense", "predictions"):
        np.testing.assert_array_equal(net.get_layer(name).kernel, alone.get_layer(name).kernel)


def test_standardising_forgets_exposure_and_cropping_the_border(images):
    net = transfer.build_model(NET, (64, 64, 1), crop=0.25, standardize=True, weights="random")
    bordered = images.copy()
    bordered[:, :16], bordered[:, -16:], bordered[:, :, :16], bordered[:, :, -16:] = 0, 255, 9, 99
    wanted = net.predict(images, verbose=0)
    assert_close(net.predict(bordered, verbose=0), wanted)
    assert_close(net.predict(images * 0.5 + 40, verbose=0), wanted, rel=2e-4)
    seen = up_to(net, "as_grey_levels").predict(images, verbose=0)
    assert_close(seen.mean(axis=(1, 2, 3)), 127.5, rel=1e-4)


def test_a_head_trained_alone_goes_into_the_network(small):
    """The head on features gives what the whole network gives."""
    images = np.random.default_rng(1).uniform(0, 255, (3, 32, 32, 1)).astype("float32")
    features = up_to(small, "out_relu").predict(images, verbose=0)
    alone = transfer.build_head(features.shape[1:], seed=7)
    transfer.set_head_weights(small, alone)
    assert_close(small.predict(images, verbose=0), alone.predict(features, verbose=0))
    with pytest.raises(ValueError, match=r"expected a head with the weights .*'predictions'"):
        transfer.set_head_weights(small, transfer.build_head((1, 1, 1280), dense=4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (224, 224, 3)}, r"expected `input_shape` as \(height, width, 1\)"),
        ({"input_shape": (224, 224)}, "expected `input_shape`"),
        ({"input_shape": (31, 64, 1)}, "at least 32 pixels a side, got 31 × 64"),
        ({"input_shape": (40, 40, 1), "crop": 0.2}, "after cropping, got 24 × 24"),
        ({"crop": 0.5}, "expected `crop` from 0 to below 0.5"),
        ({"head": "pooled"}, "expected a head of pool, flatten"),
        ({"classes": 1}, "2 classes or more"),
    ],
)
def test_impossible_settings(options, message):
    with pytest.raises(ValueError, match=message):
        transfer.build_model(NET, weights="random", **options)


@pytest.mark.parametrize("kind", ["pool", "flatten"])
def test_a_head_on_a_backbone_learns_k_classes(tiny, kind):
    four = some_pictures(24, classes=FOUR, size=32)
    images = four.images.astype("float32")
    net = transfer.build_model(tiny, head=kind, weights="random", classes=4, dense=8)
    before = net.get_layer("predictions").get_weights()[0]
    transfer.compile_layerwise(transfer.freeze(net), {"head": 1e-2})
    assert net.loss == "categorical_crossentropy"
    models.fit(net, four, None, epochs=1, batch_size=8, class_weight="balanced")
    assert not np.allclose(net.get_layer("predictions").get_weights()[0], before)
    answers = net.predict(images, verbose=0)
    np.testing.assert_allclose(answers.sum(axis=1), np.ones(24), atol=1e-5)
