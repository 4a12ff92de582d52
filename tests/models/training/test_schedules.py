import numpy as np
import pytest

from cxrlib import models


def test_exponential_decay_epoch_by_epoch():
    schedule = models.exponential_decay(0.01, n_images=100, batch_size=16, decay_rate=0.5)
    steps = 7  # 100 / 16, rounded up: the last batch is smaller
    rates = [float(schedule(epoch * steps)) for epoch in range(4)]
    assert rates == pytest.approx([0.01, 0.005, 0.0025, 0.00125])


def test_cosine_restarts_after_5_and_15_epochs():
    schedule = models.cosine_decay_restarts(0.1, n_images=32, batch_size=16)
    rates = np.array([float(schedule(step)) for step in range(2 * 35 + 1)])
    starts = np.flatnonzero(rates > 0.0999) / 2
    assert starts.tolist() == [0, 5, 15, 35]
    assert rates[5] == pytest.approx(0.1 * (1 + np.cos(np.pi * 5 / 10)) / 2)


def test_warm_cosine_rises_for_a_tenth_and_falls_to_a_hundredth():
    schedule = models.warmup_cosine_decay(0.1, n_images=160, batch_size=16, epochs=10)
    rates = [float(schedule(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[10] == pytest.approx(0.1) == max(rates)
    assert rates[55] == pytest.approx((0.1 + 0.001) / 2)
    assert rates[100] == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("build", "settings", "words"),
    [
        (models.exponential_decay, {"learning_rate": 0}, "learning rate above 0"),
        (models.cosine_decay_restarts, {"learning_rate": float("nan")}, "learning rate above 0"),
        (models.warmup_cosine_decay, {"learning_rate": -0.1, "epochs": 1}, "learning rate above 0"),
        (models.warmup_cosine_decay, {"epochs": 0}, "`epochs` of at least 1"),
        (models.exponential_decay, {"n_images": 0}, "`n_images` and `batch_size` of at least 1"),
        (models.exponential_decay, {"decay_rate": 1.1}, "decay_rate"),
        (models.cosine_decay_restarts, {"first_decay_epochs": 0}, "first_decay_epochs"),
    ],
)
def test_impossible_settings_are_refused(build, settings, words):
    with pytest.raises(ValueError, match=words):
        build(**({"learning_rate": 0.1, "n_images": 10, "batch_size": 2} | settings))
