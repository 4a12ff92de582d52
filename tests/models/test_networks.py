import keras
import numpy as np
import pytest

from cxrlib import models


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
    np.testing.assert_allclose(
        model.predict(pictures, verbose=0), again.predict(pictures, verbose=0), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(64, 64), (64,), (0, 64, 1), ("64", 64, 1)])
def test_a_wrong_shape_is_named(shape):
    with pytest.raises(ValueError, match="height, width, channels"):
        models.mlp(shape)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="2 classes or more, got 1"):
        models.mlp((8, 8, 1), classes=1)
