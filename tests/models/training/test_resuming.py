import os
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from cxrlib import models
from tests.built import ROOT
from tests.models.training.conftest import small_model, some_pictures
from tests.models.training.test_fitting import TOLD


class Killed(BaseException):
    """What no ``except Exception`` catches, like the end of a process."""


class KillAfter(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            raise Killed


def settings(**more):
    return {"epochs": 6, "batch_size": 8, "augment": "plausible", "patience": 5} | more


STOPPING = settings(epochs=60, patience=2, augment=None)


@pytest.fixture(scope="module")
def pictures():
    """Pictures to train and to validate with; a training leaves them as they are."""
    return some_pictures(), some_pictures(12, "val", seed=1)


@pytest.fixture(scope="module")
def whole(pictures):
    """What a training gives that nobody interrupts."""
    return models.fit(small_model(), *pictures, **settings())


@pytest.fixture(scope="module")
def stopped(pictures):
    """The same of one that stops early."""
    return models.fit(small_model(0.05), *pictures, **STOPPING)


@pytest.fixture(scope="module")
def after_two_epochs(pictures, tmp_path_factory):
    """What is left of a training that was killed at the end of its second epoch."""
    where = tmp_path_factory.mktemp("killed") / "state"
    with pytest.raises(Killed):
        models.fit(small_model(), *pictures, **settings(resume=where, callbacks=[KillAfter(2)]))
    return where


@pytest.fixture
def killed(after_two_epochs, tmp_path):
    """Return a copy of it for one test."""
    return shutil.copytree(after_two_epochs, tmp_path / "state")


@pytest.mark.parametrize(
    ("optimizer", "after"),
    [(keras.optimizers.Adam, 1), (keras.optimizers.SGD, 3), (keras.optimizers.Adam, 6)],
)
def test_it_ends_as_if_it_had_not_been_interrupted(train, val, tmp_path, after, optimizer):
    def model():
        rate = models.exponential_decay(0.02, pictures=24, batch_size=8)
        return small_model(rate, optimizer)

    whole = model()
    expected = models.fit(whole, train, val, **settings())
    where = tmp_path / "state"
    with pytest.raises(Killed):
        models.fit(model(), train, val, **settings(resume=where, callbacks=[KillAfter(after)]))
    again = model()
    history = models.fit(again, train, val, **settings(resume=where))
    pd.testing.assert_frame_equal(history[TOLD], expected[TOLD], check_exact=True)
    assert history.attrs == expected.attrs
    for ours, theirs in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not where.exists()


def test_early_stopping_knows_what_it_knew(pictures, stopped, tmp_path):
    interrupted = STOPPING | {"resume": tmp_path / "state"}
    almost = KillAfter(len(stopped) - 1)
    with pytest.raises(Killed):
        models.fit(small_model(0.05), *pictures, callbacks=[almost], **interrupted)
    history = models.fit(small_model(0.05), *pictures, **interrupted)
    pd.testing.assert_frame_equal(history[TOLD], stopped[TOLD], check_exact=True)
    assert history.attrs == stopped.attrs


def test_a_stopped_training_that_was_killed_at_the_very_end_does_not_go_on(
    pictures, stopped, tmp_path
):
    interrupted = STOPPING | {"resume": tmp_path / "state"}
    last = KillAfter(len(stopped))
    with pytest.raises(Killed):
        models.fit(small_model(0.05), *pictures, callbacks=[last], **interrupted)
    history = models.fit(small_model(0.05), *pictures, **interrupted)
    assert len(history) == len(stopped)


def test_a_half_written_state_is_not_used(pictures, whole, killed):
    (killed / "unfinished").mkdir()
    (killed / "unfinished" / "state.json").write_text('{"rows": [')
    history = models.fit(small_model(), *pictures, **settings(resume=killed))
    pd.testing.assert_frame_equal(history[TOLD], whole[TOLD], check_exact=True)


def test_another_training_is_not_mixed_in(pictures, killed):
    with pytest.raises(ValueError, match="another batch_size, optimizer"):
        models.fit(small_model(0.5), *pictures, **settings(resume=killed, batch_size=4))
    assert (killed / "epoch-0002" / "state.json").exists()


def test_a_folder_with_other_things_is_refused(train, val, tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(ValueError, match=r"thesis\.txt"):
        models.fit(small_model(), train, val, **settings(resume=tmp_path))
    assert (tmp_path / "thesis.txt").exists()


KILLED = """
import os, signal, sys
import keras
from cxrlib import models
from tests.models.training.conftest import small_model, some_pictures
from tests.models.training.test_resuming import settings

class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGKILL)

train, val = some_pictures(), some_pictures(12, "val", seed=1)
models.fit(small_model(), train, val, **settings(resume=sys.argv[1], callbacks=[Kill()]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_what_another_can_go_on_with(pictures, whole, tmp_path):
    where = tmp_path / "state"
    command = [sys.executable, "-c", KILLED, str(where)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert [p.name for p in where.iterdir()] == ["epoch-0002"]
    history = models.fit(small_model(), *pictures, **settings(resume=where))
    pd.testing.assert_frame_equal(history[TOLD], whole[TOLD], check_exact=True)
