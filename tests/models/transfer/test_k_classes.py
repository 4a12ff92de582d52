import numpy as np
import pytest

from cxrlib import models
from cxrlib.models import features, transfer
from tests.float32 import assert_close
from tests.models.training.conftest import some_pictures

FOUR = ("normal", "bacterial", "viral", "covid")


@pytest.fixture
def train():
    return some_pictures(24, classes=FOUR, size=32)


@pytest.mark.parametrize("kind", ["pool", "flatten"])
def test_a_head_on_a_backbone_learns_k_classes(tiny, train, kind):
    net = transfer.network(tiny, (32, 32, 1), head=kind, weights="random", classes=4, dense=8)
    before = net.get_layer("answer").get_weights()[0]
    transfer.compiled(transfer.freeze(net), {"head": 1e-2})
    assert net.loss == "categorical_crossentropy"
    models.fit(net, train, None, epochs=1, batch_size=8, class_weight="balanced")
    assert not np.allclose(net.get_layer("answer").get_weights()[0], before)
    answers = net.predict(train.images.astype("float32"), verbose=0)
    assert answers.shape == (24, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_a_probe_of_k_classes_becomes_the_head_of_a_network(tiny, train):
    net = transfer.network(tiny, (32, 32, 1), weights="random", classes=4)
    seen = features.compute(train, tiny, weights="random", cache=False)
    probe = features.probe(seen)
    transfer.with_head(net, features.as_head(probe))
    got = net.predict(train.images.astype("float32"), verbose=0)
    assert_close(got, features.scores(probe, seen), rel=1e-4)
