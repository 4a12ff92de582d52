"""Many jobs that do not need each other: here one after another, or on a cluster.

All such work goes through :func:`starmap`, and so through joblib: the seeds of a study, the
reading of images, the extraction of features. :func:`connect` sends it to a Dask cluster, whose
scheduler and workers are programs of their own::

    dask scheduler
    dask worker tcp://ADDRESS:8786 --nthreads 1

Jobs name files, and do not carry them: a cluster's machines share a file system.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import joblib

from cxrlib import extras

if TYPE_CHECKING:
    from distributed import Client

TIMEOUT = 10  # seconds to wait for a scheduler, and for its workers
FEWEST = 2  # with one worker joblib would do the jobs in this process
GO_ON = "What is done is kept, and the same command goes on."
HOW_TO_START = "dask worker {} --nthreads 1"
_connected: ContextVar[bool] = ContextVar("_connected", default=False)


class ClusterError(RuntimeError):
    """A cluster cannot be used as it is; the message says what to do."""


def starmap(function: Callable, jobs: Iterable[tuple], *, ordered: bool = True) -> Iterator[Any]:
    """Call a function with each tuple of arguments, and give the results one after another.

    Here and one after another, unless ``joblib.parallel_config`` or :func:`connect` says otherwise.
    What a job itself gives to ``starmap`` stays within the job.

    Parameters
    ----------
    function : callable
        Such that other processes find it: of a module, or of a notebook and using modules only.
    jobs : iterable of tuple
        Its arguments, which can be pickled.
    ordered : bool
        Give results in the order of the jobs, or else as they are done.
    """
    # All at once, not two for each worker of now: others may join.
    how = "generator" if ordered else "generator_unordered"
    parallel = joblib.Parallel(return_as=how, pre_dispatch="all")
    if _connected.get():
        from cloudpickle import dumps  # comes with Dask

        packed = (dumps((function, arguments)) for arguments in jobs)
        calls = (joblib.delayed(_unpack_and_call)(job, describe()) for job in packed)
    else:
        calls = (joblib.delayed(_call)(function, arguments) for arguments in jobs)
    # What is raised while calls are made, joblib would drop, and all calls with it.
    return parallel(calls if parallel.n_jobs == 1 else list(calls))


def _call(function: Callable, arguments: tuple) -> Any:
    with joblib.parallel_config("sequential"):
        return function(*arguments)


def _unpack_and_call(job: bytes, wanted: dict[str, str]) -> Any:
    # Jobs come as bytes. Of arguments, joblib would put each large one into the memory of a single
    # worker, with which it could be lost; and it would wait forever for one that has no pickle.
    _check_versions(wanted, describe(), platform.node())  # this worker may have come late
    return _call(*pickle.loads(job))


@contextmanager
def connect(
    address: str | None,
    *,
    reads: Iterable[str | os.PathLike] = (),
    writes: Iterable[str | os.PathLike] = (),
    timeout: float = TIMEOUT,
) -> Iterator[None]:
    """Send the jobs of :func:`starmap` to the Dask cluster at an address, within a ``with``.

    A job whose worker dies is done again by another one. Results are those of this process to the
    digit, where processors are alike: TensorFlow adds in another order on another processor, and
    with another number of threads.

    Parameters
    ----------
    address : str or None
        Of the scheduler, such as ``"tcp://10.0.0.1:8786"``. None: jobs are done here.
    reads : iterable of path
        Files that the jobs read, with their whole names: each worker has to see the same in their
        folders.
    writes : iterable of path
        Folders that the jobs write to. They are made, and have to be the same on each machine.
    timeout : float
        Seconds to wait for the scheduler, and for its workers.

    Raises
    ------
    ClusterError
        If there is no scheduler or fewer than two workers; if a worker has other versions than
        this process, several threads, or another file system; if a job's workers die again and
        again, or the scheduler goes. What jobs had written by then stays. Without Dask,
        :class:`~cxrlib.extras.MissingExtraError`.
    """
    if address is None:
        yield
        return
    extras.require("cluster", "a cluster")
    with _client(address, timeout) as client, _clear_words():
        _check_workers(client, address, timeout)
        _check_shared(client, reads, writes)
        token = _connected.set(True)
        try:
            with joblib.parallel_config("dask", client=client):
                yield
        finally:
            _connected.reset(token)


def _client(address: str, timeout: float, tries: int = 2) -> Client:
    import distributed

    try:
        return distributed.Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"expected a Dask scheduler at {address}, got none ({error}). Start one with "
            "`dask scheduler`, and give the address that it prints."
        ) from None
    except AssertionError:  # Dask gives its own thread ten seconds to start, and then says nothing
        if tries > 1:
            return _client(address, timeout, tries - 1)
        raise ClusterError(
            "expected Dask's client to start in 10 seconds, got none: this machine does too much "
            "at once. Try again once it is quiet."
        ) from None


@contextmanager
def local_workers(n: int = FEWEST) -> Iterator[str]:
    """Start a scheduler and workers on this machine, to try things out; end them afterwards.

    In a script, do so below ``if __name__ == "__main__":``, since workers read the script too.

    Parameters
    ----------
    n : int
        Workers, each a process. The scheduler's address is what ``with`` gives.
    """
    extras.require("cluster", "a cluster")
    import distributed

    with distributed.LocalCluster(
        n_workers=n, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as made:
        yield made.scheduler_address


@contextmanager
def _clear_words() -> Iterator[None]:
    """Say what became of a cluster that fails while it works."""
    from distributed import CancelledError, KilledWorker
    from distributed.comm import CommClosedError

    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it would print tracebacks before the message
    try:
        yield
    except KilledWorker as error:
        worker = getattr(error.last_worker, "address", error.last_worker)
        raise ClusterError(
            "expected workers that live as long as their jobs, got one job whose workers died one "
            f"after another, the last at {worker}. Look at what they printed at their end: most "
            f"often their memory was full. {GO_ON}"
        ) from None
    except (CancelledError, CommClosedError, TimeoutError) as error:
        got = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(
            f"expected a cluster that stays as long as its jobs, got: {got} Start its scheduler "
            f"and workers again. {GO_ON}"
        ) from None
    finally:
        log.setLevel(level)


@cache
def describe() -> dict[str, str]:
    """Return what has to be alike for results to be alike: Python, packages, the code itself."""
    return extras.installed_versions() | {"cxrlib": _code_hash()}


def _code_hash() -> str:
    """Return a hash of this package's modules; between releases its version does not change."""
    package, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _check_workers(client: Client, address: str, timeout: float) -> None:
    """Refuse a cluster without workers, and workers that would come to other results."""
    try:
        client.wait_for_workers(FEWEST, timeout)
    except TimeoutError:
        raise ClusterError(
            f"expected at least {FEWEST} workers at {address}, got {len(client.nthreads())} in "
            f"{timeout:g} seconds. Start more, one for each core: {HOW_TO_START.format(address)}"
        ) from None
    for worker, theirs in _ask(client, describe).items():
        _check_versions(describe(), theirs, worker)
    # Two trainings in the threads of one process would share the state of TensorFlow and Keras.
    for worker, threads in client.nthreads().items():
        if threads > 1:
            raise ClusterError(
                f"expected workers of one thread, got {worker} with {threads}. Start more workers "
                f"instead: {HOW_TO_START.format(address)}"
            )


