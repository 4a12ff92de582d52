import os
import subprocess
import sys
import warnings

import keras
import numpy as np
import pandas as pd
import pytest

from cxrlib import models
from cxrlib.data import DataError, augment, read_pictures
from cxrlib.models import features, transfer
from cxrlib.models.features import extraction, passing, sources
from tests.data.conftest import picture
from tests.float32 import assert_close

NET = "mobilenet_v2_0.35"
RANDOM = {"size": 32, "weights": "random"}


@pytest.fixture(autouse=True)
def no_weights_at_hand(monkeypatch, tmp_path):
    monkeypatch.delenv("CXR_WEIGHTS", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cases(tmp_path):
    """Ten pictures of ten children; the last two are the same picture."""
    paths = [picture(tmp_path / f"{i}.png", min(i, 8), (40, 36)) for i in range(10)]
    return pd.DataFrame(
        {
            "path": list(map(str, paths)),
            "label": pd.Categorical(["normal", "pneumonia"] * 5),
            "patient_id": [f"child {i}" for i in range(10)],
            "split": ["train"] * 6 + ["val"] * 2 + ["test"] * 2,
            "source": "test",
            "width": 40,
            "height": 36,
        }
    )


class Counting:
    """Stand in for the network: counts pictures and gives their means and spreads."""

    seen = 0

    def __init__(self, entry, size, weights, pooled, **options):
        self.pooled = pooled

    def __call__(self, images):
        Counting.seen += len(images)
        pooled = np.stack([images.mean(axis=(1, 2, 3)), images.std(axis=(1, 2, 3))], axis=1)
        return pooled if self.pooled else np.tile(pooled[:, None, None], (1, 2, 3, 1))


@pytest.fixture
def counting(monkeypatch):
    Counting.seen = 0
    monkeypatch.setattr(passing, "Network", Counting)
    monkeypatch.setattr(extraction, "PART", 4)
    return Counting


def test_features_are_what_the_network_puts_out(cases):
    got = features.compute(cases, NET, **RANDOM)
    net = transfer.network(NET, (32, 32, 1), head=None, weights="random")
    maps = net.predict(read_pictures(cases, 32).images.astype("float32"), verbose=0)
    assert got.values.shape == (10, 1280)
    assert_close(got.values, maps.mean(axis=(1, 2)), rel=1e-4)
    whole = features.compute(cases, NET, pooled=False, **RANDOM)
    assert_close(whole.values, maps, rel=1e-4)
    assert got.labels.ravel().tolist() == [0, 1] * 5


def test_pictures_in_memory_give_the_same(cases):
    pictures = read_pictures(cases, 32)
    in_memory = features.compute(pictures, NET, weights="random")
    from_files = features.compute(cases, NET, **RANDOM)
    assert_close(in_memory.values, from_files.values)


def test_each_picture_goes_through_the_network_once(cases, counting):
    first = features.compute(cases, NET, **RANDOM)
    assert counting.seen == 9  # of ten files, two are the same picture
    again = features.compute(cases[::-1], NET, **RANDOM)
    assert counting.seen == 9
    np.testing.assert_array_equal(again.values, first.values[::-1])
    np.testing.assert_array_equal(first.values[8], first.values[9])


def test_a_changed_picture_is_computed_again_and_a_moved_one_is_not(cases, counting, tmp_path):
    features.compute(cases, NET, **RANDOM)
    picture(tmp_path / "0.png", 99, (40, 36))
    (tmp_path / "1.png").rename(tmp_path / "moved.png")
    moved = cases.assign(path=cases["path"].str.replace("1.png", "moved.png"))
    features.compute(moved, NET, **RANDOM)
    assert counting.seen == 10


@pytest.mark.parametrize(
    "change",
    [
        {"size": 40},
        {"fit": "squash"},
        {"weights": transfer.Weights(NET, "random", seed=5)},
        {"pooled": False},
        {"crop": 0.1},
        {"standardise": True},
    ],
)
def test_other_settings_are_other_features(cases, counting, change):
    features.compute(cases, NET, **RANDOM)
    features.compute(cases, NET, **(RANDOM | change))
    assert counting.seen == 18


def test_another_weight_file_is_other_features(cases, counting, tmp_path):
    for content in (b"one", b"other", b"one"):
        (tmp_path / "w.h5").write_bytes(content)
        features.compute(cases, NET, size=32, weights=tmp_path / "w.h5")
    assert counting.seen == 18


def test_interrupted_it_goes_on(cases, counting, monkeypatch):
    class Interrupted(counting):
        def __call__(self, images):
            if counting.seen >= 4:
                raise KeyboardInterrupt
            return super().__call__(images)

    with monkeypatch.context() as patch:
        patch.setattr(passing, "Network", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            features.compute(cases, NET, **RANDOM)
    assert counting.seen == 4
    got = features.compute(cases, NET, **RANDOM)
    assert counting.seen == 9
    straight = features.compute(cases, NET, cache=False, **RANDOM)
    np.testing.assert_array_equal(got.values, straight.values)


def test_without_cache_nothing_is_written(cases, counting, tmp_path):
    features.compute(cases, NET, cache=False, **RANDOM)
    assert not (tmp_path / "cache").exists()
    features.compute(cases, NET, cache=tmp_path / "mine", **RANDOM)
    assert list((tmp_path / "mine").glob(f"{NET}-*/*.npz"))
    assert not (tmp_path / "cache").exists()


def test_augmented_copies(cases, counting):
    train = cases[cases["split"] == "train"]
    options = {"augment": "plausible", "seed": 3, **RANDOM}
    got = features.compute(train, NET, copies=3, **options)
    assert got.values.shape == (3, 6, 2)
    assert counting.seen == 18
    assert len(np.unique(got.values[..., 0])) == 18
    more = features.compute(train, NET, copies=4, **options)
    assert counting.seen == 24
    np.testing.assert_array_equal(more.values[:3], got.values)
    alone = features.compute(train[2:4], NET, copies=2, cache=False, **options)
    assert_close(alone.values, got.values[:2, 2:4])
    other = features.compute(train, NET, copies=3, **(options | {"seed": 4}))
    assert not np.isclose(other.values, got.values).any(axis=2).all()


def test_copies_are_those_of_the_recipe(cases, counting):
    """A recipe that darkens and nothing else."""
    train = cases[cases["split"] == "train"]
    plain = features.compute(train, NET, **RANDOM).values
    flipped = features.compute(train, NET, augment=augment.Recipe(mirror=True), **RANDOM).values
    assert_close(flipped[0], plain)
    darker = features.compute(train, NET, augment=augment.Recipe(brightness=0.2), **RANDOM).values
    assert (np.abs(darker[0, :, 0] - plain[:, 0]) > 0.5).all()


def test_augmenting_others_than_training_pictures_is_refused(cases):
    with pytest.raises(DataError, match=r"training pictures, but 4 of 10 are of split 'val'"):
        features.compute(cases, NET, augment="plausible", **RANDOM)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 2}, "expected an augmentation for 2 copies"),
        ({"copies": 0, "augment": "plausible"}, "`copies` as a whole number"),
        ({"augment": "plausibel"}, "Did you mean 'plausible'"),
        ({"size": 31}, "at least 32 pixels"),
        ({"crop": 0.7}, "expected `crop`"),
        ({"fit": "stretch"}, "`fit` must be one of"),
    ],
)
def test_impossible_settings(cases, options, message):
    cases = cases[cases["split"] == "train"]
    with pytest.raises(ValueError, match=message):
        features.compute(cases, NET, **(RANDOM | options))


