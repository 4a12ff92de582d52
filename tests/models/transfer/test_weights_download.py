import hashlib
import http.server
import shutil
import socket
import threading
import time
from dataclasses import replace
from functools import partial

import pytest

from cxrlib.models import transfer
from cxrlib.models.transfer import backbones, weights

LITE = "efficientnet_lite0"


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


def test_a_host_that_only_listens_is_given_up(monkeypatch):
    """It never answers; the time limit is the whole attempt's, and nobody else's."""
    monkeypatch.setattr(weights, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(backbones, "PREFIX", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        found = transfer.find_weights("vgg16", LITE, quiet=True)
    assert "did not answer" in found.reason


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
