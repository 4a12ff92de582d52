import keras
import numpy as np
import pytest
from keras import layers

from cxrlib import evaluation, models

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 9, 7, 1)).astype("uint8")
WEIGHTS = RNG.normal(0, 0.01, (9, 7))


def linear(classes=1, weights=WEIGHTS, bias=0.3):
    picture = keras.Input((9, 7, 1))
    squash = "sigmoid" if classes == 1 else "softmax"
    answer = layers.Dense(classes, squash, name="answer")
    model = keras.Model(picture, answer(layers.Flatten()(picture)))
    columns = [weights.ravel() * (k + 1) * (-1) ** k for k in range(classes)]
    answer.set_weights([np.stack(columns, axis=1), np.full(classes, bias)])
    return model


def by_hand(image, score, size, starts, grey):
    """Cover, ask, and give each pixel the mean of its squares, one pixel after the other."""
    sums, counts = np.zeros(image.shape), np.zeros(image.shape)
    for y in starts[0]:
        for x in starts[1]:
            covered = image.astype(float).copy()
            covered[y : y + size, x : x + size] = grey
            for pixel in np.ndindex(size, size):
                sums[y + pixel[0], x + pixel[1]] += score(image) - score(covered)
                counts[y + pixel[0], x + pixel[1]] += 1
    return sums / counts


def logit(image):
    return (image * WEIGHTS).sum() + 0.3


@pytest.mark.parametrize(
    ("fill", "size", "stride", "starts"),
    [
        ("mean", 3, 2, ([0, 2, 4, 6], [0, 2, 4])),
        (200, 3, 2, ([0, 2, 4, 6], [0, 2, 4])),
        (0, 4, 3, ([0, 3, 5], [0, 3])),  # the last square of a column ends at the border
    ],
)
def test_it_agrees_with_covering_by_hand(fill, size, stride, starts):
    found = evaluation.occlusion(linear(), IMAGES, size=size, stride=stride, fill=fill)
    for image, drops in zip(IMAGES[..., 0], found, strict=True):
        grey = image.mean() if fill == "mean" else fill
        expected = by_hand(image, logit, size, starts, grey)
        np.testing.assert_allclose(drops, expected, atol=2e-5)


def test_single_pixels_of_a_linear_network_add_up_to_the_logit():
    drops = evaluation.occlusion(linear(), IMAGES, size=1, stride=1, fill=0)
    np.testing.assert_allclose(drops, IMAGES[..., 0] * WEIGHTS, atol=2e-5)
    sums = [logit(image) - 0.3 for image in IMAGES[..., 0]]
    np.testing.assert_allclose(drops.sum(axis=(1, 2)), sums, rtol=1e-3, atol=1e-3)


def test_the_other_class_of_two_loses_what_the_first_wins():
    sick, healthy = (
        evaluation.occlusion(linear(), IMAGES, size=3, stride=3, output=k) for k in (1, 0)
    )
    np.testing.assert_allclose(sick, -healthy, atol=1e-6)


def test_of_several_classes_it_is_the_one_called_for_the_bare_picture():
    model = linear(3, np.abs(WEIGHTS))
    called = model(IMAGES.astype("float32")).numpy().argmax(axis=1)
    assert (called == 2).all()  # three times the weights, until most of it is covered
    settings = {"size": 7, "stride": 7, "fill": 0}
    np.testing.assert_array_equal(
        evaluation.occlusion(model, IMAGES, **settings),
        evaluation.occlusion(model, IMAGES, output=called, **settings),
    )
    drops = evaluation.occlusion(model, IMAGES, size=1, stride=1, fill=0, output=[2, 1, 0])
    for image, k, found in zip(IMAGES[..., 0], (2, 1, 0), drops, strict=True):
        expected = image * np.abs(WEIGHTS) * (k + 1) * (-1) ** k
        np.testing.assert_allclose(found, expected, atol=1e-4)


class Seen(layers.Layer):
    """Notes how many pictures it is given."""

    counts = ()

    def call(self, x):
        if x.shape[0] is not None:
            Seen.counts = (*Seen.counts, int(x.shape[0]))
        return x


def test_memory_grows_with_the_batch_and_not_with_the_squares():
    picture = keras.Input((9, 7, 1))
    model = keras.Model(picture, layers.Dense(1)(layers.Flatten()(Seen()(picture))))
    Seen.counts = ()
    small = evaluation.occlusion(model, IMAGES, size=2, stride=1, batch_size=10)
    assert max(Seen.counts) <= 10
    assert sum(Seen.counts) == 3 + 3 * 8 * 6  # the bare pictures, and each place once
    large = evaluation.occlusion(model, IMAGES, size=2, stride=1, batch_size=500)
    np.testing.assert_allclose(small, large, atol=1e-4)


def test_it_needs_no_convolution_and_leaves_the_pictures_alone():
    model, images = models.mlp((9, 7, 1), (4,)), IMAGES.astype("float32")
    before = images.copy()
    drops = evaluation.occlusion(model, images, size=3, stride=3)
    assert drops.shape == (3, 9, 7)
    assert drops.any()
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 8, "stride": 1}, "`size` as a whole number from 1 to 7.*got 8"),
        ({"size": 2.5, "stride": 1}, "got 2.5"),
        ({"size": 3, "stride": 4}, "`stride` .* from 1 to the square's 3 pixels.*got 4"),
        ({"size": 3, "stride": 0}, "got 0"),
        ({"size": 3, "stride": 1, "fill": 300}, "grey level from 0 to 255"),
        ({"size": 3, "stride": 1, "fill": "black"}, "or 'mean', got 'black'"),
        ({"size": 3, "stride": 1, "output": 2}, "`output` from 0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        evaluation.occlusion(linear(), IMAGES, **settings)


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"got \(3, 7, 9, 1\)"):
        evaluation.occlusion(linear(), IMAGES.transpose(0, 2, 1, 3), size=3, stride=1)
