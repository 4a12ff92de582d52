import hashlib
import http.server
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import backbones
from tests.models.transfer.conftest import base_of, write_weights


def with_hash(monkeypatch, name, path):
    """Let the registry expect this file; Keras's own is not at hand in a test."""
    entry = transfer.backbone(name)
    entry = replace(entry, hashes={entry.file: hashlib.md5(path.read_bytes()).hexdigest()})
    monkeypatch.setitem(backbones.BACKBONES, entry.name.removesuffix("_1.0"), entry)
    return entry


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "mobilenet_v3_small"])
def test_a_file_as_keras_publishes_it_fills_the_backbone(name, monkeypatch, tmp_path):
    entry = transfer.backbone(name)
    path = write_weights(tmp_path / entry.file, base_of(entry))
    with_hash(monkeypatch, name, path)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    net = transfer.network(name, (64, 64, 1))
    assert net.weights_from.path == path
    layers = [layer for layer in net.layers if layer.weights and layer.name != "answer"]
    got = [w for layer in layers for w in layer.trainable_weights + layer.non_trainable_weights]
    for i, weight in enumerate(got, start=1):
        assert np.ptp(weight.numpy()) == 0
        assert weight.numpy().flat[0] == np.float32(i / 1000)


def test_the_folder_comes_before_the_cache(monkeypatch, tmp_path):
    entry = transfer.backbone("mobilenet_v2_0.5")
    cached = write_weights(tmp_path / "keras" / "models" / entry.file, base_of(entry))
    assert transfer.find_weights(entry, quiet=True).path == cached
    mine = write_weights(tmp_path / "mine" / entry.file, base_of(entry))
    monkeypatch.setenv("CXR_WEIGHTS", str(mine.parent))
    assert transfer.find_weights(entry, quiet=True).path == mine


def test_without_weights_the_error_names_file_and_folders(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CXR_WEIGHTS", "/my/weights")
    with pytest.raises(transfer.WeightsError) as caught:
        transfer.find_weights("vgg16", download=False)
    for part in (
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "/my/weights",
        str(tmp_path / "keras" / "models"),
        "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/",
    ):
        assert part in str(caught.value)
    assert capsys.readouterr().out == ""


def test_the_advice_does_not_name_whose_home_it_is(monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    with pytest.raises(transfer.WeightsError, match=r"nor in ~/\.keras/models") as caught:
        transfer.find_weights("vgg16", download=False)
    assert str(Path.home()) not in str(caught.value)


def test_random_weights_are_never_silent(capsys):
    found = transfer.find_weights("vgg16", or_random=True, download=False, quiet=True, seed=3)
    assert (found.kind, found.path, found.seed) == ("random", None, 3)
    said = capsys.readouterr().out
    assert "Weights on this page: random numbers" in said
    assert "no number here says anything about transfer learning" in said
    assert "vgg16_weights" in said


def test_random_weights_depend_on_their_seed_alone():
    nets = [
        transfer.network("mobilenet_v2_0.35", (32, 32, 1), weights="random", seed=seed)
        for seed in (0, 0, 1)
    ]
    first, again, other = (net.get_layer("Conv_1").kernel.numpy() for net in nets)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert nets[0].weights_from.digest() != nets[2].weights_from.digest()


def test_a_wrong_hash_is_an_error_even_where_random_weights_would_do(monkeypatch, tmp_path):
    entry = transfer.backbone("vgg16")
    (tmp_path / entry.file).write_bytes(b"something else")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    with pytest.raises(transfer.WeightsError, match=r"expected md5 6d6bbae1.*, got .*Remove it"):
        transfer.find_weights("vgg16", or_random=True)


def test_a_truncated_file_without_known_hash(tmp_path, monkeypatch):
    entry = transfer.backbone("mobilenet_v2_0.5")
    path = write_weights(tmp_path / entry.file, base_of(entry))
    path.write_bytes(path.read_bytes()[:-5000])
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    with pytest.raises(transfer.WeightsError, match=r"cannot be read .*It is incomplete"):
        transfer.network(entry, (32, 32, 1))


@pytest.mark.parametrize("other", ["vgg16", "mobilenet_v2_0.5"])
def test_weights_of_another_network(other, tmp_path):
    path = write_weights(tmp_path / "w.h5", base_of(transfer.backbone(other)))
    with pytest.raises(transfer.WeightsError, match=r"expected weights of MobileNetV2 .*another"):
        transfer.network("mobilenet_v2_0.35", (32, 32, 1), weights=path)


def test_weights_found_for_another_backbone():
    found = transfer.Weights("vgg16", "random")
    with pytest.raises(transfer.WeightsError, match=r"for resnet50, got some for vgg16"):
        transfer.network("resnet50", weights=found)


def test_a_path_that_does_not_exist():
    with pytest.raises(transfer.WeightsError, match="'imagnet', and there is no such file"):
        transfer.network("vgg16", weights="imagnet")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve weights of a MobileNetV2 from this machine, as Keras's own server would."""
    entry = transfer.backbone("mobilenet_v2_0.5")
    path = write_weights(tmp_path / "www" / entry.folder / entry.file, base_of(entry))
    handler = partial(Quiet, directory=str(tmp_path / "www"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(backbones, "PREFIX", f"http://127.0.0.1:{server.server_port}/")
    yield replace(entry, hashes={entry.file: hashlib.md5(path.read_bytes()).hexdigest()})
    server.shutdown()
    server.server_close()


def test_a_download_lands_in_keras_cache(served, capsys):
    found = transfer.find_weights(served)
    assert found.path == Path(transfer.weights.cache_folder()) / served.file
    assert [p.name for p in found.path.parent.iterdir()] == [served.file]
    assert "MobileNetV2, trained on ImageNet, downloaded" in capsys.readouterr().out
    assert "cache" in transfer.find_weights(served, quiet=True).place


def test_a_download_with_a_wrong_hash_leaves_nothing(served):
    wrong = replace(served, hashes={served.file: "0" * 32})
    with pytest.raises(transfer.WeightsError, match=r"download failed \(Incomplete or corrupted"):
        transfer.find_weights(wrong)
    assert list(transfer.weights.cache_folder().iterdir()) == []


def test_a_download_that_fails_falls_back_only_if_asked(served, capsys):
    gone = replace(served, folder="nowhere")
    with pytest.raises(transfer.WeightsError, match=r"download failed.*404"):
        transfer.find_weights(gone)
    found = transfer.find_weights(gone, or_random=True)
    assert found.kind == "random"
    assert "404" in capsys.readouterr().out
