import numpy as np
import pytest
import tensorflow as tf

from cxrlib.data import DataError, load, pipeline
from cxrlib.data.images import ImageSet
from tests.data.conftest import case_table
from tests.float32 import assert_close


def numbered(images):
    """Label each image with its number."""
    n = len(images)
    labels = np.arange(n, dtype="float32")[:, None]
    return ImageSet(images, labels, case_table([f"p{i}" for i in range(n)]))


@pytest.fixture
def images():
    return numbered(np.tile(np.arange(10, dtype=np.uint8)[:, None, None, None], (1, 4, 4, 1)))


@pytest.fixture
def scans():
    return numbered(np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), dtype=np.uint8))


def epoch(batches):
    x, y = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(x), np.concatenate(y)


def two_epochs(images, **settings):
    batches = pipeline.dataset(images, **settings)
    return [epoch(batches) for _ in range(2)]


def two_orders(images, **settings):
    return [y.ravel().tolist() for _, y in two_epochs(images, shuffle=True, **settings)]


def test_raw_floats_in_order_with_their_labels(images):
    batches = pipeline.dataset(images, batch_size=4)
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    x, y = epoch(batches)
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(x[:, 0, 0], y)
    np.testing.assert_array_equal(y.ravel(), np.arange(10))


def test_shuffling_changes_each_epoch_and_repeats_with_the_seed(images):
    import keras

    first, second = two_orders(images, seed=1)
    keras.utils.set_random_seed(2)
    assert two_orders(images, seed=1) == [first, second], "it depends on nothing but the seed"
    assert first != second
    assert sorted(first) == sorted(second) == list(range(10))
    assert two_orders(images, seed=2) != [first, second]


@pytest.mark.parametrize("augment", [None, "plausible"])
def test_looking_at_a_batch_does_not_change_what_is_trained_on(scans, augment):
    settings = {"shuffle": True, "augment": augment, "batch_size": 2}
    straight = pipeline.dataset(scans, **settings)
    looked = pipeline.dataset(scans, **settings)
    for _ in range(3):
        next(iter(looked))
        list(looked.take(2))
        for ours, theirs in zip(epoch(looked), epoch(straight), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_keras_trains_on_the_epochs_one_by_one(images):
    import keras

    seen = []

    class Sees(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda y: seen.append(y.numpy().ravel().tolist()), [data[1]], [])
            return {"loss": tf.constant(0.0)}

    model = Sees()
    model.compile("sgd", "mse")
    batches = pipeline.dataset(images, shuffle=True, batch_size=5)
    assert len(batches) == 2
    model.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert [seen[0] + seen[1], seen[2] + seen[3]] == two_orders(images, batch_size=5)


def test_a_case_table_is_read_once(tmp_path, kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    batches = pipeline.dataset(load("pneumonia", quiet=True), size=32)
    kermany.rename(tmp_path / "moved")  # nothing is read from disk any more
    x, y = epoch(batches)
    assert x.shape == (7, 32, 32, 1)
    assert y.shape == (7, 1)


def test_sizes_must_fit(images):
    with pytest.raises(DataError, match="expected `size`"):
        pipeline.dataset(images.cases)
    with pytest.raises(DataError, match="got 4 px"):
        pipeline.dataset(images, size=8)


# ---- augmentation


def augmented(images, **settings):
    return epoch(pipeline.dataset(images, augment="plausible", **settings))


def test_augmentation_is_new_in_each_epoch_and_the_same_for_a_seed(scans):
    (first, _), (second, _) = two_epochs(scans, augment="plausible", batch_size=4, seed=1)
    assert not np.allclose(first, second)
    again, labels = augmented(scans, batch_size=4, seed=1)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels.ravel(), np.arange(6))
    assert not np.allclose(first, augmented(scans, batch_size=4, seed=2)[0])


def test_each_image_can_be_changed_in_one_of_several_ways(scans):
    flips = [{f"{way}_flip": True, "flip_probability": 1} for way in ("horizontal", "vertical")]
    x, _ = epoch(pipeline.dataset(scans, augment={"one_of": flips}, batch_size=4))
    found = set()
    for got, image in zip(x, scans.images.astype(float), strict=True):
        same = [np.allclose(got, image[:, ::-1]), np.allclose(got, image[::-1])]
        assert sum(same) == 1
        found.add(same.index(True))
    assert found == {0, 1}


def test_augmented_images_do_not_depend_on_the_batch(scans):
    small, large = (augmented(scans, batch_size=n, shuffle=True)[0] for n in (1, 6))
    assert_close(small, large)


def test_each_label_stays_with_its_image(scans):
    x, y = augmented(scans, batch_size=4, shuffle=True)
    for image, label in zip(x, y.ravel().astype(int), strict=True):
        gaps = [np.abs(image - other).mean() for other in scans.images.astype(float)]
        assert np.argmin(gaps) == label


@pytest.mark.parametrize("augment", [None, "plausible"])
def test_a_training_can_begin_with_a_later_epoch(scans, augment):
    second = two_epochs(scans, shuffle=True, augment=augment)[1]
    later = epoch(pipeline.dataset(scans, shuffle=True, augment=augment, first_epoch=1))
    for ours, theirs in zip(second, later, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("split", ["val", "test", None])
def test_only_training_images_are_augmented(scans, split):
    scans.cases.loc[2, "split"] = split
    with pytest.raises(DataError, match=r"got 1 of 6 .*judged on images as they are"):
        pipeline.dataset(scans, augment="plausible")
    pipeline.dataset(scans)


@pytest.mark.parametrize("shuffle", [False, True])
def test_no_autotuning_whose_sleeping_thread_the_end_of_an_epoch_would_wait_for(images, shuffle):
    assert pipeline.dataset(images, shuffle=shuffle).options().autotune.enabled is False
