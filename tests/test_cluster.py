"""Jobs on a real scheduler with two workers: equal results, and what is said when it breaks."""

import functools
import importlib.util
import shutil
import socket
import threading
import time

import joblib
import numpy as np
import pytest

from cxrlib import cli, cluster, data, evaluation, extras, phantoms
from cxrlib.cluster import ClusterError
from cxrlib.evaluation import audit
from tests.clusters import LIMIT, ROOT, begin_and_wait, name_two, started, wait_and_name

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason='Dask comes with "cxrlib[cluster]"'
)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A cluster of two workers, which no test may harm."""
    with started(tmp_path_factory.mktemp("dask")) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Some drawn chests, one of them damaged."""
    root = phantoms.write(tmp_path_factory.mktemp("set") / "drawn", "pneumonia", size=64, n=60)
    damaged = sorted((root / "chest_xray" / "train" / "NORMAL").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:400])
    return root / "chest_xray"


def connect(address, **options):
    return cluster.connect(address, timeout=LIMIT, **options)


def kill_at(moment, process):
    """Kill a process as soon as something is so."""

    def watch():
        while not moment():
            time.sleep(0.02)
        process.kill()

    threading.Thread(target=watch, daemon=True).start()


def test_without_an_address_jobs_are_done_here_one_after_another():
    done = []
    with cluster.connect(None):
        results = cluster.starmap(lambda i: done.append(i) or i, ((i,) for i in range(3)))
        assert next(results) == 0
        assert done == [0]
        assert list(results) == [1, 2]


def test_any_backend_of_joblib_does_the_jobs():
    with joblib.parallel_config("loky", n_jobs=2):
        assert list(cluster.starmap(divmod, [(i, 3) for i in range(5)])) == [
            divmod(i, 3) for i in range(5)
        ]


@pytest.mark.parametrize("n", [1, 2])
def test_what_goes_wrong_while_jobs_are_made_is_raised(n):
    def jobs():
        yield 1, 2
        raise ValueError("no more")

    with joblib.parallel_config("threading", n_jobs=n), pytest.raises(ValueError, match="no more"):
        list(cluster.starmap(divmod, jobs()))


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with (
        pytest.raises(extras.MissingExtraError, match=r"cxrlib\[cluster\]"),
        cluster.connect("tcp://127.0.0.1:8786"),
    ):
        pass


@needs_dask
def test_jobs_go_to_the_workers_and_come_back_in_order(two):
    with connect(two.address):
        answers = list(cluster.starmap(wait_and_name, [(0.1, i) for i in range(8)]))
        inner, outer = next(cluster.starmap(name_two, [()]))
    assert [number for number, _ in answers] == list(range(8))
    assert {pid for _, pid in answers} == {worker.pid for worker in two.workers}
    assert set(inner) == {outer}  # the jobs of a job stay with it


@needs_dask
@pytest.mark.filterwarnings("ignore:1 of 60 images could not be read")
def test_images_and_an_audit_are_the_same_to_the_digit(two, folder, monkeypatch):
    cases = data.load(folder, quiet=True)
    whole = data.read_images(cases, 48)
    here = audit.audit(cases)
    monkeypatch.setattr(data.images, "PART", 7)  # several jobs
    with connect(two.address, reads=cases["path"]):
        again, there = data.read_images(cases, 48), audit.audit(cases)
    np.testing.assert_array_equal(again.images, whole.images)
    assert [f.numbers for f in there.findings] == [f.numbers for f in here.findings]
    assert str(there) == str(here)


@needs_dask
def test_the_command_says_the_same(two, folder, capsys):
    code = cli.main(["audit", str(folder)])
    said = capsys.readouterr().out
    assert cli.main(["audit", str(folder), "--cluster", two.address]) == code
    assert capsys.readouterr().out == said


@needs_dask
def test_what_a_job_raises_is_raised_here(two):
    with pytest.raises(ZeroDivisionError), connect(two.address):
        list(cluster.starmap(divmod, [(1, 1), (1, 0)]))


@needs_dask
def test_a_function_of_a_notebook_may_use_the_package(two):
    with connect(two.address):  # as there, it has no module that workers could import it from
        found = cluster.starmap(lambda y, s: evaluation.roc_auc(y, s), [([0, 1], [0.1, 0.9])])
        assert list(found) == [1.0]


