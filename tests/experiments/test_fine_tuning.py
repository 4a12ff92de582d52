from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import expit, logit

from cxrlib import data, evaluation
from cxrlib import experiments as studies
from cxrlib.experiments import registry as catalogue
from cxrlib.experiments.methods import ensemble as group_ensemble
from cxrlib.experiments.methods import fine_tuning as borrowed_networks
from cxrlib.experiments.methods import shifted_validation
from cxrlib.models import features, transfer
from tests.models.training.conftest import some_pictures
from tests.models.transfer.conftest import TINY, register, tiny_app, write_weights

QUICK = {"network": "tiny", "sizes": [32], "epochs": 1, "batch_size": 16}
LAST = ("block_16", "block3_.*")  # the name that article 2's settings unfreeze from


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    """Register a small network with weights of its own, and every study at tiny size."""
    register(monkeypatch, replace(TINY, blocks=(*TINY.blocks[:2], LAST)))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    keras.utils.set_random_seed(0)
    base = tiny_app(False, None, keras.Input((32, 32, 3)))
    write_weights(tmp_path / "weights" / "tiny.h5", base, as_drawn=True)
    small = {
        k: replace(s, config=s.config | QUICK | {"epochs": min(1, s.config["epochs"])})
        for k, s in studies.STUDIES.items()
        if s.method in ("fine_tuning", "ensemble")
    }
    monkeypatch.setattr(catalogue, "STUDIES", small)
    return small


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """Children with two pictures each: noise with a bright middle where they are sick."""
    tables = []
    for seed, (split, n) in enumerate({"train": 96, "test": 12}.items()):
        pictures = some_pictures(n, split, seed, size=32)
        table = pictures.cases.assign(
            path=[str(tmp_path / path) for path in pictures.cases["path"]],
            patient_id=[f"{split} {i % 2} {i // 4}" for i in range(n)],
        )
        for path, image in zip(table["path"], pictures.images, strict=True):
            Path(path).parent.mkdir(exist_ok=True)
            Image.fromarray(image[:, :, 0]).save(path)
        tables.append(table)
    table = data.combine(*tables)
    table.attrs["name"] = "pneumonia"
    monkeypatch.setattr(data, "load", lambda *_, **__: table)
    return table


SEEN = "val share of pictures whose patient is in train"


@pytest.mark.parametrize(
    ("id", "shared"),
    [
        ("article-1-as-published", True),
        ("article-1-repaired", False),
        ("article-2-as-published", True),
        ("article-2-repaired", False),
    ],
)
def test_only_the_repair_keeps_patients_apart(cases, tmp_path, id, shared):
    record = studies.reproduce(id, folder=tmp_path / "results")
    (run,) = record.runs
    assert (run["metrics"][SEEN] > 0) is shared
    assert record.test_touches == 1
    assert len(run["scores"]["y"]) == 12
    at = run["threshold"]
    accuracy = evaluation.accuracy(run["scores"]["y"], np.array(run["scores"]["score"]), at)
    assert record.summary["test accuracy"]["mean"] == pytest.approx(accuracy, abs=1e-5)
    if not shared:
        assert run["metrics"]["val sensitivity"] >= 0.95


def test_article_2_turns_the_pictures_that_it_judges(tiny, cases):
    parts = {"test": data.read_pictures(cases, 32).where("test")}
    for id, changes in (("article-2-as-published", True), ("article-2-repaired", False)):
        judged = borrowed_networks._as_judged(parts, tiny[id].config, seed=0)["test"]
        same = np.array_equal(judged.images, parts["test"].images)
        assert same is not changes


def test_batch_normalisation_may_follow_the_batches_at_a_given_pace():
    for given, learns, momentum in ((False, False, 0.99), (True, True, 0.99), (0.9, True, 0.9)):
        network = transfer.network("tiny", (32, 32, 1))
        borrowed_networks._unfreeze(network, "all", given)
        layer = network.get_layer("block1_bn")
        assert layer.trainable is learns
        assert layer.momentum == momentum


def test_a_variant_is_judged_on_the_group_it_never_saw(cases, tmp_path):
    for id in ("study-ablation-one", "study-ablation-probe"):
        record = studies.reproduce(id, folder=tmp_path / "results")
        assert set(record.data["counts"]) == {"train", "val", "shifted", "test"}
        assert record.data["counts"]["shifted"]["pneumonia"] == 0
        (run,) = record.runs
        assert 0 <= run["metrics"]["shifted ROC AUC"] <= 1
        assert run["metrics"]["shifted temperature"] > 0
        assert len(run["history"]["loss"]) == 1


def test_several_networks_answer_by_their_mean_logit(tiny, cases, tmp_path):
    config = tiny["study-ablation-probe"].config | {"groups": None}
    table = borrowed_networks.prepare(cases, config, seed=0)

    def scores(*sizes):
        run = borrowed_networks.run(table, config | {"sizes": list(sizes)}, 0, tmp_path / "state")
        return np.array(run["scores"]["score"]).ravel()

    small, large, both = scores(32), scores(48), scores(32, 48)
    odds = np.sqrt(small / (1 - small) * large / (1 - large))
    np.testing.assert_allclose(both, odds / (1 + odds), rtol=1e-3)


