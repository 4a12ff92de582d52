import numpy as np
import pytest
from scipy.special import expit, logit

from cxrlib import data, evaluation
from cxrlib.experiments import record as records, run
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods import ensemble, fine_tuning
from cxrlib.models import transfer
from tests.experiments.conftest import LAST, children, make_quick

QUICK = {"network": "tiny", "size": 32, "epochs": 1, "batch_size": 16}
OVERLAP = "val patient overlap"


@pytest.fixture
def cases(tmp_path):
    return children(tmp_path, 96, siblings=True)


@pytest.fixture
def quick(monkeypatch, tiny, cases):
    return make_quick(monkeypatch, cases, QUICK)


@pytest.mark.parametrize(
    ("id", "shared"),
    [
        ("article-1-as-published", True),
        ("article-1-repaired", False),
        ("article-2-as-published", True),
        ("article-2-repaired", False),
    ],
)
def test_only_the_repair_keeps_patients_apart(quick, tmp_path, id, shared):
    record = run.reproduce(id, seeds=[0], folder=tmp_path / "results")
    (only,) = record.runs
    assert (only["metrics"][OVERLAP] > 0) is shared
    assert record.test_evaluations == 1
    y, score = only["scores"]["y"], np.array(only["scores"]["score"])
    assert len(y) == 12
    accuracy = evaluation.accuracy(y, score, only["threshold"])
    assert record.summary["test accuracy"]["mean"] == pytest.approx(accuracy, abs=1e-5)
    if not shared:
        assert only["metrics"]["val sensitivity"] >= 0.95


@pytest.mark.parametrize(
    ("id", "changes"), [("article-2-as-published", True), ("article-2-repaired", False)]
)
def test_article_2_turns_the_images_that_it_judges(quick, cases, id, changes):
    parts = {"test": data.read_images(cases, 32).split("test")}
    judged = fine_tuning._as_evaluated(parts, quick[id].config, seed=0)["test"]
    assert np.array_equal(judged.images, parts["test"].images) is not changes


def test_one_of_several_recipes_and_settings_of_the_optimizer_come_as_plain_data(
    monkeypatch, tiny, cases, tmp_path
):
    recipes = [{"brightness": 0.2}, {"rotation": 10, "fill_mode": "constant"}, "exposure"]
    settings = {"beta_2": 0.99, "global_clipnorm": 0.5}
    change = {"augment": {"one_of": recipes}, "optimizer_settings": settings}
    quick = make_quick(monkeypatch, cases, QUICK | change)
    id = "article-2-as-published"
    record = run.reproduce(id, folder=tmp_path / "results")
    assert records.read(id, tmp_path / "results").config["augment"] == {"one_of": recipes}
    assert record.config == quick[id].config
    network = transfer.unfreeze(transfer.build_model("tiny", (32, 32, 1)), LAST[0])
    fine_tuning._compile(network, record.config, n_images=16)
    compiled = network.optimizer.optimizers
    assert len(compiled) == 2
    assert all(each.beta_2 == 0.99 and each.global_clipnorm == 0.5 for each in compiled)


@pytest.mark.parametrize(
    ("given", "learns", "momentum"), [(False, False, 0.99), (True, True, 0.99), (0.9, True, 0.9)]
)
def test_batch_normalisation_may_follow_the_batches_at_a_given_pace(tiny, given, learns, momentum):
    network = transfer.build_model("tiny", (32, 32, 1))
    fine_tuning._unfreeze(network, "all", given)
    layer = network.get_layer("block1_bn")
    assert layer.trainable is learns
    assert layer.momentum == momentum


@pytest.mark.parametrize("id", ["study-ablation-one", "study-ablation-probe"])
def test_a_variant_is_judged_on_the_group_it_never_saw(quick, tmp_path, id):
    record = run.reproduce(id, folder=tmp_path / "results")
    assert set(record.data["counts"]) == {"train", "val", "shifted", "test"}
    assert record.data["counts"]["shifted"]["pneumonia"] == 0
    (only,) = record.runs
    assert 0 <= only["metrics"]["shifted ROC AUC"] <= 1
    assert only["metrics"]["shifted temperature"] > 0
    assert len(only["history"]["loss"]) == 1


