import importlib.metadata
import os
import sys

import fingerprints
import pytest


@pytest.fixture
def parts(here):
    return lambda **parameters: fingerprints.common_parts(here.root, parameters)


def test_every_part_of_the_key_changes_the_key(course, parts, monkeypatch):
    before = parts()
    assert before == parts()
    assert parts(seed=1)["parameters"] != before["parameters"]
    picture = course.root / "data" / "a.png"
    picture.write_bytes(b"1")
    more = parts()
    assert more["data"] != before["data"]
    os.utime(picture, (1, 1))
    touched = parts()
    assert touched["data"] != more["data"]
    assert touched | {"data": ""} == before | {"data": ""}
    (course.root / fingerprints.RECORDS / "study.json").write_text("{}")
    recorded = parts()
    assert recorded["results"] != before["results"]
    (course.root / "cxrlib" / "new.py").write_text("")
    assert parts()["cxrlib"] != recorded["cxrlib"]
    assert parts()["results"] == recorded["results"]
    for name in ("CXR_OTHER", "TF_OTHER"):  # another arithmetic is another run
        environment = parts()["environment"]
        monkeypatch.setenv(name, "1")
        assert parts()["environment"] != environment
    monkeypatch.setenv("CXR_WEIGHTS", str(course.root / "cxrlib"))
    assert parts()["data"] != touched["data"]


def test_records_that_are_named_change_the_key_and_unfinished_ones_do_not(
    course, parts, monkeypatch
):
    before = parts()
    unfinished = course.root / fingerprints.RECORDS / ".unfinished"
    unfinished.mkdir()
    (unfinished / "study-0.json").write_text("{}")
    assert parts() == before
    named = course.root / "mine"
    named.mkdir()
    monkeypatch.setenv("CXR_RESULTS", str(named))
    empty = parts()
    (named / "study.json").write_text("{}")
    assert parts() == empty | {"results": parts()["results"]}
    assert parts()["results"] != empty["results"]


def test_drawn_phantoms_in_the_cache_do_not_change_the_key(course, parts):
    cache = course.root / "cache"
    before = parts()
    (cache / "phantoms").mkdir(parents=True)
    (cache / "phantoms" / "p.png").write_bytes(b"1")
    assert parts() == before
    (cache / "chest_xray").mkdir()
    (cache / "chest_xray" / "a.jpeg").write_bytes(b"1")
    assert parts()["data"] != before["data"]


def test_linked_folders_are_looked_into_and_loops_end(course, parts, tmp_path_factory):
    pictures = tmp_path_factory.mktemp("disk")
    (course.root / "data" / "chest_xray").symlink_to(pictures, target_is_directory=True)
    (pictures / "again").symlink_to(course.root / "data", target_is_directory=True)
    before = parts()
    assert before == parts()
    (pictures / "a.jpeg").write_bytes(b"1")
    assert parts()["data"] != before["data"]


def test_a_link_that_leads_nowhere_is_no_obstacle(course, parts):
    before = parts()
    link = course.root / "data" / "a.jpeg"
    link.symlink_to(course.root / "gone.jpeg")
    dangling = parts()
    assert dangling["data"] != before["data"]
    (course.root / "gone.jpeg").write_bytes(b"123")
    assert parts()["data"] != dangling["data"]


def changed(*names):
    return lambda name: "0" if name in names else importlib.metadata.version(name)


@pytest.mark.parametrize(
    ("versions", "used", "unused"),
    [
        (
            fingerprints.versions,
            ["numpy", "tensorflow", "keras", "ipykernel", "papermill"],
            ["pytest", "ruff", "sphinx", "jupyter-book"],
        ),
        (
            fingerprints.book_versions,
            ["jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "pydata-sphinx-theme"],
            ["pytest", "tensorflow"],
        ),
    ],
)
def test_chapters_and_pages_depend_on_what_they_run_on_and_on_nothing_else(
    versions, used, unused, monkeypatch
):
    before = versions()
    assert sys.version.splitlines()[0] in before.splitlines()
    for name in used:
        assert f"{name}=={importlib.metadata.version(name)}" in before.splitlines()
    monkeypatch.setattr(fingerprints, "version", changed(*unused))
    assert versions() == before
    monkeypatch.setattr(fingerprints, "version", changed(used[1]))
    assert versions() != before


def test_a_package_that_is_not_there_is_a_difference(monkeypatch):
    def missing(name):
        if name == "scipy":
            raise importlib.metadata.PackageNotFoundError(name)
        return importlib.metadata.version(name)

    monkeypatch.setattr(fingerprints, "version", missing)
    assert "scipy is missing" in fingerprints.versions()


def test_an_empty_setting_stays_empty(monkeypatch):
    monkeypatch.setenv("CXR_DATA", "")
    fingerprints.resolve_folders()
    assert os.environ["CXR_DATA"] == ""
