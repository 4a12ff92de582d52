from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import cli, data, evaluation
from cxrlib import experiments as records
from cxrlib import experiments as studies
from cxrlib.experiments import judging_many
from cxrlib.experiments import registry as catalogue
from cxrlib.experiments import sampling as draws
from cxrlib.experiments.methods import frozen_backbone
from cxrlib.models import transfer
from cxrlib.models.transfer import backbones
from tests.experiments.test_fine_tuning import TINY
from tests.models.transfer.conftest import tiny_app, write_weights

CLASSES = ("normal", "bacterial", "viral", "covid")
HAVE = {"normal": 90, "bacterial": 100, "viral": 84, "covid": 80}


def table(**pictures: list[str]) -> pd.DataFrame:
    """Give each class a picture for each name of a patient, in files that are named in order."""
    rows = [
        {
            "path": f"{label}/{i:03d}.png",
            "label": label,
            "patient_id": f"{label}:{who}",
            "split": pd.NA,
            "source": "test",
            "width": 32,
            "height": 32,
            "view": "PA",
            "finding": label,
        }
        for label, patients in pictures.items()
        for i, who in enumerate(patients)
    ]
    names = [name for name in CLASSES if name in pictures]
    return data.cases.build(rows, names, name="covid")


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """Enough pictures for the article's sizes, two a patient: noise, coarser in each class."""
    found = table(**{name: [str(i // 2) for i in range(n)] for name, n in HAVE.items()})
    found["path"] = [str(tmp_path / "set" / path) for path in found["path"]]
    found.attrs["source"] = "folder"
    rng = np.random.default_rng(0)
    for name in HAVE:
        (tmp_path / "set" / name).mkdir(parents=True)
    for path, code in zip(found["path"], found["label"].cat.codes, strict=True):
        grain = 2**code
        noise = rng.integers(0, 256, (32 // grain, 32 // grain), dtype=np.uint8)
        Image.fromarray(np.kron(noise, np.ones((grain, grain), np.uint8))).save(path)
    monkeypatch.setattr(data, "load", lambda *_, **__: found)
    return found


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Every study of article 4 on a small network, with few epochs."""
    monkeypatch.setattr(keras.applications, "Tiny", tiny_app, raising=False)
    monkeypatch.setitem(backbones.BACKBONES, "tiny", TINY)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    keras.utils.set_random_seed(0)
    base = tiny_app(False, None, keras.Input((32, 32, 3)))
    write_weights(tmp_path / "weights" / "tiny.h5", base, as_drawn=True)
    quick = {"network": "tiny", "size": 32, "copies": 2}
    small = {
        k: replace(s, config=s.config | quick | ({"epochs": 2} if "epochs" in s.config else {}))
        for k, s in studies.STUDIES.items()
        if s.method == "frozen_backbone"
    }
    monkeypatch.setattr(catalogue, "STUDIES", small)
    return small


def test_the_articles_evaluator_reads_the_first_two_of_eighteen_both_of_one_patient():
    held_out = table(normal=list("abcdefghi"), covid=list("ppqqrstuv"))
    read = draws.read_first(held_out, 10)
    rows = held_out.iloc[read]
    assert rows["path"].tolist() == ["covid/000.png", "covid/001.png"]
    assert rows["patient_id"].tolist() == ["covid:p", "covid:p"]
    mixed = held_out.sample(frac=1, random_state=0)
    assert mixed.iloc[draws.read_first(mixed, 10)]["path"].tolist() == rows["path"].tolist()


@pytest.mark.parametrize(("n", "read"), [(9, 1), (10, 1), (11, 2), (18, 2), (27, 3), (36, 4)])
def test_it_reads_a_picture_a_step_and_makes_a_step_a_batch(n, read):
    held_out = table(normal=["a"], covid=[str(i) for i in range(n - 1)])
    assert len(draws.read_first(held_out, 10)) == read


def test_the_first_fifth_of_each_class_s_files_validates():
    train = table(covid=list("abcdefghijk"), normal=list("abcde")).sample(frac=1, random_state=1)
    first = sorted(train[draws.first_share(train, 0.2)]["path"])
    assert first == ["covid/000.png", "covid/001.png", "normal/000.png"]


def test_two_right_of_two_and_nine_right_of_eighteen():
    held_out = table(normal=list("abcdefghi"), covid=list("ppqqrstuv"))
    train = table(normal=list("xy"), covid=list("pqz"))
    held_out["path"] = "test/" + held_out["path"]
    cases = data.cases.combine(train.assign(split="train"), held_out.assign(split="test"))
    cases["label"] = cases["label"].cat.reorder_categories(["normal", "covid"])
    score = np.tile([0.25, 0.75], (18, 1))  # covid for everybody
    history = pd.DataFrame({"loss": [0.5]})
    run = judging_many.judged_many(cases, score, history, 3, 10)
    found = run["metrics"]
    assert found["article's evaluator pictures"] == 2
    assert found["article's evaluator accuracy"] == 1
    assert found["article's evaluator pictures whose patient is in train"] == 2
    assert found["test accuracy"] == found["test macro sensitivity"] == 0.5
    assert found["test macro F1"] == pytest.approx(1 / 3)
    assert found["test macro ROC AUC"] == 0.5
    assert found["test sensitivity of covid"] == 1
    assert found["test precision of covid"] == 0.5
    assert found["test sensitivity of normal"] == found["test precision of normal"] == 0
    assert found["test pictures whose patient is in train"] == 4
    assert found["test pictures of covid whose patient is in train"] == 4
    assert found["test pictures of normal whose patient is in train"] == 0
    assert run["confusion_matrix"]["test"].tolist() == [[0, 9], [0, 9]]
    assert run["threshold"] is None
    assert run["scores"]["score"][0] == [0.25, 0.75]
    ((name, (interval, how)),) = judging_many.evaluators_interval([held_out], [run]).items()
    assert name == "article's evaluator accuracy"
    assert interval == pytest.approx((1, 0.342, 1), abs=1e-3)
    assert "the 2 pictures" in how


def test_one_sigmoid_becomes_two_columns():
    both = judging_many.as_columns(np.array([[0.25], [1.0]]))
    np.testing.assert_array_equal(both, [[0.75, 0.25], [0, 1]])
    three = np.full((2, 3), 1 / 3)
    np.testing.assert_array_equal(judging_many.as_columns(three), three)


def shared(drawn: pd.DataFrame) -> int:
    sides = drawn.groupby("patient_id")["split"].nunique()
    return int((sides > 1).sum())


def test_single_pictures_let_patients_stand_on_both_sides(cases):
    by_picture, again, other = (
        draws.drawn(cases, "article 4", "pictures", CLASSES, seed) for seed in (0, 0, 1)
    )
    by_patient = draws.drawn(cases, "article 4", "patients", CLASSES, 0)
    for drawn in (by_picture, by_patient):
        counts = pd.crosstab(drawn["split"], drawn["label"])
        assert counts.loc["test"].tolist() == [9, 9, 9, 9]
        assert counts.loc["train"].tolist() == [70, 70, 70, 60]
        assert drawn.attrs["source"] == "folder"
    assert shared(by_picture) > 10
    assert shared(by_patient) == 0
    assert by_picture["path"].tolist() == again["path"].tolist() != other["path"].tolist()
    films = [set(d["path"][d["label"] == "covid"]) for d in (by_picture, other, by_patient)]
    assert films[0] == films[1] == films[2]


def test_the_largest_size_is_the_smallest_class_s(cases):
    drawn = draws.drawn(cases, "largest", "patients", ["normal", "bacterial", "covid"], 0)
    assert data.classes(drawn) == ("normal", "bacterial", "covid")
    assert drawn["label"].value_counts().tolist() == [80, 80, 80]
    data.splits.check(drawn)


def test_the_network_gets_the_article_s_grey_levels():
    grey = np.array([0, 51, 255], np.float32).reshape(1, 1, 3, 1)
    image = np.zeros((1, 32, 32, 1), np.float32)
    image[:, :1, :3] = grey
    network = transfer.network("mobilenet_v2_0.35", (32, 32, 1), weights="random", head=None)
    prepared = keras.Model(network.input, network.get_layer("rescale").output)
    seen = frozen_backbone._as_article(image, {"preprocess": "1/255"})
    got = np.asarray(prepared(seen))[0, 0, :3, 0]
    np.testing.assert_allclose(got, [0, 0.2, 1], atol=1e-6)
    assert frozen_backbone._as_article(image, {"preprocess": "own"}) is image


@pytest.mark.parametrize("name", ["two", "four"])
def test_as_published_gives_both_judgements_for_each_seed(tiny, cases, tmp_path, name):
    id, folder = f"article-4-as-published-{name}", tmp_path / "results"
    record = studies.reproduce(id, seeds=[0, 1], folder=folder)
    assert records.read(id, folder) == record
    k = len(record.config["classes"])
    assert record.test_touches == 1
    first, second = record.runs
    assert first["scores"]["path"] != second["scores"]["path"]  # each seed draws its own
    for run in record.runs:
        score = np.array(run["scores"]["score"])
        assert score.shape == (9 * k, k)
        assert len(run["history"]["val_loss"]) == 2
        right = evaluation.accuracy_many(run["scores"]["y"], score)
        assert run["metrics"]["test accuracy"] == pytest.approx(right, abs=1e-5)
        assert run["metrics"]["article's evaluator pictures"] == k
        assert run["metrics"]["test pictures whose patient is in train"] > 0
        assert np.sum(run["confusion_matrix"]["test"]) == 9 * k
    mean = np.mean([run["metrics"]["test accuracy"] for run in record.runs])
    assert next(iter(record.summary)) == "test accuracy"
    assert record.summary["test accuracy"]["mean"] == pytest.approx(mean, abs=1e-5)
    row = record.summary["test accuracy, Wilson"]
    right = [round(r["metrics"]["test accuracy"] * 9 * k) for r in record.runs]
    pictures = len(set(first["scores"]["path"]) | set(second["scores"]["path"]))
    assert 9 * k < pictures < 18 * k  # the films of COVID are so few that some come twice
    interval = evaluation.wilson_over_runs(right, [9 * k] * 2, pictures)
    assert (row["low"], row["high"]) == pytest.approx(interval[1:], abs=1e-5)
    assert "2 seeds" in record.summary["article's evaluator accuracy"]["how"]
    assert "pictures of its own" in record.summary["test accuracy"]["how"]
    again = studies.summarise_again(id, folder=folder)
    assert list(again.summary) == list(record.summary)
    for metric, row in record.summary.items():  # from scores of five digits
        assert again.summary[metric]["mean"] == row["mean"]
        assert again.summary[metric]["low"] == pytest.approx(row["low"], abs=0.01)


@pytest.mark.parametrize("id", ["article-4-repaired-two", "article-4-large-three"])
def test_the_repair_keeps_patients_apart(tiny, cases, tmp_path, id, capsys):
    command = ["reproduce", id, "--folder", str(tmp_path / "results"), "--seeds", "1"]
    assert cli.main(command) == 0
    (run,) = (record := records.read(id, tmp_path / "results")).runs
    assert run["metrics"]["test pictures whose patient is in train"] == 0
    assert run["metrics"]["strength C"] in (1e-4, 1e-3, 1e-2, 1e-1)
    assert record.summary["test macro sensitivity"]["mean"] > 0.7  # chance: a half, a third
    assert "test, truly covid" in capsys.readouterr().out


def test_five_seeds_are_the_default(tiny, cases, tmp_path):
    assert all(study.seeds == (0, 1, 2, 3, 4) and study.redraw for study in tiny.values())
    record = studies.reproduce("article-4-repaired-two", folder=tmp_path / "results")
    assert [run["seed"] for run in record.runs] == [0, 1, 2, 3, 4]
    assert studies.STUDIES["article-3-repaired"].seeds == (0,)


def test_scores_of_three_classes_that_are_no_probabilities_are_refused(tiny, cases, tmp_path):
    record = studies.reproduce("article-4-repaired-three", seeds=[0], folder=tmp_path / "results")
    (run,) = record.runs
    for row, message in (
        ([0.5, 0.4, 0.3], r"probabilities that sum to 1 a picture, got \[\[0.5, 0.4, 0.3\]\]"),
        ([1.5, -0.25, -0.25], "probabilities that sum to 1"),
        ([0.5, 0.5], "3 numbers a picture"),
        (0.5, "3 numbers a picture"),
    ):
        scores = run["scores"] | {"score": [row, *run["scores"]["score"][1:]]}
        with pytest.raises(records.RecordError, match=message):
            records.make(**vars(record) | {"runs": [run | {"scores": scores}]})
