"""Phantom sets on disk: layout, structure, interruptions."""

import errno
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import phantoms
from cxrlib.phantoms import dataset, plans


@pytest.fixture(scope="module")
def covid(tmp_path_factory):
    return phantoms.write(tmp_path_factory.mktemp("sets") / "covid", "covid", size=48, n=50)


def test_layout_and_counts_of_the_covid_set(covid):
    trees = ["chest_xray", "covid-chestxray-dataset"]
    trees += [f"{tree}_masks" for tree in trees]
    assert {path.name for path in covid.iterdir()} == {*trees, "phantoms.json"}
    children = sorted((covid / "chest_xray").rglob("*.jpeg"))
    pattern = r"(NORMAL2-)?IM-\d{4}-\d{4}(-\d{4})?|person\d+_(bacteria|virus)_\d+"
    assert all(re.fullmatch(pattern, path.stem) for path in children)
    images = sorted((covid / "covid-chestxray-dataset" / "images").glob("*.jpg"))
    assert len(children) + len(images) == 50
    rows = pd.read_csv(covid / "covid-chestxray-dataset" / "metadata.csv")
    assert tuple(rows) == dataset.COLUMNS
    frontal = rows[rows["view"] != "L"]
    assert len(rows) == len(frontal) + 2
    assert set(frontal["filename"]) == {path.name for path in images}
    masks = {path.name for path in (covid / "covid-chestxray-dataset" / "masks").iterdir()}
    assert masks
    assert set(rows["mask"].dropna()) == masks
    assert {"COVID-19", "No Finding"} <= set(rows["finding"])


def test_masks_lie_beside_the_images_and_fit(covid):
    for path in (covid / "chest_xray").rglob("*.jpeg"):
        stem = covid / "chest_xray_masks" / path.relative_to(covid / "chest_xray").with_suffix("")
        lungs = np.asarray(Image.open(f"{stem}.lungs.png"))
        lesion = np.asarray(Image.open(f"{stem}.lesion.png"))
        image = Image.open(path)
        assert image.mode == "L"
        assert lungs.shape == lesion.shape == image.size[::-1]
        assert set(np.unique(lungs)) == {0, 255}
        assert lesion.any() == ("PNEUMONIA" in str(path))


def test_same_seed_same_files_whatever_the_number_of_processes(tmp_path, monkeypatch):
    def drawn(name, processors):
        monkeypatch.setattr(dataset.os, "cpu_count", lambda: processors)
        root = phantoms.write(tmp_path / name, "adults", size=32, n=61, seed=4)
        return {p.relative_to(root): p.read_bytes() for p in root.rglob("*.*g")}

    one = drawn("one", 1)
    assert one == drawn("two", 2)
    names = [path.stem for path in one if path.parts[0] == "nih-adult"]
    assert len(names) == 61
    assert all(re.fullmatch(r"\d{8}_\d{3}", name) for name in names)


def test_structure_of_the_pneumonia_plan():
    jobs, rows = plans.plan("pneumonia")
    assert not rows
    assert len(jobs) == len({job.path for job in jobs}) == 1200
    patients = Counter(job.arguments["patient"] for job in jobs)
    train = [job for job in jobs if "/train/" in job.path]
    assert len(train) == 900
    assert 0.35 < np.mean([patients[job.arguments["patient"]] > 1 for job in train]) < 0.49
    kinds = Counter(job.arguments["kind"] for job in train)
    assert kinds["bacterial"] > 1.6 * kinds["viral"]
    assert 0.72 < 1 - kinds["normal"] / 900 < 0.77
    sides = {(job.arguments["patient"], job.path.split("/")[1]) for job in jobs}
    assert len(sides) == len(patients), "nobody stands on both sides"
    places = {(job.arguments["site"], job.path.split("/")[1]) for job in jobs}
    assert places == {("a", "train"), ("b", "test")}
    sixteen = {job.arguments["patient"] for job in jobs if "person16_" in job.path}
    assert len(sixteen) == 2
    wide = [
        np.mean([j.arguments["aspect_ratio"] for j in jobs if ("PNEUM" in j.path) == sick])
        for sick in (True, False)
    ]
    assert wide[0] > wide[1]


def test_a_set_may_be_larger_than_its_names_have_digits():
    jobs, _ = plans.plan("pneumonia", n=50_000)
    assert len({job.path for job in jobs}) == 50_000


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full.*Nothing was left"),
        (PermissionError(errno.EACCES, "Permission denied"), "not writable"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error. Check the folder"),
        (KeyboardInterrupt("stop"), "stop"),
    ],
)
def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch, error, words):
    calls = []

    def save(pixels, path, square):
        calls.append(path)
        if len(calls) == 7:
            raise error
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    monkeypatch.setattr(dataset, "_save", save)
    with pytest.raises(type(error), match=words):
        phantoms.write(tmp_path / "set", "adults", size=40, n=24)
    assert list(tmp_path.iterdir()) == []


def test_failures_in_another_process_are_told_and_leave_nothing(tmp_path, monkeypatch):
    good = plans.Job("a.jpeg", "m", {"kind": "normal", "size": 32})
    blocked = replace(good, path="a.jpeg/x.jpeg")
    monkeypatch.setattr(dataset, "plan", lambda *a, **k: ([good] * 2 + [blocked] * 90, []))
    with pytest.raises(OSError, match="Could not write the phantom set"):
        phantoms.write(tmp_path / "set", "adults")
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_and_wrong_arguments_are_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("dear")
    with pytest.raises(FileExistsError, match="new or empty folder"):
        phantoms.write(tmp_path, "adults", n=24)
    with pytest.raises(ValueError, match="expected `name` as one of"):
        phantoms.write(tmp_path / "new", "teeth")
    with pytest.raises(ValueError, match="expected `n` of at least 20, got 19"):
        phantoms.write(tmp_path / "new", "adults", n=19)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
