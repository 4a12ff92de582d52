import keras
import numpy as np
import pytest

from cxrlib import models
from tests.float32 import assert_close


def test_mlp_takes_raw_pixels_and_answers_with_probabilities():
    model = models.mlp((8, 8, 1), hidden=(4,))
    pictures = np.random.default_rng(0).integers(0, 256, size=(5, 8, 8, 1)).astype("float32")
    scores = model.predict(pictures, verbose=0)
    assert scores.shape == (5, 1)
    assert ((scores > 0) & (scores < 1)).all()
    assert model.count_params() == 8 * 8 * 4 + 4 + 4 + 1


def test_mlp_for_more_classes_sums_to_one():
    scores = models.mlp((8, 8, 1), classes=3).predict(np.zeros((2, 8, 8, 1)), verbose=0)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_same_seed_same_weights_whatever_ran_before():
    first = models.mlp((8, 8, 1), seed=3).get_weights()
    keras.utils.set_random_seed(99)
    second = models.mlp((8, 8, 1), seed=3).get_weights()
    other = models.mlp((8, 8, 1), seed=4).get_weights()
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])


def test_the_model_is_flat_and_survives_saving(tmp_path):
    model = models.mlp((8, 8, 1), hidden=(6, 4), dropout=0.5)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    pictures = np.random.default_rng(0).uniform(0, 255, size=(3, 8, 8, 1))
    model.save(tmp_path / "mlp.keras")
    again = keras.models.load_model(tmp_path / "mlp.keras")
    assert_close(again.predict(pictures, verbose=0), model.predict(pictures, verbose=0))


@pytest.mark.parametrize("shape", [(64, 64), (64,), (0, 64, 1), ("64", 64, 1)])
def test_a_wrong_shape_is_named(shape):
    with pytest.raises(ValueError, match="height, width, channels"):
        models.mlp(shape)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="2 classes or more, got 1"):
        models.mlp((8, 8, 1), classes=1)


# ---- the articles' networks

ARTICLES = [models.first_cnn, models.custom_cnn]
NETWORKS = [*ARTICLES, models.pooled_cnn]


def small(build, shape, **more):
    more |= {"dense": 4} if build in ARTICLES else {}
    return build(shape, (2, 3), **more)


@pytest.mark.parametrize("build", NETWORKS)
@pytest.mark.parametrize("shape", [(16, 16, 1), (21, 17, 3)])
@pytest.mark.parametrize(("classes", "outputs"), [(2, 1), (4, 4)])
def test_any_size_one_or_three_channels_any_number_of_classes(build, shape, classes, outputs):
    model = small(build, shape, classes=classes)
    pictures = np.random.default_rng(0).uniform(0, 255, (3, *shape))
    scores = model.predict(pictures, verbose=0)
    assert scores.shape == (3, outputs)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)


@pytest.mark.parametrize("build", NETWORKS)
def test_they_survive_saving_and_start_alike_for_a_seed(build, tmp_path):
    model = small(build, (16, 16, 1), seed=3)
    keras.utils.set_random_seed(99)
    twin, other = (small(build, (16, 16, 1), seed=seed) for seed in (3, 4))
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 16, 16, 1))
    scores = model.predict(pictures, verbose=0)
    np.testing.assert_array_equal(scores, twin.predict(pictures, verbose=0))
    assert not np.allclose(scores, other.predict(pictures, verbose=0))
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert_close(again.predict(pictures, verbose=0), scores)


def test_the_first_cnn_is_article_3_s():
    model = models.first_cnn()
    assert model.input_shape == (None, 180, 180, 1)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[2:10] == ["Conv2D", "MaxPooling2D"] * 4
    assert [model.get_layer(f"conv_{i}").filters for i in (1, 2, 3, 4)] == [16, 32, 64, 128]
    assert model.get_layer("dense").units == 512
    assert model.get_layer("dropout").rate == 0.3


def test_the_custom_cnn_is_article_0_s():
    model = models.custom_cnn()
    assert model.input_shape == (None, 160, 160, 1)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[2:18] == ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D"] * 4
    filters = [model.get_layer(f"conv_{i}").filters for i in (1, 2, 3, 4)]
    assert (filters[0], filters[-1]) == (32, 128)
    assert filters == sorted(filters)
    assert model.get_layer("dense").units == 512
    assert "Dropout" not in kinds


def test_the_pooled_cnn_answers_from_the_means_of_its_last_maps():
    model = models.pooled_cnn((32, 48, 1), (2, 3, 4), seed=1)
    maps = keras.Model(model.inputs, model.get_layer("relu_3").output)
    assert maps.output_shape == (None, 8, 12, 4)
    pictures = np.random.default_rng(0).uniform(0, 255, (3, 32, 48, 1))
    weights, bias = model.get_layer("answer").get_weights()
    logit = maps.predict(pictures, verbose=0).mean(axis=(1, 2)) @ weights + bias
    scores = model.predict(pictures, verbose=0)
    assert_close(scores, 1 / (1 + np.exp(-logit)))


def test_three_poolings_are_enough_for_four_blocks_that_end_in_a_mean():
    assert models.pooled_cnn((8, 8, 1)).get_layer("relu_4").output.shape == (None, 1, 1, 64)
    with pytest.raises(ValueError, match="at least 8 pixels a side for 3 poolings"):
        models.pooled_cnn((7, 8, 1))


@pytest.mark.parametrize("build", ARTICLES)
def test_too_small_a_picture_is_refused(build):
    with pytest.raises(ValueError, match="at least 16 pixels a side for 4 poolings"):
        build((15, 40, 1))


@pytest.mark.parametrize("build", [models.mlp, *NETWORKS])
def test_two_or_four_channels_are_refused(build):
    with pytest.raises(ValueError, match=r"1 \(grey\) or 3 \(colour\) channels, got 4"):
        build((32, 32, 4))