def test_no_pictures_or_the_wrong_size(cases):
    with pytest.raises(DataError, match="at least one picture"):
        features.compute(cases[:0], NET, **RANDOM)
    with pytest.raises(DataError, match="the pictures are 32 px, `size` says 64"):
        features.compute(read_pictures(cases, 32), NET, size=64, weights="random")


def test_broken_pictures_are_named_and_left_out(cases, counting, tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "3.png").write_bytes(b"")
    (tmp_path / "4.png").unlink()
    with pytest.warns(UserWarning, match="3 of 10 pictures could not be read") as caught:
        got = features.compute(cases, NET, **RANDOM)
    for name, what in (("1.png", "empty"), ("3.png", "empty"), ("4.png", "no such file")):
        assert any(f"{name}: " in line and what in line
                   for line in str(caught[0].message).splitlines())  # fmt: skip
    assert [p.path for p in got.problems] == [cases["path"][i] for i in (1, 3, 4)]
    assert got.cases["path"].tolist() == cases["path"].drop([1, 3, 4]).tolist()
    assert got.values.shape == (7, 2)
    for name in ("0.png", "2.png", "5.png", "6.png", "7.png", "8.png", "9.png"):
        (tmp_path / name).unlink()
    with pytest.raises(DataError, match="none of 10 pictures"):
        features.compute(cases, NET, **RANDOM)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes among its files")
