import errno
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxrlib.data import DataError
from cxrlib.models.features import store
from cxrlib.models.features.store import Store, forget

SETTINGS = {"backbone": "net", "size": 32}
KEYS = [bytes([i]) * 18 for i in range(4)]
VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def kept(tmp_path):
    kept = Store(tmp_path, SETTINGS)
    kept.write(KEYS[:2], VALUES[:2])
    kept.write(KEYS[2:], VALUES[2:])
    return kept


def shards(kept):
    return sorted(kept.folder.glob("*.npz"))


def test_what_was_written_is_read(kept, tmp_path):
    got = dict(Store(tmp_path, SETTINGS).read([KEYS[3], KEYS[0], b"other" * 4]))
    assert set(got) == {KEYS[0], KEYS[3]}
    np.testing.assert_array_equal(got[KEYS[3]], VALUES[3])
    assert dict(Store(tmp_path, SETTINGS | {"size": 64}).read(KEYS)) == {}


def test_the_settings_lie_beside(kept):
    written = json.loads((kept.folder / "settings.json").read_text())
    assert written == {"format": store.FORMAT, **SETTINGS}


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "array"])
def test_a_damaged_shard_is_thrown_away_with_a_word(kept, tmp_path, damage):
    path = shards(kept)[0]
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[content.index(VALUES[0].tobytes()) if VALUES[0].tobytes() in content
                else content.index(VALUES[2].tobytes())] ^= 1  # fmt: skip
    path.write_bytes(
        {"cut": content[:-40], "flipped": content, "empty": b"", "text": b"hello"}.get(damage, b"")
    )
    if damage == "array":
        with path.open("wb") as file:
            np.savez(file, keys=np.zeros((2, 18), np.uint8), values=np.zeros((3, 3), np.float32))
    with pytest.warns(UserWarning, match=r"half written or damaged .*Thrown away"):
        got = dict(Store(tmp_path, SETTINGS).read(KEYS))
    assert len(got) == 2
    assert not path.exists()
    for key, value in got.items():
        np.testing.assert_array_equal(value, VALUES[KEYS.index(key)])


def test_an_interrupted_write_leaves_nothing(kept, monkeypatch):
    def half(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(store.np, "savez", half)
    with pytest.raises(KeyboardInterrupt):
        kept.write([b"x" * 18], VALUES[:1])
    assert len(list(kept.folder.iterdir())) == 3  # two shards and the settings


def test_a_full_disk(kept, monkeypatch):
    def full(file, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.np, "savez", full)
    with pytest.raises(DataError, match=r"could not write features .*No space left.*cache=False"):
        kept.write([b"x" * 18], VALUES[:1])
    assert len(list(kept.folder.iterdir())) == 3


def test_a_cache_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="CXR_CACHE"):
        Store(tmp_path / "file", SETTINGS).write(KEYS, VALUES)


def test_files_that_a_killed_process_left_are_not_read(kept, tmp_path):
    (kept.folder / f"{store.UNFINISHED}abc").write_bytes(b"half")
    assert len(dict(Store(tmp_path, SETTINGS).read(KEYS))) == 4


def test_another_version_has_a_folder_of_its_own(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    again = Store(tmp_path, SETTINGS)
    assert dict(again.read(KEYS)) == {}
    again.write(KEYS, VALUES)
    assert len(dict(again.read(KEYS))) == 4
    assert len(shards(kept)) == 2
    assert forget(tmp_path) > 2 * VALUES.nbytes


def test_what_another_process_has_just_begun_is_left_alone(tmp_path):
    other = Store(tmp_path, SETTINGS)
    other.folder.mkdir()  # it has not come to its settings yet
    mine = Store(tmp_path, SETTINGS)
    assert other.folder.is_dir()
    mine.write(KEYS[:2], VALUES[:2])
    other.write(KEYS[2:], VALUES[2:])
    assert len(dict(other.read(KEYS))) == 4


def test_many_write_at_once(tmp_path):
    def work(i):
        mine = Store(tmp_path, SETTINGS)
        mine.write(KEYS, VALUES)  # the same as all others
        mine.write([bytes([10 + i]) * 18], VALUES[:1])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    folder = Store(tmp_path, SETTINGS).folder
    assert len(list(folder.iterdir())) == 42  # the settings, the shared shard, one each


def test_a_file_is_closed_before_it_gets_its_name(tmp_path, monkeypatch):
    """Windows renames no file that is open, and none onto one that somebody reads."""
    files, real = [], store.os.fdopen

    def opened(*args, **options):
        files.append(real(*args, **options))
        return files[-1]

    def replace(beside, target):
        assert all(file.closed for file in files)
        Path(target).write_bytes(Path(beside).read_bytes())
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(store.os, "fdopen", opened)
    monkeypatch.setattr(store.os, "replace", replace)
    kept = Store(tmp_path, SETTINGS)
    kept.write(KEYS, VALUES)
    assert len(files) == 2
    assert len(dict(kept.read(KEYS))) == 4
    assert len(list(kept.folder.iterdir())) == 2


def test_forgetting_frees_features_only(kept, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    assert forget(tmp_path) > VALUES.nbytes
    assert [p.name for p in tmp_path.iterdir()] == ["other"]
