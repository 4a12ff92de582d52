"""A real Dask scheduler and its workers on this machine, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxrlib import cluster

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 60  # seconds for a program to come up, on a busy machine


class Cluster:
    """A scheduler at ``address``, and ``workers``: processes that may be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers = folder, []
        file = folder / "scheduler.json"
        command = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file]
        self.scheduler = self._start(*command)
        while not file.exists() or not file.read_text():
            self._wait(self.scheduler)
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, *, code: Path = ROOT, threads: int = 1) -> subprocess.Popen:
        """Start one more worker, with the modules in a folder."""
        options = ["--nthreads", str(threads), "--no-nanny", "--local-directory", self.folder]
        worker = self._start("dask_worker", self.address, *options, code=code)
        self.workers.append(worker)
        return worker

    def _start(self, program: str, *options: object, code: Path = ROOT) -> subprocess.Popen:
        line = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *options]
        return subprocess.Popen(
            list(map(str, line)),
            cwd=code,
            env=os.environ | {"PYTHONPATH": str(code)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait(self, process: subprocess.Popen) -> None:
        assert process.poll() is None, "the scheduler ended"
        time.sleep(0.05)


@contextmanager
def started(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster, and end all of it."""
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.scheduler):
            process.kill()
            process.wait()


# Jobs; they are here since this module is quickly imported by a worker.


def wait_and_name(seconds: float, number: int) -> tuple[int, int]:
    """Give a number back, and the process that did it."""
    time.sleep(seconds)
    return number, os.getpid()


def begin_and_wait(folder: Path, number: int) -> int:
    """Leave a file that names this process, then work for a moment."""
    (folder / f"{number}-{os.getpid()}").touch()
    time.sleep(0.5)
    return number


def name_two() -> tuple[list[int], int]:
    """Name the processes of a job's own jobs, and that of the job."""
    return list(cluster.starmap(os.getpid, [()] * 3)), os.getpid()
