import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from cxrlib import models
from cxrlib.models.training import backup
from tests.built import ROOT
from tests.models.training.conftest import small_model
from tests.models.training.test_fit import TOLD


class Killed(BaseException):
    """What no ``except Exception`` catches, like the end of a process."""


def die():
    raise Killed


class KillAfter(keras.callbacks.Callback):
    def __init__(self, epoch, kill=die):
        super().__init__()
        self.epoch, self.kill = epoch, kill

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            self.kill()


def settings(**more):
    return {"epochs": 6, "batch_size": 8, "augment": "plausible", "patience": 5} | more


@pytest.fixture(scope="module")
def images(train, val):
    return train, val


@pytest.fixture(scope="module")
def whole(images):
    """What a training gives that nobody interrupts."""
    return models.fit(small_model(), *images, **settings())


def goes_on(images, where, whole):
    """Compare what a training that was interrupted ends as."""
    history = models.fit(small_model(), *images, **settings(backup_dir=where))
    pd.testing.assert_frame_equal(history[TOLD], whole[TOLD], check_exact=True)
    assert not where.exists()


KILLED = """
import os, sys
from cxrlib import models
from tests.models.training.conftest import small_model, some_pictures
from tests.models.training.test_backup import KillAfter, settings

after_two = KillAfter(2, lambda: os._exit(9))
train, val = some_pictures(), some_pictures(12, "val", seed=1)
models.fit(small_model(), train, val, **settings(backup_dir=sys.argv[1], callbacks=[after_two]))
"""


@pytest.fixture(scope="module")
def after_two_epochs(tmp_path_factory):
    """What is left of a process that came to an end after its second epoch, without a goodbye."""
    where = tmp_path_factory.mktemp("killed") / "state"
    command = [sys.executable, "-c", KILLED, str(where)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert [p.name for p in where.iterdir()] == [backup.STATE]
    return where


@pytest.fixture
def killed(after_two_epochs, tmp_path):
    """Return a copy of it for one test."""
    return shutil.copytree(after_two_epochs, tmp_path / "state")


@pytest.mark.parametrize(
    ("optimizer", "after"),
    [(keras.optimizers.Adam, 1), (keras.optimizers.SGD, 3), (keras.optimizers.Adam, 6)],
)
def test_it_ends_as_if_it_had_not_been_interrupted(images, tmp_path, after, optimizer):
    def model():
        rate = models.exponential_decay(0.02, n_images=24, batch_size=8)
        return small_model(rate, optimizer)

    whole = model()
    expected = models.fit(whole, *images, **settings())
    where = tmp_path / "state"
    with pytest.raises(Killed):
        models.fit(model(), *images, **settings(backup_dir=where, callbacks=[KillAfter(after)]))
    again = model()
    history = models.fit(again, *images, **settings(backup_dir=where))
    pd.testing.assert_frame_equal(history[TOLD], expected[TOLD], check_exact=True)
    assert history.attrs == expected.attrs
    for ours, theirs in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not where.exists()


def test_early_stopping_knows_what_it_knew(images, tmp_path):
    """Killed at its very end, it does not go on."""
    stopping = settings(epochs=60, patience=2, augment=None)
    expected = models.fit(small_model(0.05), *images, **stopping)
    for before_the_end in (1, 0):
        interrupted = stopping | {"backup_dir": tmp_path / "state"}
        late = KillAfter(len(expected) - before_the_end)
        with pytest.raises(Killed):
            models.fit(small_model(0.05), *images, callbacks=[late], **interrupted)
        history = models.fit(small_model(0.05), *images, **interrupted)
        pd.testing.assert_frame_equal(history[TOLD], expected[TOLD], check_exact=True)
        assert history.attrs == expected.attrs


def test_another_process_goes_on_and_a_half_written_state_is_not_used(images, whole, killed):
    (killed / f".0123abcd-{backup.STATE}").write_bytes(b"PK half")
    goes_on(images, killed, whole)


def test_another_training_is_not_mixed_in(images, killed):
    with pytest.raises(ValueError, match="got another batch_size, optimizer"):
        models.fit(small_model(0.5), *images, **settings(backup_dir=killed, batch_size=4))
    assert [p.name for p in killed.iterdir()] == [backup.STATE]


@pytest.mark.parametrize(
    ("step", "call", "done"),
    [("fsync", 3, False), ("replace", 3, False), ("replace", 3, True), ("unlink", 7, True)],
)
def test_a_kill_at_any_step_of_saving_or_tidying_up_brings_no_older_weights_back(
    images, whole, tmp_path, monkeypatch, step, call, done
):
    """Killed in its third epoch or, after six, at the very end: nothing older comes up again."""
    place = Path if step == "unlink" else os
    where, real, calls = tmp_path / "state", getattr(place, step), []

    def killed(*args, **options):
        calls.append(args)
        if len(calls) < call or done:
            real(*args, **options)
        if len(calls) == call:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, step, killed)
        with pytest.raises(Killed):
            models.fit(small_model(), *images, **settings(backup_dir=where))
    goes_on(images, where, whole)


def test_a_damaged_state_or_a_folder_with_other_things_is_named(images, tmp_path):
    (tmp_path / backup.STATE).write_bytes(b"PK half")
    with pytest.raises(ValueError, match=r"damaged file .*Remove it to begin again"):
        models.fit(small_model(), *images, **settings(backup_dir=tmp_path))
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(ValueError, match=r"thesis\.txt"):
        models.fit(small_model(), *images, **settings(backup_dir=tmp_path))
    with pytest.raises(ValueError, match=r"got the file .*thesis\.txt"):
        models.fit(small_model(), *images, **settings(backup_dir=tmp_path / "thesis.txt"))
    assert (tmp_path / "thesis.txt").read_text() == "chapter 1"


LOSSES = """
import sys, json, keras
from cxrlib.models.training.backup import to_json

def weighted(factor):
    def loss(y, p):
        return factor * keras.losses.binary_crossentropy(y, p)
    return loss

def other(y, p):
    return keras.losses.binary_crossentropy(y, p) + 1

losses = [keras.losses.binary_crossentropy, keras.losses.BinaryCrossentropy(label_smoothing=0.1),
          keras.losses.BinaryCrossentropy(), weighted(2.0), weighted(3.0), other,
          lambda y, p: 2 * p]
print(json.dumps(losses, default=to_json))
"""


def test_losses_are_told_in_the_same_words_in_each_process(capsys):
    exec(LOSSES, {})
    here, command = capsys.readouterr().out, [sys.executable, "-c", LOSSES]
    there = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert here == there
    told = [json.dumps(loss) for loss in json.loads(here)]
    assert len(set(told)) == len(told) == 7
