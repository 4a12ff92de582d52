"""A file or a folder appears whole or not at all."""

import os

import pytest

from cxrlib import files


def test_a_file_takes_its_place_and_an_older_ones(tmp_path):
    target = tmp_path / "deep" / "state.weights.h5"
    for text in ("é\n", "new\n"):
        files.write_text(target, text)
        assert target.read_bytes() == text.encode()
    with files.atomic_path(target) as path:
        assert path.name.endswith(".weights.h5")  # Keras goes by the ending
        path.write_bytes(b"\0")
    assert target.read_bytes() == b"\0"
    assert os.listdir(target.parent) == [target.name]


def write_and_fail(target, fail):
    with files.atomic_path(target) as path:
        path.write_text("half")
        fail()


@pytest.mark.parametrize("at", ["writing", "replacing"])
def test_after_an_error_the_old_file_is_as_it_was(at, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    target = tmp_path / "file.json"
    target.write_text("old")
    if at == "replacing":
        monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_and_fail(target, fail if at == "writing" else lambda: None)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == [target.name]


def fill(target, text):
    with files.atomic_folder(target) as work:
        (work / "file").write_text(text)


def test_a_folder_takes_an_empty_ones_place_and_leaves_a_full_one(tmp_path):
    target = tmp_path / "set"
    target.mkdir()
    fill(target, "first")
    fill(target, "second")  # another process was faster
    assert (target / "file").read_text() == "first"
    (tmp_path / "taken").write_text("x")
    with pytest.raises(OSError, match="taken"):
        fill(tmp_path / "taken", "third")
    assert sorted(os.listdir(tmp_path)) == ["set", "taken"]
