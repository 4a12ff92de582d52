import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from cxrlib import models
from cxrlib.models import transfer
from cxrlib.models.transfer.learning_rates import MultiOptimizer
from tests.float32 import assert_close
from tests.models.training.conftest import some_pictures

RATES = {"head": 1e-3, "backbone": 1e-5}


@pytest.fixture
def net(tiny):
    return transfer.unfreeze(transfer.build_model(tiny, weights="random"), "block2")


def test_each_part_takes_steps_of_its_own_rate(net, batch):
    """Adam's first step is as long as its learning rate."""
    transfer.compile_layerwise(net, {"head": 1e-2, "block3": 1e-3, "backbone": 1e-4})
    before = {w.path: w.numpy() for w in net.trainable_variables}
    net.fit(*batch, batch_size=8, verbose=0)
    step = {w.path: np.abs(before[w.path] - w.numpy()).max() for w in net.trainable_variables}
    assert step == {
        "block2_conv/kernel": pytest.approx(1e-4, rel=0.05),
        "block3_conv/kernel": pytest.approx(1e-3, rel=0.05),
        "predictions/kernel": pytest.approx(1e-2, rel=0.05),
        "predictions/bias": pytest.approx(1e-2, rel=0.05),
    }


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        ("SGD", {"momentum": 0.9}),
        ("AdamW", {"weight_decay": 0.05}),
        ("Adam", {"use_ema": True, "ema_momentum": 0.9}),
        ("SGD", {"global_clipnorm": 1e-2}),
        ("AdamW", {"beta_2": 0.99, "global_clipnorm": 0.5}),
    ],
)
def test_with_the_same_rate_twice_it_is_the_optimizer_alone(net, batch, optimizer, settings):
    first, after = net.get_weights(), []
    for rates in ({"head": 1e-3, "backbone": 1e-3}, None):
        net.set_weights(first)
        if rates:
            transfer.compile_layerwise(net, rates, optimizer, **settings)
        else:
            models.training.compile_classifier(net, optimizer, 1e-3, **settings)
        net.fit(*batch, epochs=3, batch_size=4, shuffle=False, verbose=0)
        after.append(net.get_weights())
    assert int(net.optimizer.iterations) == 6
    for one, other, begin in zip(*after, first, strict=True):
        scale = max(np.abs(other - begin).max(), 1e-9)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-3 * scale)


def test_gradients_are_clipped_by_the_norm_of_all_groups_together(net, batch):
    """A step of SGD is the gradient times the rate."""
    limit, rates = 1e-2, {"head": 10.0, "backbone": 1.0}
    transfer.compile_layerwise(net, rates, "SGD", global_clipnorm=limit)
    before = [w.numpy() for w in net.trainable_variables]
    net.fit(*batch, batch_size=8, verbose=0)
    grads = [
        (w.numpy() - old) / rates["head" if w.path.startswith("predictions") else "backbone"]
        for w, old in zip(net.trainable_variables, before, strict=True)
    ]
    norms = [np.linalg.norm(grad) for grad in grads]
    assert np.linalg.norm(norms) == pytest.approx(limit, rel=1e-3)
    assert max(norms) < limit


def test_accumulated_gradients_are_not_clipped_by_group(net):
    clipped = {"global_clipnorm": 0.5, "gradient_accumulation_steps": 2}
    with pytest.raises(ValueError, match="each group would be clipped by itself"):
        transfer.compile_layerwise(net, RATES, **clipped)
    transfer.compile_layerwise(transfer.freeze(net), {"head": 1e-3}, **clipped)
    assert (net.optimizer.global_clipnorm, net.optimizer.gradient_accumulation_steps) == (0.5, 2)


def test_the_table_says_which_rate_each_part_got(net):
    table = transfer.learning_rate_summary(
        transfer.compile_layerwise(net, RATES, "AdamW", weight_decay=0.05)
    )
    assert table["learning_rate"]["head"] == pytest.approx(1e-3)
    assert table["learning_rate"]["block3"] == pytest.approx(1e-5)
    assert table["learning_rate"]["block1"] == 0
    assert net.optimizer.optimizers[0].weight_decay == 0.05
    assert float(net.optimizer.learning_rate) == pytest.approx(1e-3)  # of the first one
    with pytest.raises(AttributeError):
        net.optimizer.learning_rate = 1.0


