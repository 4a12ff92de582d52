import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from cxrlib import models
from cxrlib.models import preprocessing
from tests.float32 import assert_close


def images(channels=1):
    rng = np.random.default_rng(0)
    return rng.integers(0, 200, (5, 12, 10, channels)).astype("float32")


def test_rescaling_is_a_change_of_unit():
    np.testing.assert_allclose(preprocessing.rescale()(images()), images() / 255, rtol=1e-6)
    assert_close(preprocessing.symmetric()(images()), images() / 127.5 - 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_samplewise_is_scikit_learn_s_scaler_over_the_pixels_of_one_image(channels):
    x = images(channels)
    by_hand = StandardScaler().fit_transform(x.reshape(5, -1).T).T.reshape(x.shape)
    alone = preprocessing.samplewise()(x)
    assert_close(alone, by_hand, rel=5e-5)
    # Exposure and contrast are gone, and any rescaling before.
    assert_close(preprocessing.samplewise()(0.7 * x + 20), alone, rel=5e-5)
    assert_close(preprocessing.samplewise()(preprocessing.rescale()(x)), alone, rel=1e-4)
    np.testing.assert_array_equal(preprocessing.samplewise()(np.full((1, 4, 4, 1), 90.0)), 0)


@pytest.mark.parametrize("channels", [1, 3])
def test_featurewise_is_scikit_learn_s_scaler_over_all_images(channels):
    x = images(channels)
    x[..., -1] *= 0.5
    by_hand = StandardScaler().fit_transform(x.reshape(-1, channels)).reshape(x.shape)
    layer = preprocessing.featurewise(x)
    assert_close(layer(x), by_hand, rel=5e-5)
    brighter = np.asarray(layer(x + 10)) - np.asarray(layer(x))
    assert (brighter > 0.05).all(), "the exposure of a single image stays"


@pytest.mark.parametrize(
    "images", [np.zeros((0, 4, 4, 1)), np.zeros((4, 4)), np.full((2, 4, 4, 1), 7)]
)
def test_what_cannot_be_standardised_is_refused(images):
    with pytest.raises(ValueError, match=r"expected (training )?images"):
        preprocessing.featurewise(images)


def test_by_name_by_layer_or_an_error_that_helps():
    assert preprocessing.get("samplewise").name == "samplewise"
    mine = preprocessing.featurewise(images())
    assert preprocessing.get(mine) is mine
    with pytest.raises(ValueError, match=r"featurewise\(train\.images\)"):
        models.first_cnn((16, 16, 1), preprocess="featurewise")
    with pytest.raises(ValueError, match="rescale, symmetric, samplewise"):
        models.first_cnn((16, 16, 1), preprocess="zca")