def test_a_pipe_in_the_table_is_named_and_not_waited_for(cases, counting, tmp_path):
    (tmp_path / "1.png").unlink()
    os.mkfifo(tmp_path / "1.png")
    with pytest.warns(UserWarning, match=r"1\.png: not a regular file"):
        assert len(features.compute(cases, NET, **RANDOM)) == 9


def test_decoding_along_the_way_leaves_the_warning_filters_alone(cases, monkeypatch):
    ours = warnings.filters
    for _ in sources.Files(cases, 32, "pad").parts(range(10), 4):
        assert warnings.filters is ours


def test_splits(cases, counting):
    got = features.compute(cases, NET, **RANDOM)
    val = got.where("val")
    np.testing.assert_array_equal(val.values, got.values[6:8])
    assert val.cases["split"].tolist() == ["val", "val"]
    assert val == val
    assert val != got.where("val")
    with pytest.raises(DataError, match="no features in split 'dev'"):
        got.where("dev")


def test_a_head_trains_on_features_with_fit(cases, counting):
    got = features.compute(cases, NET, pooled=False, **RANDOM)
    train, val = (got.where(s).pictures() for s in ("train", "val"))
    assert train.images.shape == (6, 2, 3, 2)
    head = transfer.head(train.images.shape[1:], "flatten", dense=4)
    history = models.fit(
        models.training.compiled(head, "Adam", 1e-2), train, val, epochs=2, batch_size=4
    )
    assert np.isfinite(history["val_loss"]).all()
    copies = features.compute(cases[:6], NET, augment="exposure", copies=2, **RANDOM).pictures()
    assert copies.images.shape == (12, 1, 1, 2)
    assert copies.cases["path"].tolist() == cases["path"][:6].tolist() * 2
    np.testing.assert_array_equal(copies.labels.ravel(), [0, 1] * 6)


def test_what_is_kept_needs_no_keras(cases, tmp_path):
    features.compute(cases, NET, **RANDOM)
    cases.to_pickle(tmp_path / "cases.pkl")
    code = (
        "import sys, pandas as pd; from cxrlib.models import features; "
        f"f = features.compute(pd.read_pickle({str(tmp_path / 'cases.pkl')!r}), {NET!r}, "
        "size=32, weights='random'); assert f.values.shape == (10, 1280); "
        "sys.exit('keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ.copy(), check=False)
    assert done.returncode == 0


def test_the_frozen_network_and_the_head_on_features_learn_the_same(cases):
    """End to end, and on features computed once: the same weights at the end."""
    pictures = read_pictures(cases, 32)
    net = transfer.freeze(transfer.network(NET, (32, 32, 1), weights="random", seed=0))
    models.training.compiled(net, "SGD", 1e-2)  # Adam would divide by what is nearly nothing
    options = {"epochs": 3, "batch_size": 4, "seed": 1}
    models.fit(net, pictures.where("train"), pictures.where("val"), **options)
    got = features.compute(cases, NET, **RANDOM)
    head = transfer.head((1, 1, 1280), seed=0)
    models.training.compiled(head, "SGD", 1e-2)
    models.fit(head, got.where("train").pictures(), got.where("val").pictures(), **options)
    assert_close(net.get_layer("answer").kernel, head.get_layer("answer").kernel, rel=1e-3)
    assert isinstance(transfer.with_head(net, head), keras.Model)
