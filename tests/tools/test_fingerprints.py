import importlib.metadata
import os
import sys

import fingerprints
import pytest


@pytest.fixture
def changes(here):
    """Give a function that names the parts of the key which changed since the test began."""
    (here.root / "disk").mkdir()
    (here.root / "disk" / "again").symlink_to(here.root / "data", target_is_directory=True)
    (here.root / "data" / "chest_xray").symlink_to(here.root / "disk", target_is_directory=True)
    (here.root / "data" / "a.jpeg").symlink_to(here.root / "gone.jpeg")

    def changed(**parameters):
        after = fingerprints.common_parts(here.root, parameters)
        return {part for part in after if after[part] != before[part]}

    before = fingerprints.common_parts(here.root, {})
    return changed


RECORDS = fingerprints.RECORDS.as_posix()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("data/a.png", {"data"}),
        ("disk/a.jpeg", {"data"}),  # links are followed, and loops end
        ("gone.jpeg", {"data"}),  # a link that led nowhere
        ("cache/chest_xray/a.jpeg", {"data"}),
        ("cache/phantoms/p.png", set()),
        ("cxrlib/new.py", {"cxrlib"}),
        (f"{RECORDS}/study.json", {"cxrlib", "results"}),
        (f"{RECORDS}/.unfinished/study-0.json", set()),
    ],
)
def test_a_new_file_changes_its_part_of_the_key(course, changes, file, expected):
    assert changes() == set()
    path = course.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"123")
    assert changes() == expected


@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("CXR_OTHER", "1", {"environment"}),
        ("TF_OTHER", "1", {"environment"}),  # another arithmetic is another run
        ("CXR_WEIGHTS", "cxrlib", {"environment", "data"}),
        ("CXR_RESULTS", "disk", {"environment", "results"}),
    ],
)
def test_a_variable_changes_its_part_of_the_key(
    course, changes, monkeypatch, name, folder, expected
):
    (course.root / "disk" / "study.json").write_text("{}")
    before = changes()
    monkeypatch.setenv(name, str(course.root / folder))
    assert changes() - before == expected - before


def test_parameters_and_the_time_of_a_file_change_the_key(course, changes):
    assert changes(seed=1) == {"parameters"}
    (course.root / "data" / "a.png").write_bytes(b"1")
    first = fingerprints.common_parts(course.root, {})["data"]
    os.utime(course.root / "data" / "a.png", (1, 1))
    assert fingerprints.common_parts(course.root, {})["data"] != first


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
    monkeypatch.setattr(fingerprints, "RUNNERS", ("no-such-package",))
    assert "no-such-package is missing" in fingerprints.versions()


def test_an_empty_setting_stays_empty(monkeypatch):
    monkeypatch.setenv("CXR_DATA", "")
    fingerprints.resolve_folders()
    assert os.environ["CXR_DATA"] == ""
