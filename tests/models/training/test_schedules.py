import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from cxrlib import models


def test_class_weights_of_article_2():
    labels = np.repeat([[0.0], [1.0]], [1341, 3875], axis=0)
    weights = models.class_weights(labels)
    assert {k: round(v, 3) for k, v in weights.items()} == {0: 1.945, 1: 0.673}


def test_class_weights_are_scikit_learn_s_also_one_hot():
    numbers = np.array([0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=numbers)
    assert list(models.class_weights(np.eye(3)[numbers]).values()) == pytest.approx(expected)


def test_weighted_classes_count_the_same():
    numbers = np.array([0, 0, 0, 1])
    weights = models.class_weights(numbers[:, None])
    assert 3 * weights[0] == pytest.approx(weights[1])


@pytest.mark.parametrize("labels", [np.zeros((4, 1)), np.eye(3)[[0, 1, 1]]])
def test_a_class_without_pictures_has_no_weight(labels):
    with pytest.raises(ValueError, match="pictures of each class"):
        models.class_weights(labels)


def test_exponential_decay_epoch_by_epoch():
    schedule = models.exponential_decay(0.01, pictures=100, batch_size=16, each_epoch=0.5)
    steps = 7  # 100 / 16, rounded up: the last batch is smaller
    rates = [float(schedule(epoch * steps)) for epoch in range(4)]
    assert rates == pytest.approx([0.01, 0.005, 0.0025, 0.00125])


def test_cosine_restarts_after_5_and_15_epochs():
    schedule = models.cosine_restarts(0.1, pictures=32, batch_size=16)
    rates = np.array([float(schedule(step)) for step in range(2 * 35 + 1)])
    starts = np.flatnonzero(rates > 0.0999) / 2
    assert starts.tolist() == [0, 5, 15, 35]
    assert rates[5] == pytest.approx(0.1 * (1 + np.cos(np.pi * 5 / 10)) / 2)


def test_warm_cosine_rises_for_a_tenth_and_falls_to_a_hundredth():
    schedule = models.warm_cosine(0.1, pictures=160, batch_size=16, epochs=10)
    rates = [float(schedule(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[10] == pytest.approx(0.1) == max(rates)
    assert rates[55] == pytest.approx((0.1 + 0.001) / 2)
    assert rates[100] == pytest.approx(0.001)
    with pytest.raises(ValueError, match="one epoch"):
        models.warm_cosine(0.1, pictures=160, batch_size=16, epochs=0)


@pytest.mark.parametrize("build", [models.exponential_decay, models.cosine_restarts])
@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_a_rate_that_is_not_above_zero_is_refused(build, rate):
    with pytest.raises(ValueError, match="learning rate above 0"):
        build(rate, pictures=10, batch_size=2)


def test_other_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="at least one picture"):
        models.exponential_decay(0.1, pictures=0, batch_size=2)
    with pytest.raises(ValueError, match="each_epoch"):
        models.exponential_decay(0.1, pictures=10, batch_size=2, each_epoch=1.1)
    with pytest.raises(ValueError, match="first"):
        models.cosine_restarts(0.1, pictures=10, batch_size=2, first=0)