def test_several_views_answer_by_their_mean_logit(cases, monkeypatch):
    part = {"test": data.read_images(cases, 32).split("test")}

    def brightness(network, parts):
        return {split: each.images.mean(axis=(1, 2)) / 255 for split, each in parts.items()}

    monkeypatch.setattr(fine_tuning.metrics, "predict", brightness)
    views = [part] + [fine_tuning._augmented(part, fine_tuning.TTA, i) for i in (1, 2)]
    each = [logit(brightness(None, view)["test"]) for view in views]
    found = fine_tuning.predict_tta(None, part, 2, seed=0)["test"]
    np.testing.assert_allclose(logit(found), np.mean(each, axis=0), atol=1e-6)
    assert np.abs(each[1] - each[0]).max() > 0.01
    np.testing.assert_allclose(fine_tuning.predict_tta(None, part, 0, 0)["test"], expit(each[0]))


@pytest.fixture(scope="module")
def members():
    """Networks of a group by their seed: trained once for all tests that ask for the same."""
    return {}


@pytest.fixture
def trained_once(monkeypatch, members):
    train = ensemble._train_member

    def member(images, kind, left_out, seed, backup_dir):
        key = seed, left_out.tobytes(), images.images.tobytes()
        if key not in members:
            members[key] = train(images, kind, left_out, seed, backup_dir)
        return members[key]

    monkeypatch.setattr(ensemble, "_train_member", member)
    return members


def test_each_of_four_networks_has_its_own_strangers(quick, cases, tmp_path, trained_once):
    record = run.reproduce("study-better-model", seeds=[0], folder=tmp_path / "results")
    (only,) = record.runs
    assert len({group for _, group, _ in trained_once}) == 4
    assert set(only["confusion_matrix"]) == {"train", "val", "test"}
    assert set(only["history"]) >= {f"loss, network {i}" for i in (1, 2, 3, 4)}
    assert only["threshold"] == 0.5
    assert 0 <= only["metrics"]["shifted specificity"] <= 1
    table = ensemble.prepare(cases, record.config, seed=0)
    assert set(table["group"].dropna()) == {0, 1, 2, 3}
    assert not (table["group"].notna() & (table["label"] == "pneumonia")).any()
    assert not (table["group"].notna() & (table["split"] == "test")).any()
    assert (table.groupby("patient_id")["group"].nunique() <= 1).all()


def test_the_highest_of_four_thresholds_moves_all_scores_by_its_distance_from_the_mean(
    quick, cases, tmp_path, trained_once
):
    config = quick["study-better-model"].config
    table = ensemble.prepare(cases, config, seed=0)
    held_out = table["split"] == "test"
    rows, test = table[~held_out], TestSet(table[held_out])
    mean, highest = (
        ensemble.run(rows, test, config | {"threshold_rule": rule}, 0, tmp_path / rule)
        for rule in ("mean", "max")
    )
    low, high = (logit(np.ravel(each["scores"]["score"])) for each in (mean, highest))
    thresholds = [highest["metrics"][f"threshold {i}"] for i in (1, 2, 3, 4)]
    np.testing.assert_allclose(low - high, max(thresholds) - np.mean(thresholds), atol=2e-3)
    ours, theirs = mean["metrics"], highest["metrics"]
    assert ours["test ROC AUC"] == pytest.approx(theirs["test ROC AUC"])
    assert ours["shifted specificity"] <= theirs["shifted specificity"]


def test_networks_of_several_kinds_answer_together(quick, cases, tmp_path, trained_once):
    config = quick["study-better-model"].config
    kinds = [{}, {"size": 48, "epochs": 2}]
    table = ensemble.prepare(cases, config, seed=0)
    held_out = table["split"] == "test"
    runs = [
        ensemble.run(
            table[~held_out], TestSet(table[held_out]), config | {"members": members}, 0, tmp_path
        )
        for members in (kinds[:1], kinds)
    ]
    sizes = {key[2] for key in trained_once}
    assert len(sizes) == 2
    one, both = (np.ravel(each["scores"]["score"]) for each in runs)
    assert np.abs(one - both).max() > 1e-4
    history = runs[1]["history"]
    assert [x is None for x in history["loss, network 2"]] == [False, False]  # the second kind
    assert [x is None for x in history["loss, network 1"]] == [False, True]
