import os
from pathlib import Path

import numpy as np
import pytest

from cxrlib import data
from cxrlib.data import DataError, images as reading, pipeline, shards
from tests.data.conftest import case_table, make_image


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """Eleven images, in shards of four."""
    for module in (reading, shards):
        monkeypatch.setattr(module, "PART", 4)
    paths = [str(make_image(tmp_path / "set" / f"{i}.png", i)) for i in range(11)]
    splits = ["train"] * 7 + ["val"] * 4
    return case_table([f"child {i}" for i in range(11)], splits=splits).assign(path=paths)


def epochs(images, **settings):
    """Return the images and labels of two epochs."""
    batches = pipeline.dataset(images, batch_size=3, **settings)
    both = [batch for _ in range(2) for batch in batches.as_numpy_iterator()]
    return [np.concatenate(each) for each in zip(*both, strict=True)]


def test_batches_from_disk_are_those_from_memory(cases, tmp_path):
    on_disk = shards.read_images(cases, 20, tmp_path / "shards")
    in_memory = data.read_images(cases, 20)
    assert on_disk.images.shape == (11, 20, 20, 1)
    np.testing.assert_array_equal(np.asarray(on_disk.images), in_memory.images)
    for split, settings in (
        ("train", {"shuffle": True, "augment": "plausible", "seed": 3}),
        ("val", {}),
    ):
        here, there = (epochs(each.split(split), **settings) for each in (in_memory, on_disk))
        np.testing.assert_array_equal(there[0], here[0])
        np.testing.assert_array_equal(there[1], here[1])


def test_a_part_is_as_a_part_in_memory(cases, tmp_path):
    on_disk = shards.read_images(cases, 20, tmp_path / "shards").images
    in_memory = data.read_images(cases, 20).images
    for rows in (slice(2, 9, 3), np.array([10, 0, 10]), np.arange(11) % 2 == 1):
        assert len(on_disk[rows]) == len(in_memory[rows])
        np.testing.assert_array_equal(np.asarray(on_disk[rows]), in_memory[rows])
        np.testing.assert_array_equal(np.asarray(on_disk[rows], float), in_memory[rows])


def test_shards_are_written_once_and_again_for_files_that_changed(cases, tmp_path, monkeypatch):
    folder, decoded, decode = tmp_path / "shards", [], reading.decode
    monkeypatch.setattr(
        reading, "decode", lambda path, *a: decoded.append(path) or decode(path, *a)
    )
    shards.read_images(cases, 20, folder)
    assert sorted(decoded) == sorted(cases["path"])
    decoded.clear()
    shards.read_images(cases, 20, folder)
    assert decoded == []
    make_image(Path(cases["path"].iloc[5]), 99)
    os.utime(cases["path"].iloc[5], ns=(1, 1))
    again = shards.read_images(cases, 20, folder)
    assert sorted(decoded) == sorted(cases["path"].iloc[4:8])  # of one shard
    np.testing.assert_array_equal(np.asarray(again.images), data.read_images(cases, 20).images)
    decoded.clear()
    shards.read_images(cases, 24, folder)
    assert len(decoded) == len(cases)


@pytest.mark.parametrize("left", [0, 50, 1000])
def test_a_shard_cut_short_is_named_and_made_again(cases, tmp_path, left):
    folder = tmp_path / "shards"
    whole = np.asarray(shards.read_images(cases, 20, folder).images)
    cut = sorted(folder.glob("*.npy"))[1]
    os.truncate(cut, left)
    with pytest.warns(UserWarning, match=f"{cut}: expected a whole shard .* nothing is lost"):
        again = shards.read_images(cases, 20, folder)
    np.testing.assert_array_equal(np.asarray(again.images), whole)


def test_an_interrupted_call_goes_on(cases, tmp_path, monkeypatch):
    folder, write, asked = tmp_path / "shards", shards._write, []

    def killed_at_the_second(name, *rest):
        asked.append(name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        write(name, *rest)

    monkeypatch.setattr(shards, "_write", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        shards.read_images(cases, 20, folder)
    assert len(list(folder.glob("*.npy"))) == 1
    shards.read_images(cases, 20, folder)
    assert len(asked) == 4  # three shards, one of them twice


def test_a_full_disk_leaves_no_half_shard(cases, tmp_path, monkeypatch):
    def full(path, pixels):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match=r"expected to write 0 MB to .* No space left on device"):
        shards.read_images(cases, 20, tmp_path / "shards")
    assert list((tmp_path / "shards").glob("*.npy")) == []


def test_an_unreadable_image_is_left_out_each_time(cases, tmp_path):
    with open(cases["path"].iloc[6], "wb") as file:
        file.write(b"none")
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 of 11 images could not be read"):
            images = shards.read_images(cases, 20, tmp_path / "shards")
        assert [problem.path for problem in images.problems] == [cases["path"].iloc[6]]
        assert len(images) == len(images.cases) == len(images.labels) == 10
    with pytest.warns(UserWarning, match="1 of 11"):
        in_memory = data.read_images(cases, 20)
    np.testing.assert_array_equal(np.asarray(images.images), in_memory.images)
