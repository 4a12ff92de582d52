import numpy as np
import pytest
from keras import layers

from cxrlib import evaluation, models

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    images = RNG.integers(0, 256, (9, 16, 16, 1))
    scaling = models.preprocessing.featurewise(images)
    network = models.custom_cnn((16, 16, 1), (8, 8), dense=64, dropout=0.3, preprocess=scaling)
    network.trainable = False  # frozen weights are drawn anew like others
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([RNG.uniform(1, 2, w.shape) for w in layer.get_weights()])
    return network


def changed(a, b):
    pairs = [(x.get_weights(), y.get_weights()) for x, y in zip(a.layers, b.layers, strict=True)]
    return {
        layer.name
        for layer, (old, new) in zip(a.layers, pairs, strict=True)
        if any((o != n).any() for o, n in zip(old, new, strict=True))
    }


def test_all_that_was_learned_is_gone_and_the_model_is_not_touched(model):
    before = model.get_weights()
    copy = evaluation.randomize_weights(model)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    learned = {"conv_1", "norm_1", "conv_2", "norm_2", "dense", "predictions"}
    assert changed(model, copy) == learned  # and not the preprocessing
    gamma, beta, mean, variance = copy.get_layer("norm_2").get_weights()
    assert (gamma == 1).all()
    assert not beta.any()
    assert not mean.any()
    assert (variance == 1).all()
    old, new = (m.get_layer("dense").get_weights()[0] for m in (model, copy))
    assert new.std() == pytest.approx(old.std(), rel=0.05)
    assert abs(np.corrcoef(old.ravel(), new.ravel())[0, 1]) < 0.05


def test_the_seed_decides(model):
    first, again, other = (evaluation.randomize_weights(model, seed) for seed in (1, 1, 2))
    assert changed(first, again) == set()
    assert "conv_1" in changed(first, other)


def test_a_cascade_begins_at_the_answer(model):
    steps = [evaluation.randomize_weights(model, n_layers=n) for n in range(1, 7)]
    names = ["predictions", "dense", "norm_2", "conv_2", "norm_1", "conv_1"]
    for i, step in enumerate(steps):
        assert changed(model, step) == set(names[: i + 1])
    # Each step keeps what the step before drew.
    assert changed(steps[0], steps[5]) == set(names[1:])
    assert changed(steps[5], evaluation.randomize_weights(model)) == set()


@pytest.mark.parametrize("n_layers", [0, 7])
def test_a_cascade_has_as_many_steps_as_layers_with_weights(model, n_layers):
    with pytest.raises(ValueError, match=f"`n_layers` from 1 to 6.*conv_1, norm_1.*got {n_layers}"):
        evaluation.randomize_weights(model, n_layers=n_layers)
