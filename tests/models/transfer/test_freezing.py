import keras
import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.models.training import compile_classifier

LAST = {
    "vgg16": ("block5", 1),
    "resnet50": ("conv5", 3),
    "mobilenet_v2_0.35": ("block_16", 2),
    "mobilenet_v3_small_1.0": ("expanded_conv_10", 2),
    "efficientnet_lite0": ("block7a", 2),
}


def norms(net):
    return [x for x in net.layers if isinstance(x, keras.layers.BatchNormalization)]


def test_freezing_leaves_the_head(real_net):
    table = transfer.block_summary(transfer.freeze(real_net))
    assert table["parameters"].sum() == real_net.count_params()
    assert (table["layers"] > 0).all()
    assert list(table.index)[-1] == "head"
    assert table.index[table["trainable"] > 0].tolist() == ["head"]
    assert len(real_net.trainable_variables) == 2


def test_unfreezing_from_a_block_on_keeps_batch_norm(real_net):
    first, count = LAST[real_net.name]
    table = transfer.block_summary(transfer.unfreeze(real_net, first))
    frozen = len(table) - count - 1
    assert (table["trainable"] > 0).tolist() == [False] * frozen + [True] * (count + 1)
    assert table["batch_norm"].sum() == 0
    table = transfer.block_summary(transfer.unfreeze(real_net, first, batch_norm=True))
    assert table["batch_norm"].sum() == sum(n.trainable for n in norms(real_net))
    assert (table["batch_norm"].sum() > 0) == bool(norms(real_net))
    transfer.unfreeze(real_net, "all")
    kept = sum(int(np.prod(w.shape)) for n in norms(real_net) for w in n.weights)
    assert transfer.block_summary(real_net)["trainable"].sum() == real_net.count_params() - kept
    with pytest.raises(ValueError, match=rf"expected a block .*got '{first}x'. Did you mean"):
        transfer.unfreeze(real_net, f"{first}x")
    transfer.freeze(real_net)


def test_training_changes_what_may_learn_and_nothing_else(tiny, batch):
    net = transfer.unfreeze(transfer.build_model(tiny, weights="random"), "block2")
    compile_classifier(net, "SGD", 0.1)
    before = {w.path: w.numpy() for w in net.weights}
    net.fit(*batch, verbose=0)
    moved = {w.path for w in net.weights if not np.array_equal(before[w.path], w)}
    assert moved == {w.path for w in net.trainable_variables}
    convolutions = {"block2_conv/kernel", "block3_conv/kernel"}
    assert moved == convolutions | {"predictions/kernel", "predictions/bias"}


def test_a_number_is_no_beginning_of_another(small):
    transfer.unfreeze(small, "block_1")
    learning = transfer.block_summary(small)["trainable"] > 0
    assert learning["block_1"]
    assert not learning["block_0"]
    transfer.freeze(small)


def test_compiling_comes_after_freezing(small):
    """Keras would silently go on training what could learn when it was compiled."""
    compile_classifier(small, "Adam", 1e-3)
    transfer.freeze(small)
    assert small.optimizer is None
    with pytest.raises(ValueError, match="compile"):
        small.fit(np.zeros((2, 32, 32, 1)), np.zeros(2), verbose=0)


def test_a_network_of_somebody_elses():
    image = keras.Input((8, 8, 1))
    other = keras.Model(image, keras.layers.Flatten()(image), name="mine")
    with pytest.raises(ValueError, match=r"expected a model of transfer\.build_model.*'mine'"):
        transfer.freeze(other)
