import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxrlib import cli, data, evaluation
from cxrlib.teaching import records, studies
from cxrlib.teaching.studies import catalogue, small_networks
from tests.models.training.conftest import some_pictures

QUICK = {"size": 32, "epochs": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Noise with a bright middle in the pictures of sick children, as files."""
    root, tables = tmp_path_factory.mktemp("set"), []
    for seed, (split, n) in enumerate({"train": 40, "test": 12}.items()):
        pictures = some_pictures(n, split, seed, size=32)
        table = pictures.cases.assign(path=[str(root / path) for path in pictures.cases["path"]])
        for path, image in zip(table["path"], pictures.images, strict=True):
            Path(path).parent.mkdir(exist_ok=True)
            Image.fromarray(image[:, :, 0]).save(path)
        tables.append(table)
    table = data.combine(*tables)
    table.attrs["name"] = "pneumonia"
    return table


@pytest.fixture
def quick(monkeypatch, cases):
    """Every study at tiny size, on those pictures."""
    small = {k: replace(s, config=s.config | QUICK) for k, s in studies.STUDIES.items()}
    monkeypatch.setattr(catalogue, "STUDIES", small)
    monkeypatch.setattr(data, "load", lambda *_, **__: cases)


def test_a_study_writes_a_record_that_can_be_computed_again(quick, cases, tmp_path, capsys):
    assert cli.main(["reproduce", "article-0-as-published", "--folder", str(tmp_path)]) == 0
    assert "article-0-as-published" in capsys.readouterr().out
    record = records.read("article-0-as-published", tmp_path)
    (run,) = record.runs
    test = cases[cases["split"] == "test"]
    assert run["scores"]["path"] == records.picture_names(test)
    score = np.array(run["scores"]["score"])
    accuracy = evaluation.accuracy(run["scores"]["y"], score)
    assert record.summary["test accuracy"]["mean"] == pytest.approx(accuracy, abs=1e-5)
    assert run["metrics"]["test accuracy"] == pytest.approx(accuracy, abs=1e-5)
    assert record.test_touches == 3  # two epochs watched it, then the result
    assert len(run["history"]["val_loss"]) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["article-0-as-published.json"]


def test_a_repaired_study_watches_validation_and_touches_the_test_set_once(quick, tmp_path):
    record = studies.reproduce("article-3-repaired", seeds=[0, 1], folder=tmp_path)
    assert record.test_touches == 1
    assert set(record.data["counts"]) == {"train", "val", "test"}
    assert [run["seed"] for run in record.runs] == [0, 1]
    values = [run["metrics"]["test accuracy"] for run in record.runs]
    assert record.summary["test accuracy"]["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert "2 seeds" in record.summary["test accuracy"]["how"]


def test_an_interrupted_study_goes_on_with_the_seed_that_is_missing(quick, tmp_path, monkeypatch):
    whole = studies.reproduce("article-3-as-published", seeds=[0, 1], folder=tmp_path / "whole")
    run, asked = small_networks.run, []

    def killed_at_the_second(cases, config, seed, resume):
        asked.append(seed)
        if asked == [0, 1]:
            raise KeyboardInterrupt
        return run(cases, config, seed, resume)

    monkeypatch.setattr(small_networks, "run", killed_at_the_second)
    command = ["reproduce", "article-3-as-published", "--seeds", "0", "1"]
    assert cli.main([*command, "--folder", str(tmp_path)]) == 130
    assert not (tmp_path / "article-3-as-published.json").exists()
    kept = tmp_path / ".unfinished" / "article-3-as-published-0.json"
    first = json.loads(kept.read_text())["seconds"]
    assert cli.main([*command, "--folder", str(tmp_path)]) == 0
    assert asked == [0, 1, 1]
    again = records.read("article-3-as-published", tmp_path)
    assert again.summary == whole.summary
    assert again.seconds >= first > 0  # the time of the first seed counts


def test_watched_pictures_can_be_changed_as_the_article_does(quick, cases):
    parts = {split: data.read_pictures(cases, 32).where(split) for split in ("train", "test")}
    changed = data.augment.augmented(parts["test"].images, "article-0")
    assert np.abs(changed - parts["test"].images).mean() > 3


def test_phantoms_are_refused_before_any_work(monkeypatch, cases, tmp_path):
    drawn = cases.copy()
    drawn.attrs["source"] = "phantoms"
    monkeypatch.setattr(data, "load", lambda *_, **__: drawn)
    with pytest.raises(data.DataError, match="cxr data fetch pneumonia"):
        studies.reproduce("article-3-as-published", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_study_comes_with_the_nearest():
    with pytest.raises(data.DataError, match="Did you mean article-0-repaired"):
        studies.get("article-0-repared")


def test_every_study_is_plain_data():
    for name, study in studies.STUDIES.items():
        assert json.loads(json.dumps(study.config)) == study.config
        assert study.article in (0, 1, 2, 3, 4, None)
        assert name.startswith(("article-", "study-"))
