import keras
import numpy as np
import pytest

from cxrlib import models
from cxrlib.models import transfer
from cxrlib.models.transfer import rates as module
from tests.float32 import assert_close
from tests.models.training.conftest import some_pictures

together = pytest.mark.skipif(not module.TOGETHER, reason="needs Keras 3.15")


@pytest.fixture
def net(tiny):
    return transfer.unfreeze(transfer.network(tiny, weights="random"), "block2")


@together
def test_each_part_takes_steps_of_its_own_rate(net):
    """Adam's first step is as long as its learning rate."""
    transfer.compiled(net, {"head": 1e-2, "block3": 1e-3, "backbone": 1e-4})
    images = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1))
    before = {w.path: w.numpy() for w in net.trainable_variables}
    net.fit(images, np.arange(8) % 2, batch_size=8, verbose=0)
    step = {w.path: np.abs(before[w.path] - w.numpy()).max() for w in net.trainable_variables}
    assert step == {
        "block2_conv/kernel": pytest.approx(1e-4, rel=0.05),
        "block3_conv/kernel": pytest.approx(1e-3, rel=0.05),
        "answer/kernel": pytest.approx(1e-2, rel=0.05),
        "answer/bias": pytest.approx(1e-2, rel=0.05),
    }


@together
def test_the_table_says_which_rate_each_part_got(net):
    table = transfer.learning_rates(
        transfer.compiled(net, {"head": 1e-3, "backbone": 1e-5}, "AdamW", weight_decay=0.05)
    )
    assert table["learning_rate"]["head"] == pytest.approx(1e-3)
    assert table["learning_rate"]["block3"] == pytest.approx(1e-5)
    assert table["learning_rate"]["block1"] == 0
    assert net.optimizer.optimizers[0].weight_decay == 0.05


@together
def test_it_trains_with_fit_and_the_history_has_the_first_rate(net):
    train, val = some_pictures(size=32), some_pictures(8, "val", seed=1, size=32)
    decay = models.cosine_restarts(1e-3, pictures=len(train), batch_size=8)
    transfer.compiled(net, {"head": decay, "backbone": 1e-5})
    history = models.fit(net, train, val, epochs=2, batch_size=8)
    assert (history["learning_rate"] < 1e-3).all()
    assert float(net.optimizer.optimizers[1].learning_rate) == pytest.approx(1e-5)


@together
def test_an_interrupted_training_goes_on_as_it_would_have(tiny, tmp_path):
    train, val = some_pictures(size=32), some_pictures(8, "val", seed=1, size=32)

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def run(callbacks=(), resume=None):
        net = transfer.unfreeze(transfer.network(tiny, weights="random"), "block3")
        transfer.compiled(net, {"head": 1e-3, "block3": 1e-4})
        options = {"epochs": 2, "batch_size": 8, "resume": resume, "callbacks": callbacks}
        return models.fit(net, train, val, **options)["loss"]

    straight = run()
    with pytest.raises(KeyboardInterrupt):
        run([Stop()], tmp_path / "state")
    np.testing.assert_allclose(run(resume=tmp_path / "state"), straight, rtol=1e-5)


@together
def test_saved_and_loaded_it_goes_on_with_its_rates(net, tmp_path):
    transfer.compiled(net, {"head": 1e-2, "backbone": 1e-5})
    images = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1))
    net.fit(images, np.arange(8) % 2, verbose=0)
    net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert type(again.optimizer) is keras.optimizers.MultiOptimizer  # opens without cxrlib
    assert transfer.learning_rates(again).equals(transfer.learning_rates(net))
    for one in (net, again):
        one.fit(images, np.arange(8) % 2, batch_size=8, shuffle=False, verbose=0)
    assert_close(again.predict(images, verbose=0), net.predict(images, verbose=0), rel=1e-4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"head": 1e-3}, "got none for block2, block3"),
        ({"backbone": 1e-5}, "got none for head"),
        ({"head": 1e-3, "blok2": 1e-5}, "Did you mean 'block2'"),
        ({"head": 1e-3, "backbone": 1e-5, "block1": 1e-6}, "'block1', which is frozen"),
        ({"block3": 1e-3, "head": 1e-5, "block3_": 1e-6}, "expected a block of this network"),
    ],
)
def test_rates_that_do_not_fit(net, given, message):
    with pytest.raises(ValueError, match=message):
        transfer.compiled(net, given)


@together
def test_a_pattern_that_matches_nothing_is_found_out(net, monkeypatch):
    monkeypatch.setattr(module, "_pattern", lambda model, blocks: f"no/{blocks[0]}")
    with pytest.raises(AssertionError, match="another learning rate"):
        transfer.compiled(net, {"head": 1e-3, "backbone": 1e-5})


def test_one_rate_needs_no_new_keras(net, monkeypatch):
    monkeypatch.setattr(module, "TOGETHER", False)
    transfer.freeze(net)
    transfer.compiled(net, {"head": 1e-3})
    assert transfer.learning_rates(net)["learning_rate"]["head"] == pytest.approx(1e-3)
    transfer.unfreeze(net, "block3")
    with pytest.raises(RuntimeError, match=r"Keras 3\.15 or later .*transfer\.stages"):
        transfer.compiled(net, {"head": 1e-3, "block3": 1e-5})


def test_stages_freeze_train_unfreeze_train(net):
    images = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1))
    learning, moved = [], []
    variables = net.trainable_variables
    for stage in transfer.stages(net, {"head": 1e-2, "backbone": 1e-4}, together=False):
        learning.append(stage)
        before = {w.path: w.numpy() for w in variables}
        net.fit(images, np.arange(8) % 2, batch_size=8, verbose=0)
        moved.append({w.path: np.abs(before[w.path] - w.numpy()).max() for w in variables})
    assert learning == [("head",), ("backbone",)]
    head = {w.path for w in variables if w.path.startswith("answer")}
    assert {path for path, step in moved[0].items() if step} == head
    assert {path for path, step in moved[1].items() if step} == set(moved[1]) - head
    assert max(moved[0].values()) == pytest.approx(1e-2, rel=0.05)
    assert max(moved[1].values()) == pytest.approx(1e-4, rel=0.05)


@together
def test_with_new_keras_there_is_one_stage(net):
    (stage,) = transfer.stages(net, {"head": 1e-2, "backbone": 1e-4})
    assert stage == ("head", "backbone")
    assert transfer.learning_rates(net)["learning_rate"]["block3"] == pytest.approx(1e-4)


def test_a_model_that_is_not_compiled(net):
    with pytest.raises(ValueError, match="expected a compiled model"):
        transfer.learning_rates(net)


def test_a_block_named_twice(small):
    transfer.unfreeze(small, "all")
    with pytest.raises(ValueError, match=r"two for 'block_16': by 'block_16' and by 'block'"):
        transfer.compiled(small, {"head": 1e-3, "block_16": 1e-5, "block": 1e-6})
    transfer.freeze(small)


@together
def test_patterns_of_the_real_networks_match(real_net):
    transfer.unfreeze(real_net, "all")
    table = transfer.learning_rates(transfer.compiled(real_net, {"head": 1e-3, "backbone": 1e-5}))
    assert table["learning_rate"].tolist() == pytest.approx([1e-5] * (len(table) - 1) + [1e-3])
    transfer.freeze(real_net)
