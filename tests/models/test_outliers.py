import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from cxrlib import models
from cxrlib.models.outliers import THUMBNAIL, OutlierDetector, describe, small_copies
from tests.float32 import assert_close

LAYERS = ("relu_1", "relu_2")


def pictures(n, seed):
    """Bright left halves, brightest above, with noise."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 60, (n, 24, 24, 1), dtype=np.uint8)
    images[:, :, :12] += rng.integers(80, 120, (n, 1, 1, 1), dtype=np.uint8)
    images[:, :8, :12] += 40
    return images


@pytest.fixture(scope="module")
def network():
    return models.pooled_cnn((24, 24, 1), (3, 4))


@pytest.fixture(scope="module")
def detector(network):
    return OutlierDetector.fit(
        network, pictures(120, 0), pictures(50, 1), layers=LAYERS, false_refusals=0.1
    )


def test_a_picture_is_described_by_a_small_copy_and_the_means_of_maps(network):
    images = pictures(5, 2)
    found = describe(network, images, LAYERS)
    assert found.shape == (5, THUMBNAIL**2 + 3 + 4)
    small = found[:, : THUMBNAIL**2]
    np.testing.assert_allclose(small.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(small.std(axis=1), 1, atol=1e-2)
    tile = images[3, 4:6, 6:8].mean()  # the tile in row 2, column 3
    np.testing.assert_allclose(
        small[3, 2 * THUMBNAIL + 3],
        (tile - images[3].mean()) / small_std(images[3]),
        rtol=1e-2,
    )


def small_std(image):
    return image.reshape(12, 2, 12, 2).mean(axis=(1, 3)).std()


def test_exposure_and_contrast_do_not_count_in_the_copy(network):
    images = pictures(3, 3)
    darker = (images * 0.5 + 20).astype("float32")
    both = [describe(network, x, LAYERS)[:, : THUMBNAIL**2] for x in (images, darker)]
    np.testing.assert_allclose(both[0], both[1], atol=1e-2)


def test_the_distance_is_mahalanobis_s_with_the_covariance_of_probabilistic_pca(network, detector):
    from sklearn.decomposition import PCA

    train, one = describe(network, pictures(120, 0), LAYERS), pictures(1, 4)
    scaled = (train - train.mean(axis=0)) / np.maximum(train.std(axis=0), 1e-6)
    precision = PCA(64, svd_solver="full").fit(scaled).get_precision()
    at = (describe(network, one, LAYERS)[0] - detector.mean) / detector.scale
    wanted = mahalanobis(at, np.zeros(len(at)), precision) ** 2 / len(at)
    assert_close(detector.distance(network, one), [wanted], rel=1e-3)


def test_the_threshold_refuses_the_share_that_was_asked_for(network, detector):
    images = pictures(50, 1)
    far = detector.distance(network, images) > detector.threshold
    turned = detector.turn_score(images) > detector.turn_threshold
    assert far.sum() == turned.sum() == 2  # half of the share each, never more
    np.testing.assert_array_equal(detector.refuses(network, images), far | turned)
    assert detector.n == 50


def test_other_pictures_are_refused_and_new_ones_of_the_kind_are_not(network, detector):
    new = pictures(40, 5)
    assert detector.refuses(network, new).mean() < 0.4
    for other in (255 - new, new[:, :, ::-1], new[:, ::-1], new.transpose(0, 2, 1, 3)):
        assert detector.refuses(network, other).all()


def test_the_turn_score_is_the_log_odds_of_a_logistic_regression(detector):
    from sklearn.linear_model import LogisticRegression

    train, new = pictures(120, 0), pictures(8, 7)
    ways = train, train[:, ::-1], train[:, ::-1, ::-1], train[:, :, ::-1]
    copies, way = small_copies(np.concatenate(ways)), np.repeat(range(4), len(train))
    chance = LogisticRegression(C=0.01, max_iter=1000).fit(copies, way).predict_proba
    for images in (new, new[:, ::-1], new[:, :, ::-1]):
        upright = chance(small_copies(images))[:, 0]
        assert_close(detector.turn_score(images), np.log((1 - upright) / upright), rel=1e-3)


def test_it_comes_back_from_arrays(network, detector):
    arrays = detector.to_arrays()
    again = OutlierDetector.from_arrays(arrays)
    images = pictures(4, 6)
    np.testing.assert_array_equal(
        again.distance(network, images), detector.distance(network, images)
    )
    assert (again.layers, again.threshold, again.n) == (LAYERS, detector.threshold, 50)
    with pytest.raises(ValueError, match="expected the arrays layers, mean"):
        OutlierDetector.from_arrays({k: v for k, v in arrays.items() if k != "scale"})
    np.testing.assert_array_equal(again.turn_score(images), detector.turn_score(images))
    for name in ("mean", "turn_weights"):
        with pytest.raises(ValueError, match=r"expected a mean and scale for 151 features"):
            OutlierDetector.from_arrays(arrays | {name: np.zeros(3)})


def test_what_cannot_be_fitted_is_refused(network):
    with pytest.raises(ValueError, match="expected `false_refusals` above 0"):
        OutlierDetector.fit(
            network, pictures(9, 0), pictures(3, 1), layers=LAYERS, false_refusals=0
        )
    with pytest.raises(ValueError, match="multiples of 12, got 20 × 20"):
        describe(network, pictures(2, 0)[:, :20, :20], LAYERS)