@needs_dask
def test_what_cannot_be_sent_is_said_at_once(two):
    with pytest.raises(TypeError, match="cannot pickle"), connect(two.address):
        list(cluster.starmap(divmod, [(threading.Lock(), 1)]))


@needs_dask
def test_a_job_whose_worker_is_killed_is_done_by_another(tmp_path):
    (tmp_path / "begun").mkdir()
    with started(tmp_path) as made, connect(made.address, writes=[tmp_path / "begun"]):
        first = made.workers[0]
        kill_at(lambda: len(list((tmp_path / "begun").glob(f"*-{first.pid}"))) >= 2, first)
        jobs = [(tmp_path / "begun", number) for number in range(8)]
        assert list(cluster.starmap(begin_and_wait, jobs)) == list(range(8))
    assert first.poll() is not None
    began = [path.name.partition("-")[0] for path in (tmp_path / "begun").iterdir()]
    assert len(began) > len(set(began))  # at least one job had begun on the worker that died


@needs_dask
def test_a_scheduler_that_goes_is_named(tmp_path):
    with started(tmp_path) as made:
        jobs = ((tmp_path / "begun", i) for i in range(30))
        (tmp_path / "begun").mkdir()
        kill_at(lambda: any((tmp_path / "begun").iterdir()), made.scheduler)
        with pytest.raises(ClusterError, match="What is done is kept"), connect(made.address):
            list(cluster.starmap(begin_and_wait, jobs))


@needs_dask
def test_no_scheduler_at_the_address_is_named(capsys, folder):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        free = f"tcp://127.0.0.1:{one.getsockname()[1]}"
    with (
        pytest.raises(ClusterError, match=rf"Dask scheduler at {free}, got none.*dask scheduler"),
        cluster.connect(free, timeout=0.5),
    ):
        pass
    assert cli.main(["audit", str(folder), "--cluster", "nonsense"]) == 1
    assert "cxr: expected a Dask scheduler at nonsense" in capsys.readouterr().err


@needs_dask
def test_a_client_that_does_not_start_is_tried_again_and_then_named(two, monkeypatch):
    import distributed

    real, tries = distributed.Client, []

    def start(*args, fails, **options):
        tries.append(fails)
        assert len(tries) > fails
        return real(*args, **options)

    monkeypatch.setattr(distributed, "Client", functools.partial(start, fails=1))
    with connect(two.address):
        assert len(tries) == 2
    monkeypatch.setattr(distributed, "Client", functools.partial(start, fails=9))
    with pytest.raises(ClusterError, match="client to start in 10 seconds"), connect(two.address):
        pass


@needs_dask
def test_too_few_workers_and_other_ones_are_refused(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "cxrlib", other / "cxrlib", ignore=shutil.ignore_patterns("results"))
    with (other / "cxrlib" / "__init__.py").open("a") as file:
        file.write("# another version\n")
    with started(tmp_path, workers=1) as made:
        with (
            pytest.raises(ClusterError, match=r"at least 2 workers .* got [01] in 2 seconds"),
            cluster.connect(made.address, timeout=2),
        ):
            pass
        worker = made.add_worker(code=other)
        with (
            pytest.raises(ClusterError, match=r"cxrlib .* on each worker, as here, got cxrlib"),
            connect(made.address),
        ):
            pass
        worker.kill()
        worker.wait()
        made.add_worker(threads=2)
        with (
            pytest.raises(ClusterError, match=r"workers of one thread, got .* with 2"),
            connect(made.address),
        ):
            pass


def test_a_worker_that_comes_late_with_other_code_is_refused():
    wanted = cluster.describe() | {"keras": "0.1"}
    with pytest.raises(ClusterError, match=r"expected keras 0.1 on each worker"):
        cluster._unpack_and_call(b"", wanted)


@needs_dask
def test_folders_that_machines_do_not_share_are_refused(two, tmp_path, monkeypatch):
    with (
        pytest.raises(ClusterError, match=r"whole names of folders.* got images"),
        connect(two.address, reads=["images/one.png"]),
    ):
        pass
    own = tmp_path / "of this machine"  # as if workers saw another one under this name
    listing = cluster._listing
    monkeypatch.setattr(cluster, "_listing", lambda path: "x" if path == own else listing(path))
    with (
        pytest.raises(ClusterError, match=f"{own} to be the same folder on each machine"),
        connect(two.address, writes=[own]),
    ):
        pass
    assert list(own.iterdir()) == []