@pytest.fixture(scope="module")
def members():
    """Networks of a group by their seed: trained once for all tests that ask for the same."""
    return {}


@pytest.fixture
def trained_once(monkeypatch, members):
    train = group_ensemble._member

    def member(pictures, left_out, config, seed, resume):
        key = seed, left_out.tobytes(), pictures.images.tobytes()
        if key not in members:
            members[key] = train(pictures, left_out, config, seed, resume)
        return members[key]

    monkeypatch.setattr(group_ensemble, "_member", member)
    return members


def test_each_of_four_networks_has_its_own_strangers(tiny, cases, tmp_path, trained_once):
    record = studies.reproduce("study-better-model", seeds=[0], folder=tmp_path / "results")
    (run,) = record.runs
    assert len({group for _, group, _ in trained_once}) == 4
    assert set(run["confusion_matrix"]) == {"train", "val", "test"}
    assert set(run["history"]) >= {f"loss, network {i}" for i in (1, 2, 3, 4)}
    assert run["threshold"] == 0.5
    assert 0 <= run["metrics"]["shifted specificity"] <= 1
    table = group_ensemble.prepare(cases, tiny["study-better-model"].config, seed=0)
    assert set(table["group"].dropna()) == {0, 1, 2, 3}
    assert not (table["group"].notna() & (table["label"] == "pneumonia")).any()
    assert not (table["group"].notna() & (table["split"] == "test")).any()
    assert (table.groupby("patient_id")["group"].nunique() <= 1).all()


def test_the_highest_line_of_four_networks_moves_all_scores_by_its_distance_from_the_mean(
    tiny, cases, tmp_path, trained_once
):
    config = tiny["study-better-model"].config
    table = group_ensemble.prepare(cases, config, seed=0)
    runs = {
        line: group_ensemble.run(table, config | {"line": line}, 0, tmp_path / line)
        for line in ("mean", "highest")
    }
    low, high = (logit(np.ravel(run["scores"]["score"])) for run in runs.values())
    lines = [runs["highest"]["metrics"][f"line {i}"] for i in (1, 2, 3, 4)]
    np.testing.assert_allclose(low - high, max(lines) - np.mean(lines), atol=2e-3)
    ours = [run["metrics"] for run in runs.values()]
    assert ours[0]["test ROC AUC"] == pytest.approx(ours[1]["test ROC AUC"])
    assert ours[0]["shifted specificity"] <= ours[1]["shifted specificity"]


def test_the_group_left_out_is_the_one_that_looks_sick():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [60, 30, 60])  # healthy, healthy but strange, sick
    values = rng.normal(size=(150, 5)) + 6 * np.eye(5)[kind]
    values[kind == 1, 2] += 4
    cases = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(150)],
            "label": pd.Categorical(np.where(kind == 2, "sick", "normal"), ["normal", "sick"]),
            "patient_id": [f"child {i // 2}" for i in range(150)],
            "split": np.where(np.arange(150) // 2 % 4 == 0, "val", "train"),
            "source": "test",
        }
    )
    labels = (kind == 2)[:, None].astype("float32")
    found = features.Features(values.astype("float32"), labels, cases)
    table = shifted_validation.leave_group_out(cases, found, 2)
    np.testing.assert_array_equal(table["split"] == "shifted", kind == 1)
    data.splits.check(table)


def test_several_views_answer_by_their_mean_logit(cases, monkeypatch):
    part = {"test": data.read_pictures(cases, 32).where("test")}

    def brightness(network, parts):
        return {split: each.images.mean(axis=(1, 2)) / 255 for split, each in parts.items()}

    monkeypatch.setattr(borrowed_networks, "score_parts", brightness)
    views = [part] + [borrowed_networks._changed(part, borrowed_networks.VIEW, i) for i in (1, 2)]
    each = [logit(brightness(None, view)["test"]) for view in views]
    found = borrowed_networks._scored(None, part, 2, seed=0)["test"]
    np.testing.assert_allclose(logit(found), np.mean(each, axis=0), atol=1e-6)
    assert np.abs(each[1] - each[0]).max() > 0.01
    np.testing.assert_allclose(borrowed_networks._scored(None, part, 0, 0)["test"], expit(each[0]))


def test_strangers_that_look_like_the_test_set_lend_it_their_temperature():
    rng = np.random.default_rng(0)
    truth = rng.normal(scale=2, size=4000)
    y = (rng.random(4000) < expit(truth)).astype(float)
    val, strange = expit(truth), expit(3 * truth)  # at home calibrated, elsewhere too sure
    found = shifted_validation.calibration(
        strange[:2000][y[:2000] == 0],
        strange[:2000][y[:2000] == 1],
        (y, val),
        (y[2000:], strange[2000:]),
    )
    assert found["val temperature"] == pytest.approx(1, abs=0.1)
    assert found["shifted temperature"] == pytest.approx(3, abs=0.3)
    assert found["test ECE, shifted temperature"] < 0.5 * found["test ECE, val temperature"]
    assert found["test ECE"] == evaluation.ece(y[2000:], strange[2000:]).value
