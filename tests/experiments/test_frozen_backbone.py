import keras
import numpy as np
import pytest
from PIL import Image

from cxrlib import cli, evaluation
from cxrlib.experiments import record as records, run
from cxrlib.experiments.methods import frozen_backbone
from cxrlib.models import transfer
from tests.experiments.conftest import CLASSES, enough_images, make_quick

QUICK = {"network": "tiny", "size": 32, "augmented_copies": 2}


@pytest.fixture
def cases(tmp_path, monkeypatch, tiny):
    """Noise, coarser in each class."""
    found = enough_images()
    found["path"] = [str(tmp_path / "set" / path) for path in found["path"]]
    found.attrs["source"] = "folder"
    rng = np.random.default_rng(0)
    for name in CLASSES:
        (tmp_path / "set" / name).mkdir(parents=True)
    for path, code in zip(found["path"], found["label"].cat.codes, strict=True):
        grain = 2**code
        noise = rng.integers(0, 256, (32 // grain, 32 // grain), dtype=np.uint8)
        Image.fromarray(np.kron(noise, np.ones((grain, grain), np.uint8))).save(path)
    make_quick(monkeypatch, found, QUICK)
    return found


def test_the_network_gets_the_article_s_grey_levels():
    grey = np.array([0, 51, 255], np.float32).reshape(1, 1, 3, 1)
    image = np.zeros((1, 32, 32, 1), np.float32)
    image[:, :1, :3] = grey
    network = transfer.build_model("mobilenet_v2_0.35", (32, 32, 1), weights="random", head=None)
    prepared = keras.Model(network.input, network.get_layer("rescale").output)
    seen = frozen_backbone._rescale(image)
    got = np.asarray(prepared(seen))[0, 0, :3, 0]
    np.testing.assert_allclose(got, [0, 0.2, 1], atol=1e-6)


@pytest.mark.parametrize("name", ["two", "four"])
def test_as_published_gives_both_judgements_for_each_seed(cases, tmp_path, name):
    id, folder = f"article-4-as-published-{name}", tmp_path / "results"
    record = run.reproduce(id, seeds=[0, 1], folder=folder)
    assert records.read(id, folder) == record
    k = len(record.config["classes"])
    assert record.test_evaluations == 1
    first, second = record.runs
    assert first["scores"]["path"] != second["scores"]["path"]  # each seed draws its own
    for each in record.runs:
        score, found = np.array(each["scores"]["score"]), each["metrics"]
        assert score.shape == (9 * k, k)
        assert len(each["history"]["val_loss"]) == 2
        right = evaluation.accuracy(each["scores"]["y"], score)
        assert found["test accuracy"] == pytest.approx(right, abs=1e-5)
        assert found["article's evaluator images"] == k
        assert found["test images with patient overlap"] > 0
    mean = np.mean([each["metrics"]["test accuracy"] for each in record.runs])
    assert next(iter(record.summary)) == "test accuracy"
    assert record.summary["test accuracy"]["mean"] == pytest.approx(mean, abs=1e-5)
    row = record.summary["test accuracy, Wilson"]
    right = [round(each["metrics"]["test accuracy"] * 9 * k) for each in record.runs]
    images = len({*first["scores"]["path"], *second["scores"]["path"]})
    assert 9 * k < images < 18 * k  # the images of COVID are so few that some come twice
    interval = evaluation.wilson_interval_over_runs(right, [9 * k] * 2, images)
    assert (row["low"], row["high"]) == pytest.approx(interval[1:], abs=1e-5)
    assert "2 seeds" in record.summary["article's evaluator accuracy"]["method"]
    assert "draws its test images" in record.summary["test accuracy"]["method"]
    again = run.summarize_again(id, folder=folder)
    assert list(again.summary) == list(record.summary)
    for metric, row in record.summary.items():  # from scores of five digits
        assert again.summary[metric]["mean"] == row["mean"]
        assert again.summary[metric]["low"] == pytest.approx(row["low"], abs=0.01)


@pytest.mark.parametrize("id", ["article-4-repaired-two", "article-4-large-three"])
def test_the_repair_keeps_patients_apart(cases, tmp_path, id, capsys):
    command = ["reproduce", id, "--folder", str(tmp_path / "results"), "--seeds", "1"]
    assert cli.main(command) == 0
    record = records.read(id, tmp_path / "results")
    (found,) = [each["metrics"] for each in record.runs]
    assert found["test images with patient overlap"] == 0
    assert found["C"] in (1e-4, 1e-3, 1e-2, 1e-1)
    assert record.summary["test macro sensitivity"]["mean"] > 0.7  # chance: a half, a third
    assert "test, true covid" in capsys.readouterr().out
