from dataclasses import replace

import keras
import numpy as np
import pytest

from cxrlib import models
from cxrlib.data import DataError, read_images
from cxrlib.data.augmentation import Augmentation
from cxrlib.models import features, transfer
from cxrlib.models.features import extraction
from tests.data.conftest import case_table, make_image
from tests.float32 import assert_close

NET = "mobilenet_v2_0.35"
RANDOM = {"size": 32, "weights": "random"}


@pytest.fixture
def cases(tmp_path):
    """Ten images of ten children; the last two are the same image."""
    paths = [str(make_image(tmp_path / f"{i}.png", min(i, 8))) for i in range(10)]
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 2
    return case_table([f"child {i}" for i in range(10)], splits=splits).assign(path=paths)


@pytest.fixture
def means(monkeypatch):
    """Stand in for the network: give each image's mean and spread."""

    def build_extractor(name, size, *, pooled, **options):
        x = inputs = keras.Input((size, size, 1))
        x = keras.ops.stack([keras.ops.mean(x, (1, 2, 3)), keras.ops.std(x, (1, 2, 3))], axis=1)
        maps = keras.ops.tile(x[:, None, None], (1, 2, 3, 1))
        return keras.Model(inputs, x if pooled else maps)

    monkeypatch.setattr(extraction, "build_extractor", build_extractor)


def test_features_are_what_the_network_puts_out(cases):
    got = features.extract(cases, NET, **RANDOM)
    net = transfer.build_model(NET, (32, 32, 1), head=None, weights="random")
    images = read_images(cases, 32)
    maps = net.predict(images.images.astype("float32"), verbose=0)
    assert got.values.shape == (10, 1280)
    assert_close(got.values, maps.mean(axis=(1, 2)), rel=1e-4)
    whole = features.extract(images, NET, pooled=False, weights="random")
    assert_close(whole.values, maps, rel=1e-4)
    assert got.labels.ravel().tolist() == [0, 1] * 5


def test_more_images_than_go_through_at_once(cases, means, monkeypatch):
    plain = features.extract(cases, NET, **RANDOM).values
    monkeypatch.setattr(extraction, "CHUNK_SIZE", 7)
    monkeypatch.setattr(extraction, "BATCH_SIZE", 3)
    np.testing.assert_array_equal(features.extract(cases, NET, **RANDOM).values, plain)


def test_augmented_copies(cases, means):
    train = cases[:6].assign(path=[*cases["path"][:5], cases["path"][0]])
    options = {"augment": "plausible", "seed": 3, **RANDOM}
    got = features.extract(train, NET, copies=3, **options)
    assert got.values.shape == (3, 6, 2)
    assert len(np.unique(got.values[..., 0])) == 15
    np.testing.assert_array_equal(got.values[:, 5], got.values[:, 0])  # the same image
    alone = features.extract(train[2:4], NET, copies=2, **options)
    assert_close(alone.values, got.values[:2, 2:4])
    other = features.extract(train, NET, copies=3, **(options | {"seed": 4}))
    assert not np.isclose(other.values, got.values).any(axis=2).all()


def test_copies_are_those_of_the_recipe(cases, means):
    plain, flipped, darker = (
        features.extract(cases[:6], NET, augment=recipe, **RANDOM).values
        for recipe in (None, {"horizontal_flip": True}, Augmentation(brightness=0.2))
    )
    assert_close(flipped[0], plain)
    assert (np.abs(darker[0, :, 0] - plain[:, 0]) > 0.5).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 2}, "expected an augmentation for 2 copies"),
        ({"copies": 0, "augment": "plausible"}, "`copies` as a whole number"),
        ({"augment": "plausibel"}, "Did you mean 'plausible'"),
        ({"size": 31}, "at least 32 pixels"),
        ({"crop": 0.7}, "expected `crop`"),
        ({"resize": "squash"}, "expected `resize`"),
    ],
)
def test_impossible_settings(cases, options, message):
    with pytest.raises(ValueError, match=message):
        features.extract(cases[:6], NET, **(RANDOM | options))


def test_images_that_do_not_fit(cases):
    images = read_images(cases, 32)
    for wrong, options, message in (
        (cases[:0], {}, "at least one image"),
        (images, {"size": 64}, "images of `size` 64 px, got 32 px"),
        (replace(images, images=images.images.swapaxes(2, 3)), {}, r"square .*\(10, 32, 1, 32\)"),
        (cases, {"augment": "plausible"}, "training images to augment, got 4 of 10 of split 'val'"),
    ):
        with pytest.raises(DataError, match=message):
            features.extract(wrong, NET, weights="random", **options)


def test_broken_images_are_named_and_left_out(cases, means, tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "4.png").unlink()
    with pytest.warns(UserWarning, match="2 of 10 images could not be read"):
        got = features.extract(cases, NET, **RANDOM)
    assert [p.path for p in got.problems] == [cases["path"][i] for i in (1, 4)]
    assert got.cases["path"].tolist() == cases["path"].drop([1, 4]).tolist()
    assert got.values.shape == (len(got), 2) == (8, 2)
    (tmp_path / "1.png").unlink()
    with pytest.raises(DataError, match="got none of 2"):
        features.extract(cases.loc[[1, 4]], NET, **RANDOM)


def test_splits(cases, means):
    got = features.extract(cases, NET, **RANDOM)
    val = got.split("val")
    np.testing.assert_array_equal(val.values, got.values[6:8])
    assert val.cases["split"].tolist() == ["val", "val"]
    assert val == val
    assert val != got.split("val")
    with pytest.raises(DataError, match="expected a split of train, val, test, got 'dev'"):
        got.split("dev")


def test_a_head_trains_on_features_with_fit(cases, means):
    got = features.extract(cases, NET, pooled=False, **RANDOM)
    train, val = (got.split(s).to_image_set() for s in ("train", "val"))
    assert train.images.shape == (6, 2, 3, 2)
    head = transfer.build_head(train.images.shape[1:], "flatten", dense=4)
    history = models.fit(
        models.training.compile_classifier(head, "Adam", 1e-2), train, val, epochs=2, batch_size=4
    )
    assert np.isfinite(history["val_loss"]).all()
    copies = features.extract(cases[:6], NET, augment="exposure", copies=2, **RANDOM).to_image_set()
    assert copies.images.shape == (12, 1, 1, 2)
    assert copies.cases["path"].tolist() == cases["path"][:6].tolist() * 2
    np.testing.assert_array_equal(copies.labels.ravel(), [0, 1] * 6)


def test_the_frozen_network_and_the_head_on_features_learn_the_same(cases):
    """End to end, and on features computed once: the same weights at the end."""
    net = transfer.freeze(transfer.build_model(NET, (32, 32, 1), weights="random", seed=0))
    head = transfer.build_head((1, 1, 1280), seed=0)
    images, got = read_images(cases, 32), features.extract(cases, NET, **RANDOM)
    parts = [(images.split(name), got.split(name).to_image_set()) for name in ("train", "val")]
    for model, (train, val) in zip((net, head), zip(*parts, strict=True), strict=True):
        # Adam would divide by what is nearly nothing.
        models.training.compile_classifier(model, "SGD", 1e-2)
        models.fit(model, train, val, epochs=3, batch_size=4, seed=1)
    ours, theirs = (model.get_layer("predictions").kernel for model in (net, head))
    assert_close(ours, theirs, rel=1e-3)
    assert isinstance(transfer.set_head_weights(net, head), keras.Model)
