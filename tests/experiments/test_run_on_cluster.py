"""A study on a real cluster, one of whose workers is killed in the middle of a training."""

import importlib.util
import threading
import time

import pytest

from cxrlib.experiments import ledger, record as records, run
from tests.clusters import started
from tests.experiments.conftest import children, make_quick

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason='Dask comes with "cxrlib[cluster]"'
)
ID = "article-3-repaired"
SEEDS = [0, 1]


def without_times(record):
    """Return what the runs came to; how long an epoch took is another number each time."""
    for each in record.runs:
        each["history"].pop("seconds")
    return record.runs, record.summary, record.data


def test_seeds_on_workers_are_the_same_to_the_digit_and_a_killed_one_loses_nothing(
    tmp_path, monkeypatch
):
    cases = children(tmp_path / "set", 40)
    make_quick(monkeypatch, cases, {"size": 32, "epochs": 2, "batch_size": 8})
    here, there = tmp_path / "here", tmp_path / "there"
    run.reproduce(ID, seeds=SEEDS, folder=here)
    (tmp_path / "dask").mkdir()
    with started(tmp_path / "dask") as made:
        threading.Thread(target=kill_in_training, args=(made.workers, there), daemon=True).start()
        run.reproduce(ID, seeds=SEEDS, folder=there, address=made.address)
        assert sum(worker.poll() is not None for worker in made.workers) == 1
    one, other = (records.read(ID, folder) for folder in (here, there))
    assert without_times(other) == without_times(one)
    looks = (there / ledger.FILE).read_text().splitlines()
    assert len(looks) >= len(SEEDS)  # one more if the killed one had looked
    assert sorted(path.name for path in there.iterdir()) == [f"{ID}.json", ledger.FILE]


def kill_in_training(workers, folder):
    """Kill a worker as soon as a training has its first state on disk."""
    while not list(folder.glob(".unfinished/*/state.npz")):
        time.sleep(0.01)
    workers[0].kill()