def test_an_interrupted_training_goes_on_as_it_would_have(tiny, tmp_path):
    train, val = some_pictures(size=32), some_pictures(8, "val", seed=1, size=32)
    stop = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: 1 / (1 - epoch))

    def run(callbacks=(), backup_dir=None):
        net = transfer.unfreeze(transfer.build_model(tiny, weights="random"), "block3")
        decay = models.cosine_decay_restarts(1e-3, n_images=len(train), batch_size=8)
        transfer.compile_layerwise(net, {"head": decay, "block3": 1e-4})
        options = {"epochs": 2, "batch_size": 8, "backup_dir": backup_dir, "callbacks": callbacks}
        return models.fit(net, train, val, **options)

    straight = run()
    assert (straight["learning_rate"] < 1e-3).all()  # of the part that is named first
    with pytest.raises(ZeroDivisionError):
        run([stop], tmp_path / "state")
    resumed = run(backup_dir=tmp_path / "state")
    np.testing.assert_allclose(resumed["loss"], straight["loss"], rtol=1e-5)


def test_saved_and_loaded_it_goes_on_with_its_rates(net, batch, tmp_path):
    transfer.compile_layerwise(net, RATES)
    net.fit(*batch, verbose=0)
    models.save(net, tmp_path / "net.keras", ["normal", "pneumonia"])
    again = models.load(tmp_path / "net.keras").model
    assert transfer.learning_rate_summary(again).equals(transfer.learning_rate_summary(net))
    for one in (net, again):
        one.fit(*batch, batch_size=8, shuffle=False, verbose=0)
    assert_close(again.predict(batch[0], verbose=0), net.predict(batch[0], verbose=0), rel=1e-4)


def test_a_network_with_several_rates_opens_where_they_were_never_used(net, tmp_path):
    transfer.compile_layerwise(net, RATES)
    models.save(net, tmp_path / "net.keras", ["normal", "pneumonia"])
    np.save(tmp_path / "kernel.npy", net.get_layer("predictions").kernel)
    keras_alone = "import keras; net = keras.models.load_model('net.keras', compile=False)"
    with_cxrlib = "from cxrlib import models; net = models.load('net.keras').model"
    for opened in (keras_alone, with_cxrlib):
        same = "(net.get_layer('predictions').kernel.numpy() == np.load('kernel.npy')).all()"
        code = f"import numpy as np; {opened}; assert {same}"
        root = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | root, check=True
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"head": 1e-3}, "got none for block2, block3"),
        ({"backbone": 1e-5}, "got none for head"),
        ({"head": 1e-3, "blok2": 1e-5}, "Did you mean 'block2'"),
        ({"head": 1e-3, "backbone": 1e-5, "block1": 1e-6}, "'block1', which is frozen"),
        ({"block3": 1e-3, "head": 1e-5, "block3_": 1e-6}, "expected a block of this model"),
    ],
)
def test_rates_that_do_not_fit(net, given, message):
    with pytest.raises(ValueError, match=message):
        transfer.compile_layerwise(net, given)


def test_a_pattern_that_matches_nothing_is_found_out(net):
    each = [keras.optimizers.SGD(0.1, name=name) for name in ("head", "backbone")]
    variables = net.trainable_variables
    for patterns, message in (
        ((r"predictions/.*", r"block2_.*"), "one learning rate for block3_conv/kernel, got 0"),
        ((r".*", r"block.*"), "one learning rate for block2_conv/kernel, got 2"),
        ((r".*", r"no/.*"), "expected variables for 'backbone', got none"),
    ):
        with pytest.raises(ValueError, match=message):
            MultiOptimizer(each, patterns).build(variables)


def test_one_part_has_an_ordinary_optimizer(net):
    with pytest.raises(ValueError, match="expected a compiled model"):
        transfer.learning_rate_summary(net)
    transfer.compile_layerwise(transfer.freeze(net), {"head": 1e-3})
    assert type(net.optimizer) is keras.optimizers.Adam
    assert transfer.learning_rate_summary(net)["learning_rate"]["head"] == pytest.approx(1e-3)


def test_a_block_named_twice(small):
    transfer.unfreeze(small, "all")
    with pytest.raises(ValueError, match=r"two for 'block_16': by 'block_16' and by 'block'"):
        transfer.compile_layerwise(small, {"head": 1e-3, "block_16": 1e-5, "block": 1e-6})
    transfer.freeze(small)


def test_patterns_of_the_real_networks_match(real_net):
    transfer.unfreeze(real_net, "all")
    table = transfer.learning_rate_summary(transfer.compile_layerwise(real_net, RATES))
    assert table["learning_rate"].tolist() == pytest.approx([1e-5] * (len(table) - 1) + [1e-3])
    transfer.freeze(real_net)