def _check_versions(ours: dict[str, str], theirs: dict[str, str], worker: str) -> None:
    """Refuse a worker that would come to other results."""
    differ = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    if differ:
        expected, got = (
            ", ".join(f"{name} {each.get(name, 'none')}" for name in differ)
            for each in (ours, theirs)
        )
        raise ClusterError(
            f"expected {expected} on each worker, as here, got {got} on {worker}. Install the same "
            "there, and start it again."
        )


def _check_shared(
    client: Client, reads: Iterable[str | os.PathLike], writes: Iterable[str | os.PathLike]
) -> None:
    """Refuse workers that see other files in some folder than this process does."""
    written = [Path(folder) for folder in writes]
    folders = [*written, *map(Path, sorted({os.path.dirname(path) for path in reads}))]
    for folder in folders:
        if not folder.is_absolute():
            raise ClusterError(
                f"expected whole names of folders for a cluster, got {folder}. Name it as "
                f"{folder.absolute()}."
            )
    with ExitStack() as marks:
        for folder in written:
            folder.mkdir(parents=True, exist_ok=True)
            # A folder of one name on two machines is empty on both: a new file tells them apart.
            marks.enter_context(NamedTemporaryFile(dir=folder, prefix=".cluster-"))
        ours = _listings(folders)
        for worker, theirs in _ask(client, _listings, folders).items():
            for folder, here, there in zip(folders, ours, theirs, strict=True):
                if here != there:
                    raise ClusterError(
                        f"expected {folder} to be the same folder on each machine, got "
                        f"{'another one' if there else 'no such folder'} on {worker}. Put it where "
                        "all machines see it under the same name."
                    )


def _listings(folders: Sequence[Path]) -> list[str]:
    return [_listing(folder) for folder in folders]


def _listing(folder: Path) -> str:
    """Return a hash of a folder's names, empty where there is no such folder."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


def _ask(client: Client, function: Callable, *arguments: object) -> dict[str, Any]:
    """Call a function on each worker; a worker without this module has another `cxrlib`."""
    try:
        return client.run(function, *arguments)
    except (ImportError, AttributeError) as error:
        raise ClusterError(
            f"expected the same cxrlib on each worker as here, got one that lacks something "
            f"({error}). Install the same version there, and start the worker again."
        ) from None
