import copy
import json
import os

import numpy as np
import pandas as pd
import pytest

from cxrlib import cli, data, evaluation, phantoms
from cxrlib.data import datasets
from cxrlib.experiments import ledger, record as records, registry, run
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods import from_scratch
from cxrlib.experiments.record import Record, RecordError
from cxrlib.experiments.scores import image_names
from tests.experiments.conftest import children, make_quick

QUICK = {"size": 32, "epochs": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return children(tmp_path_factory.mktemp("set"), 40)


@pytest.fixture(scope="module")
def quick(cases):
    with pytest.MonkeyPatch.context() as patch:
        yield make_quick(patch, cases, QUICK)


@pytest.fixture(scope="module")
def whole(quick, tmp_path_factory):
    """Two records of two seeds each, made once: their folder."""
    folder = tmp_path_factory.mktemp("results")
    for id in ("article-3-repaired", "article-3-as-published"):
        run.reproduce(id, seeds=[0, 1], folder=folder)
    return folder


def test_a_study_writes_a_record_that_can_be_computed_again(quick, cases, tmp_path, capsys):
    assert cli.main(["reproduce", "article-0-as-published", "--folder", str(tmp_path)]) == 0
    assert f"written to {tmp_path / 'article-0-as-published.json'}" in capsys.readouterr().out
    record = records.read("article-0-as-published", tmp_path)
    (only,) = record.runs
    assert only["scores"]["path"] == image_names(cases[cases["split"] == "test"])
    accuracy = evaluation.accuracy(only["scores"]["y"], np.array(only["scores"]["score"]))
    assert record.summary["test accuracy"]["mean"] == pytest.approx(accuracy, abs=1e-5)
    assert only["metrics"]["test accuracy"] == pytest.approx(accuracy, abs=1e-5)
    watched, last = only["test_evaluations"]
    assert (watched["purpose"], watched["times"]) == ("validation after each epoch", 2)
    assert (last["purpose"], last["times"]) == ("final evaluation", 1)
    assert only["scores"]["patient"] == cases.loc[cases["split"] == "test", "patient_id"].tolist()
    assert len(only["history"]["val_loss"]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{record.id}.json", ledger.FILE]


def test_a_repaired_study_validates_on_val_and_evaluates_the_test_set_once(whole):
    record = records.read("article-3-repaired", whole)
    assert record.test_evaluations == 1
    assert set(record.data["counts"]) == {"train", "val", "test"}
    assert [each["seed"] for each in record.runs] == [0, 1]
    values = [each["metrics"]["test accuracy"] for each in record.runs]
    assert record.summary["test accuracy"]["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert "2 seeds" in record.summary["test accuracy"]["method"]


def test_a_summary_is_computed_again_from_the_scores_that_are_kept(quick, tmp_path, whole):
    id = "article-3-repaired"
    record = records.read(id, whole)
    other = {k: v | {"low": 0.0, "method": "another way"} for k, v in record.summary.items()}
    Record.create(**vars(record) | {"summary": other}).write(tmp_path)
    assert cli.main(["reproduce", id, "--summary-only", "--folder", str(tmp_path)]) == 0
    again = records.read(id, tmp_path).summary
    assert list(again) == list(record.summary)
    for metric, row in record.summary.items():
        assert again[metric]["method"] == row["method"]
        assert again[metric]["low"] == pytest.approx(row["low"], abs=0.01)


def test_a_summary_that_the_scores_do_not_give_is_left_alone(tmp_path, whole):
    record = records.read("article-3-as-published", whole)
    turned = copy.deepcopy(vars(record))
    score = turned["runs"][0]["scores"]["score"]
    score[0] = 0.1 if score[0] >= 0.5 else 0.9  # as if rounding had turned an answer
    Record.create(**turned).write(tmp_path)
    with pytest.raises(RecordError, match="other side of the threshold"):
        run.summarize_again("article-3-as-published", folder=tmp_path)


def test_an_interrupted_study_goes_on_with_the_seed_that_is_missing(whole, tmp_path, monkeypatch):
    train, asked = from_scratch.run, []

    def killed_at_the_second(cases, test, config, seed, backup_dir):
        asked.append(seed)
        if asked == [0, 1]:
            raise KeyboardInterrupt
        return train(cases, test, config, seed, backup_dir)

    monkeypatch.setattr(from_scratch, "run", killed_at_the_second)
    command = ["reproduce", "article-3-as-published", "--seeds", "0", "1"]
    assert cli.main([*command, "--folder", str(tmp_path)]) == 130
    assert not (tmp_path / "article-3-as-published.json").exists()
    kept = tmp_path / ".unfinished" / "article-3-as-published-0.json"
    first = json.loads(kept.read_text())["seconds"]
    assert cli.main([*command, "--folder", str(tmp_path)]) == 0
    assert asked == [0, 1, 1]
    lines = (tmp_path / ledger.FILE).read_text().splitlines()
    assert len(lines) == 4  # two of each seed: its epochs, and its result
    again = records.read("article-3-as-published", tmp_path)
    assert again.summary == records.read("article-3-as-published", whole).summary
    assert again.seconds >= first > 0  # the time of the first seed counts


def test_what_was_kept_of_other_images_is_not_taken(quick, tmp_path, cases, monkeypatch):
    train, asked = from_scratch.run, []

    def count(*arguments):
        asked.append(arguments[3])
        return train(*arguments)

    monkeypatch.setattr(from_scratch, "run", count)
    id = "article-3-as-published"
    test = cases[cases["split"] == "test"]
    config, state = registry.get(id).config, tmp_path / "state"
    for table in (cases, cases, cases[cases["path"] != cases["path"].iloc[0]]):
        run._run_once("from_scratch", table, ledger.TestSet(test), config, 0, state)
    assert asked == [0, 0]  # the second time it is there; the third has an image less


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1], [1.0]])
def test_seeds_that_are_none_are_refused_before_any_work(quick, tmp_path, seeds):
    with pytest.raises(data.DataError, match="seeds as different whole numbers from 0"):
        run.reproduce("article-3-as-published", seeds=seeds, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recipe", ["article-0", None])
def test_article_0_watches_changed_images_and_is_judged_on_them_as_they_are(
    monkeypatch, quick, cases, tmp_path, recipe
):
    given = {}

    def fit(network, train, watched, **_):
        given["watched"] = watched
        return pd.DataFrame({"loss": [1.0]})

    def predict(network, parts):
        given["judged"] = parts["test"]
        return {split: np.full((len(part.labels), 1), 0.5) for split, part in parts.items()}

    monkeypatch.setattr(from_scratch.models, "fit", fit)
    monkeypatch.setattr(from_scratch, "predict", predict)
    config = registry.get("article-0-as-published").config
    assert config["validation_augment"] == "article-0"
    held_out = cases["split"] == "test"
    config = config | {"validation_augment": recipe}
    from_scratch.run(cases[~held_out], TestSet(cases[held_out]), config, 0, tmp_path)
    moved = np.abs(given["watched"].images.astype(float) - given["judged"].images).mean()
    assert moved > 3 if recipe else moved == 0
    np.testing.assert_array_equal(given["watched"].labels, given["judged"].labels)


def test_phantoms_are_refused_before_any_work(monkeypatch, cases, tmp_path):
    monkeypatch.setattr(cases, "attrs", cases.attrs | {"source": "phantoms"})
    monkeypatch.setattr(data, "load", lambda *_, **__: cases)
    with pytest.raises(data.DataError, match="cxr data fetch pneumonia"):
        run.reproduce("article-3-as-published", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_study_comes_with_the_nearest():
    with pytest.raises(data.DataError, match="Did you mean 'article-0-repaired'"):
        registry.get("article-0-repared")


def test_every_study_is_plain_data():
    for name, study in registry.STUDIES.items():
        assert study.id == name
        assert json.loads(json.dumps(study.config)) == study.config
        assert study.article in (0, 1, 2, 3, 4, None)
        assert name.startswith(("article-", "study-", "keras-io-"))
        if study.article == 4:  # its test sets are small
            assert (study.seeds, study.resample) == ((0, 1, 2, 3, 4), True)


def a_table(root: str = "/some/where") -> pd.DataFrame:
    cases = pd.DataFrame(
        {
            "split": ["train", "train", "train", "test", "test"],
            "label": pd.Categorical(["B", "A", "A", "B", "A"], ["B", "A"]),
            "patient_id": ["p1", "p2", "p2", None, "p5"],
            "source": "chest",
        }
    )
    folders = root + "/chest/" + cases["split"] + "/" + cases["label"].astype(str)
    cases["path"] = [f"{folder}/{i}.png" for i, folder in enumerate(folders, start=1)]
    cases.attrs.update(name="tiny", source="folder")
    return cases


def test_data_are_described_by_counts_patients_and_names():
    described = run.describe_data(a_table())
    assert (described["name"], described["source"]) == ("tiny", "folder")
    counts = {"train": {"B": 1, "A": 2}, "test": {"B": 1, "A": 1}}
    assert json.dumps(described["counts"]) == json.dumps(counts)  # in this order
    assert described["patients"] == {"train": 2, "test": None}


def test_the_fingerprint_knows_names_splits_and_labels_but_no_folder_and_no_order():
    mark = run.describe_data(a_table())["fingerprint"]
    windows = a_table("C:/other").assign(path=lambda t: t["path"].str.replace("/", "\\"))
    for same in (a_table("/else"), a_table().iloc[::-1], windows):
        assert run.describe_data(same)["fingerprint"] == mark
    for column, value in (("path", "x.png"), ("split", "test"), ("label", "A")):
        other = a_table()
        other.loc[0, column] = value
        assert run.describe_data(other)["fingerprint"] != mark
    assert run.describe_data(a_table().iloc[:4])["fingerprint"] != mark


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: pd.DataFrame(dict(t)), "without name and source"),
        (lambda t: t.assign(split=["train"] * 4 + [pd.NA]), "split for every image, got 1 of 5"),
        (lambda t: t.assign(label=t["label"].cat.remove_categories("B")), "Give it one"),
    ],
)
def test_what_cannot_be_described_is_refused(spoil, message):
    with pytest.raises(data.DataError, match=message):
        run.describe_data(spoil(a_table()))


def test_phantoms_are_recognised_even_where_the_table_forgot_them(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "drawn"))
    phantoms.write(tmp_path / "drawn", "pneumonia", size=48, n=24)
    cases = datasets.load("pneumonia", source="folder", quiet=True)
    cases.attrs["source"] = "folder"
    assert run.describe_data(cases)["source"] == "phantoms"


def test_the_environment_says_what_is_installed_and_what_was_used():
    made = run.environment()
    assert made["versions"]["numpy"] == np.__version__
    assert {"python", "keras", "tensorflow", "cxrlib"} <= set(made["versions"])
    assert 1 <= made["device"]["cpu_count"] <= os.cpu_count()
    assert made["peak_memory_mb"] > 50
