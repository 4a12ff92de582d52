import inspect

import keras
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer.backbones import BACKBONES


def test_a_width_follows_the_name():
    entry = transfer.get_backbone("mobilenet_v2_0.35")
    assert (entry.name, entry.alpha) == ("mobilenet_v2_0.35", 0.35)
    assert entry.file == "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    assert len(entry.hash) == 64
    assert transfer.get_backbone(entry) == entry
    assert transfer.get_backbone("mobilenet_v2") == transfer.get_backbone(BACKBONES["mobilenet_v2"])
    assert transfer.get_backbone("mobilenet_v2").alpha == 1.0
    assert transfer.get_backbone("mobilenet_v2_0.5").hash is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet5", "Did you mean 'resnet50'"),
        ("MobileNet_V2", "Did you mean 'mobilenet_v2'"),
        (None, "expected a backbone of vgg16"),
        ("vgg16_0.5", "one width only"),
        ("mobilenet_v2_0.0", "width above 0"),
    ],
)
def test_names_that_do_not_exist(name, message):
    with pytest.raises(ValueError, match=message):
        transfer.get_backbone(name)


class Asked(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("name", [name for name, x in BACKBONES.items() if x.folder])
def test_file_address_and_hash_are_what_keras_asks_for(name, monkeypatch):
    entry, asked = transfer.get_backbone(name), {}

    def get_file(fname, origin, cache_subdir, file_hash=None):
        asked.update(file=fname, url=origin, hash=file_hash, folder=cache_subdir)
        raise Asked

    builder = getattr(keras.applications, entry.builder)
    monkeypatch.setattr(inspect.getmodule(inspect.unwrap(builder)).file_utils, "get_file", get_file)
    with pytest.raises(Asked):
        builder(include_top=False, input_shape=(224, 224, 3))
    assert asked == {"file": entry.file, "url": entry.url, "hash": entry.hash, "folder": "models"}


def test_a_sixth_network_is_one_entry(tiny):
    net = transfer.unfreeze(transfer.build_model(tiny, weights="random"), "block3")
    assert net.input_shape == (None, 32, 32, 1)
    assert transfer.find_target_layer(net) == "block3_out"
    learning = transfer.block_summary(net)["trainable"] > 0
    assert learning.index[learning].tolist() == ["block3", "head"]
