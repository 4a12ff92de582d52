import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from cxrlib.models import transfer
from cxrlib.models.features import passing
from cxrlib.models.transfer import efficientnet_lite, loading, torch_files
from tests.models.transfer.conftest import base_of

NAME = "efficientnet_lite0"


@pytest.fixture(scope="module")
def weights():
    return transfer.find_weights(NAME, download=False, quiet=True)


@pytest.fixture(scope="module")
def tensors(weights):
    return torch_files.read(weights.path, transfer.backbone(NAME).hash)


@pytest.mark.parametrize(("photograph", "known"), [("china.jpg", 698), ("flower.jpg", 985)])
def test_it_knows_a_palace_and_a_daisy(photograph, known, weights, tensors):
    """With ImageNet's own head: the middle of a photograph, its shorter side at 256 pixels."""
    base = base_of(transfer.backbone(NAME), 224)
    loading.load(base, transfer.backbone(NAME), weights)
    picture = Image.fromarray(load_sample_image(photograph))
    picture = picture.resize((round(picture.width * 256 / picture.height), 256))
    left = (picture.width - 224) // 2
    seen = np.asarray(picture.crop((left, 16, left + 224, 240)), "float32")
    maps = base.predict((seen[None] - 127) / 128, verbose=0)
    answers = maps.mean(axis=(1, 2)) @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    assert answers.argmax() == known


def test_every_number_of_the_file_but_its_head_is_in_the_network(weights, tensors):
    net = transfer.network(NAME, (64, 64, 1), head=None, weights=weights)
    used = [v for k, v in tensors.items() if not k.startswith("_fc") and "batches" not in k]
    assert net.count_params() == sum(v.size for v in used) == 3_413_024
    got = sorted(float(np.sum(w, dtype="float64")) for w in net.get_weights())
    np.testing.assert_allclose(got, sorted(v.sum(dtype="float64") for v in used), rtol=1e-6)


def test_grey_pictures_of_any_size_and_any_number_of_classes(weights):
    net = transfer.network(NAME, (75, 131, 1), classes=5, weights=weights)
    answers = net.predict(np.full((2, 75, 131, 1), 127.0), verbose=0)
    assert answers.shape == (2, 5)
    seen = keras.Model(net.input, net.get_layer("rescale").output)
    assert seen(np.full((1, 75, 131, 1), 127.0)).numpy().max() == pytest.approx(0, abs=1e-6)
    assert seen(np.full((1, 75, 131, 1), 255.0)).numpy().min() == pytest.approx(1)
    assert transfer.target_layer(net) == "top_activation"


def test_blocks_are_those_of_the_registry():
    blocks = [block for block, _ in transfer.backbone(NAME).blocks]
    assert blocks == ["stem", *(name for name, _ in efficientnet_lite.blocks()), "top"]


def test_frozen_features_are_the_networks(weights):
    images = np.random.default_rng(0).uniform(0, 255, (3, 64, 64, 1)).astype("float32")
    net = transfer.network(NAME, (64, 64, 1), head=None, weights=weights)
    maps = net.predict(images, verbose=0)
    got = passing.Network(transfer.backbone(NAME), 64, weights, pooled=False)(images)
    np.testing.assert_allclose(got, maps, rtol=1e-3, atol=1e-5 * np.abs(maps).max())


def test_weights_of_another_network_are_refused(tensors):
    base = base_of(transfer.backbone(NAME))
    with pytest.raises(ValueError, match=r"there is no _conv_stem\.weight"):
        efficientnet_lite.fill(base, {})
    wrong = dict(tensors) | {"_conv_stem.weight": np.zeros((32, 3, 5, 5), "float32")}
    with pytest.raises(ValueError, match="shape"):
        efficientnet_lite.fill(base, wrong)
