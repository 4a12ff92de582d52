import subprocess
import sys

import keras
import numpy as np
import pytest

from cxrlib.models import transfer
from tests.float32 import assert_close
from tests.models.transfer.conftest import base_of

APPS = {
    "vgg16": keras.applications.vgg16,
    "resnet50": keras.applications.resnet,
    "mobilenet_v2_0.35": keras.applications.mobilenet_v2,
}


def up_to(model, layer):
    return keras.Model(model.inputs, model.get_layer(layer).output)


def test_flat_raw_grey_pictures_in_probabilities_out(net, pictures):
    assert not any(isinstance(layer, keras.Model) for layer in net.layers)
    assert net.input_shape == (None, 64, 64, 1)
    scores = net.predict(pictures, verbose=0)
    assert scores.shape == (4, 1)
    assert ((scores > 0) & (scores < 1)).all()
    assert len(np.unique(scores)) == 4
    assert net.weights_from.kind == "random"


def test_the_answer_is_that_of_keras_own_network_and_preprocessing(net, pictures):
    """Keras's network with the same weights, given what its own `preprocess_input` makes."""
    entry = transfer.backbone(net.name)
    colour = np.repeat(pictures, 3, axis=-1)
    if net.name in APPS:
        theirs, given = base_of(entry, 64), APPS[net.name].preprocess_input(colour.copy())
    elif net.name == "efficientnet_lite0":
        theirs, given = base_of(entry, 64), (colour - 127) / 128
    else:  # has its preprocessing inside
        theirs, given = (
            keras.applications.MobileNetV3Small(
                include_top=False, weights=None, input_shape=(64, 64, 3)
            ),
            colour,
        )
    theirs.set_weights(net.get_weights()[:-2])  # without our head
    target = transfer.target_layer(net)
    wanted = theirs.predict(given, verbose=0)
    got = up_to(net, "block5_pool" if net.name == "vgg16" else target).predict(pictures, verbose=0)
    assert np.abs(wanted).max() > 1e-3
    assert_close(got, wanted, rel=1e-4)


def test_saved_and_loaded_it_gives_the_same_answers(net, pictures, tmp_path):
    net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert_close(again.predict(pictures, verbose=0), net.predict(pictures, verbose=0))
    assert transfer.target_layer(again) == transfer.target_layer(net)
    assert transfer.parts(again).equals(transfer.parts(net))


def test_target_layers_hold_places_and_carry_gradients(net, pictures):
    target = net.get_layer(transfer.target_layer(net))
    assert target.output.shape[1:3] == ((4, 4) if net.name == "vgg16" else (2, 2))
    named = {
        "vgg16": "block5_conv3",
        "resnet50": "conv5_block3_out",
        "mobilenet_v2_0.35": "out_relu",
        "efficientnet_lite0": "top_activation",
    }
    assert target.name == named.get(net.name, "conv_1_out")


def test_a_layer_that_does_not_exist(net):
    wrong = transfer.target_layer(net)[:-1] + "x"
    with pytest.raises(ValueError, match=f"got '{wrong}'. Did you mean .*'{target_of(net)}'"):
        transfer.target_layer(net, wrong)


def target_of(net):
    return transfer.backbone(net.name).target


def test_article_4s_head():
    net = transfer.network(
        "mobilenet_v2_0.35", (64, 64, 1), head="flatten", classes=4, weights="random"
    )
    names = [layer.name for layer in net.layers][-3:]
    assert names == ["flatten", "dense", "answer"]
    assert net.get_layer("dense").kernel.shape == (2 * 2 * 1280, 256)
    scores = net.predict(np.zeros((2, 64, 64, 1)), verbose=0)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_standardising_forgets_exposure_and_cropping_the_border(pictures):
    net = transfer.network(
        "mobilenet_v2_0.35", (64, 64, 1), crop=0.25, standardise=True, weights="random"
    )
    bordered = pictures.copy()
    bordered[:, :16], bordered[:, -16:], bordered[:, :, :16], bordered[:, :, -16:] = 0, 255, 9, 99
    wanted = net.predict(pictures, verbose=0)
    assert_close(net.predict(bordered, verbose=0), wanted)
    assert_close(net.predict(pictures * 0.5 + 40, verbose=0), wanted, rel=2e-4)
    seen = up_to(net, "as_grey_levels").predict(pictures, verbose=0)
    assert_close(seen.mean(axis=(1, 2, 3)), 127.5, rel=1e-4)


def test_a_head_trained_alone_goes_into_the_network(small):
    """The head on features gives what the whole network gives."""
    images = np.random.default_rng(1).uniform(0, 255, (3, 32, 32, 1)).astype("float32")
    features = up_to(small, "out_relu").predict(images, verbose=0)
    alone = transfer.head(features.shape[1:], seed=7)
    transfer.with_head(small, alone)
    assert_close(small.predict(images, verbose=0), alone.predict(features, verbose=0))


def test_heads_of_the_same_seed_begin_alike():
    net = transfer.network(
        "mobilenet_v2_0.35", (32, 32, 1), head="flatten", dense=8, weights="random", seed=5
    )
    alone = transfer.head((1, 1, 1280), "flatten", dense=8, seed=5)
    for name in ("dense", "answer"):
        np.testing.assert_array_equal(net.get_layer(name).kernel, alone.get_layer(name).kernel)


def test_another_head_is_refused(small):
    with pytest.raises(ValueError, match=r"expected a head with the weights .*'answer'"):
        transfer.with_head(small, transfer.head((1, 1, 1280), dense=4))


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
        transfer.network("mobilenet_v2_0.35", weights="random", **options)


def test_importing_the_room_brings_no_tensorflow():
    code = (
        "import sys; from cxrlib.models import transfer, features; "
        "transfer.backbone('vgg16'); transfer.Weights; features.compute; features.probe; "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
