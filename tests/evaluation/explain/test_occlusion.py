import keras
import numpy as np
import pytest
from keras import layers

from cxrlib import evaluation

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 9, 7, 1)).astype("uint8")
WEIGHTS = RNG.normal(0, 0.01, (9, 7))


def linear(classes=1, weights=WEIGHTS, bias=0.3):
    image = keras.Input((9, 7, 1))
    squash = "sigmoid" if classes == 1 else "softmax"
    answer = layers.Dense(classes, squash, name="answer")
    model = keras.Model(image, answer(layers.Flatten()(image)))
    columns = [weights.ravel() * (k + 1) * (-1) ** k for k in range(classes)]
    answer.set_weights([np.stack(columns, axis=1), np.full(classes, bias)])
    return model


def by_hand(image, score, size, starts, fill):
    """Cover, ask, and give each pixel the mean of its squares, one pixel after the other."""
    sums, counts = np.zeros(image.shape), np.zeros(image.shape)
    for y in starts[0]:
        for x in starts[1]:
            covered = image.astype(float).copy()
            covered[y : y + size, x : x + size] = fill
            for pixel in np.ndindex(size, size):
                sums[y + pixel[0], x + pixel[1]] += score(image) - score(covered)
                counts[y + pixel[0], x + pixel[1]] += 1
    return sums / counts


def logit(image):
    return (image * WEIGHTS).sum() + 0.3


def occlude(model, patch_size, stride, images=IMAGES, **settings):
    return evaluation.occlusion_sensitivity(
        model, images, patch_size=patch_size, stride=stride, **settings
    )


@pytest.mark.parametrize(
    ("fill_value", "size", "stride", "starts"),
    [
        ("mean", 3, 2, ([0, 2, 4, 6], [0, 2, 4])),
        (200, 3, 2, ([0, 2, 4, 6], [0, 2, 4])),
        (0, 4, 3, ([0, 3, 5], [0, 3])),  # the last square of a column ends at the border
    ],
)
def test_it_agrees_with_covering_by_hand(fill_value, size, stride, starts):
    images = IMAGES.astype("float32")
    maps = occlude(linear(), size, stride, images, fill_value=fill_value)
    for image, drops in zip(IMAGES[..., 0], maps, strict=True):
        fill = image.mean() if fill_value == "mean" else fill_value
        np.testing.assert_allclose(drops, by_hand(image, logit, size, starts, fill), atol=2e-5)
    np.testing.assert_array_equal(images, IMAGES)  # they are left alone


def test_the_other_class_of_two_loses_what_the_first_wins():
    sick, healthy = (occlude(linear(), 3, 3, class_index=k) for k in (1, 0))
    np.testing.assert_allclose(sick, -healthy, atol=1e-6)


def test_of_several_classes_it_is_the_one_called_for_the_bare_image():
    model = linear(3, np.abs(WEIGHTS))
    called = model(IMAGES.astype("float32")).numpy().argmax(axis=1)
    assert (called == 2).all()  # three times the weights, until most of it is covered
    np.testing.assert_array_equal(
        occlude(model, 7, 7, fill_value=0), occlude(model, 7, 7, fill_value=0, class_index=called)
    )
    drops = occlude(model, 1, 1, fill_value=0, class_index=[2, 1, 0])
    for image, k, found in zip(IMAGES[..., 0], (2, 1, 0), drops, strict=True):
        expected = image * np.abs(WEIGHTS) * (k + 1) * (-1) ** k
        np.testing.assert_allclose(found, expected, atol=1e-4)


class Seen(layers.Layer):
    """Notes how many images it is given."""

    counts = ()

    def call(self, x):
        if x.shape[0] is not None:
            Seen.counts = (*Seen.counts, int(x.shape[0]))
        return x


def test_memory_grows_with_the_batch_and_not_with_the_squares():
    image = keras.Input((9, 7, 1))
    model = keras.Model(image, layers.Dense(1)(layers.Flatten()(Seen()(image))))
    Seen.counts = ()
    small = occlude(model, 2, 1, batch_size=10)
    assert max(Seen.counts) <= 10
    assert sum(Seen.counts) == 3 + 3 * 8 * 6  # the bare images, and each place once
    np.testing.assert_allclose(small, occlude(model, 2, 1, batch_size=500), atol=1e-4)


@pytest.mark.parametrize(
    ("patch_size", "stride", "settings", "words"),
    [
        (8, 1, {}, "`patch_size` as a whole number from 1 to 7.*got 8"),
        (2.5, 1, {}, "got 2.5"),
        (3, 4, {}, "`stride` .* from 1 to the square's 3 pixels.*got 4"),
        (3, 0, {}, "got 0"),
        (3, 1, {"fill_value": 300}, "grey level from 0 to 255"),
        (3, 1, {"fill_value": "black"}, "or 'mean', got 'black'"),
        (3, 1, {"class_index": 2}, "`class_index` from 0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(patch_size, stride, settings, words):
    with pytest.raises(ValueError, match=words):
        occlude(linear(), patch_size, stride, **settings)
