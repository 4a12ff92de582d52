"""A network as ONNX and LiteRT gives the numbers that Keras gives."""

import numpy as np
import pytest

from cxrlib import extras, models
from cxrlib.models import export
from tests.models.test_outliers import pictures

ATOL = 1e-5  # of probabilities


@pytest.fixture(scope="module")
def network():
    return models.pooled_cnn((24, 24, 1), (3, 4), seed=1)


@pytest.fixture(scope="module")
def wanted(network):
    return network.predict(pictures(7, 0).astype("float32"), verbose=0)


def test_onnx_gives_keras_s_numbers(network, wanted, tmp_path):
    pytest.importorskip("onnxruntime")
    predict = export.read_onnx(export.to_onnx(network, tmp_path / "new" / "net.onnx"))
    np.testing.assert_allclose(predict(pictures(7, 0)), wanted, atol=ATOL)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["net.onnx"]


@pytest.mark.parametrize(("quantize", "atol"), [(None, ATOL), ("float16", 1e-3), ("dynamic", 1e-2)])
def test_litert_gives_keras_s_numbers(network, wanted, tmp_path, quantize, atol):
    pytest.importorskip("ai_edge_litert")
    file = export.to_litert(network, tmp_path / "net.tflite", quantize=quantize)
    np.testing.assert_allclose(export.read_litert(file)(pictures(7, 0)), wanted, atol=atol)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_number(network, wanted, tmp_path, threads):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("ai_edge_litert")
    onnx = export.to_onnx(network, tmp_path / "net.onnx")
    litert = export.to_litert(network, tmp_path / "net.tflite")
    for predict in (
        export.read_onnx(onnx, threads=threads), export.read_litert(litert, threads=threads)
    ):  # fmt: skip
        np.testing.assert_allclose(predict(pictures(7, 0)), wanted, atol=ATOL)


def test_the_part_behind_the_preprocessing_is_quantised_to_whole_numbers(network, wanted, tmp_path):
    pytest.importorskip("ai_edge_litert")
    prepare, rest = export.split_preprocessing(network)
    prepared = prepare(pictures(7, 0))
    np.testing.assert_allclose(prepared.mean(axis=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(rest.predict(prepared, verbose=0), wanted, atol=ATOL)
    file = export.to_litert(
        rest, tmp_path / "net.tflite", quantize="int8", calibration=prepare(pictures(40, 1))
    )
    np.testing.assert_allclose(export.read_litert(file)(prepared), wanted, atol=0.05)


def test_the_median_of_the_seconds_is_returned(monkeypatch):
    seconds = iter([9.0] * 6 + [0, 1, 0, 2, 0, 3])  # three that do not count, then 1, 2 and 3 s
    monkeypatch.setattr(export.time, "perf_counter", lambda: next(seconds))
    asked = []
    assert export.latency(asked.append, "picture", n=3) == 2
    assert asked == ["picture"] * 6


def test_wrong_use_is_named_before_any_work(network, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "require", lambda *_: None)
    with pytest.raises(ValueError, match=r"ends in \.onnx, got .*Write net\.onnx"):
        export.to_onnx(network, tmp_path / "net.tflite")
    with pytest.raises(ValueError, match=r"got 'int7'\. Did you mean 'int8'"):
        export.to_litert(network, tmp_path / "net.tflite", quantize="int7")
    with pytest.raises(ValueError, match=r"expected calibration pictures .* got none"):
        export.to_litert(network, tmp_path / "net.tflite", quantize="int8")
    with pytest.raises(ValueError, match="got some for 'float16'"):
        export.to_litert(
            network, tmp_path / "net.tflite", quantize="float16", calibration=pictures(2, 0)
        )
    plain = models.pooled_cnn((24, 24, 1), (3,), preprocess=models.preprocessing.rescale())
    plain.layers[1].name = "else"
    with pytest.raises(ValueError, match=r"begins with samplewise, .* got else"):
        export.split_preprocessing(plain)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_is_named(network, tmp_path, monkeypatch):
    found = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name == "onnxruntime" else found(name)
    )
    for use in (export.to_onnx, export.to_litert):
        with pytest.raises(extras.MissingExtraError, match=r'pip install "cxrlib\[export\]"'):
            use(network, tmp_path / "net.onnx")
    for read in (export.read_onnx, export.read_litert):
        with pytest.raises(extras.MissingExtraError, match=r"got no .*onnxruntime"):
            read(tmp_path / "net.onnx")
