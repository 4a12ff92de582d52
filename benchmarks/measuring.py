"""What the benchmarks share: ways that take turns, processes of their own, and rows from both.

A *way* is called without arguments and returns named numbers, such as ``{"seconds": 1.2}``.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cxrlib.experiments.speed import Figure, Missing

Numbers = dict[str, float]
Way = Callable[[], Numbers]
ROOT = Path(__file__).parents[1]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def timed(call: Callable[[], object], count: int = 0) -> Way:
    """Make a way of a function: its seconds, and with a count how many of these a second."""

    def way() -> Numbers:
        start = time.perf_counter()
        call()
        seconds = time.perf_counter() - start
        return {"seconds": seconds} | ({"a second": count / seconds} if count else {})

    return way


class ProcessError(RuntimeError):
    """A process of its own broke down; the message is the last line that it said."""

    def __init__(self, said: str, code: int) -> None:
        lines = said.strip().splitlines()
        super().__init__(lines[-1] if lines else f"stopped with exit code {code}")


class Measured:
    """Medians of several ways that took turns, so that a slow minute meets them all."""

    def __init__(self, medians: Mapping[str, Numbers], missing: tuple[Missing, ...] = ()) -> None:
        self.medians, self.missing = medians, missing

    @classmethod
    def alternate(cls, ways: Mapping[str, Way], repeats: int, warm_up: int = 1) -> Measured:
        """Call each way in turn; one that fails is left out and said to be missing.

        The first rounds, which build graphs and fill caches, do not count.
        """
        seen: dict[str, list[Numbers]] = {way: [] for way in ways}
        missing: dict[str, Missing] = {}
        for turn in range(warm_up + repeats):
            for name, way in ways.items():
                if name in missing:
                    continue
                try:
                    numbers = way()
                except Exception as error:  # one peer shall not take the others along
                    missing[name] = because(name, error)
                    continue
                if turn >= warm_up:
                    seen[name].append(numbers)
        medians = {
            name: {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
            for name, rounds in seen.items()
            if rounds and name not in missing
        }
        return cls(medians, tuple(missing.values()))

    def figures(
        self,
        figure: str,
        unit: str,
        measure: str = "seconds",
        goals: Mapping[str, float | None] | None = None,
        ours: str = "cxrlib",
        more_is_better: bool = False,
        scale: float = 1,
    ) -> Iterator[Figure]:
        """Give a row for each peer in ``goals``, by default for all; one of ours alone if none is.

        Ours has to be there. What is missing is told by ``missing``.
        """
        if ours not in self.medians:
            return
        own = self.medians[ours][measure] * scale
        if goals is None:
            goals = dict.fromkeys(name for name in self.medians if name != ours)
        peers = [name for name in goals if name in self.medians]
        for peer in peers:
            other = self.medians[peer][measure] * scale
            yield Figure(figure, unit, own, other, peer, goals[peer], more_is_better)
        if not peers:
            yield Figure(figure, unit, own, more_is_better=more_is_better)


def because(what: str, error: Exception) -> Missing:
    """Say in one line why something could not be measured."""
    if isinstance(error, ProcessError):
        return Missing(what, str(error))
    text = str(error).strip().splitlines()
    return Missing(what, f"{type(error).__name__}: {text[-1] if text else 'no message'}")


def apart(function: Callable[..., Numbers], *arguments: object, **environment: str) -> Way:
    """Make a way of a module's function that runs in a process of its own.

    To what it returns comes its peak memory, ``peak_memory_mb``.

    Parameters
    ----------
    function
        Of a module of this folder, with arguments and numbers that JSON knows.
    environment
        Variables that this process gets besides its own.
    """
    module = function.__module__.rpartition(".")[2]
    if module == "__main__":
        raise RuntimeError("expected a function of an imported module. Run `python -m benchmarks`.")
    line = [sys.executable, "-m", "benchmarks.measuring", module, function.__name__]
    line.append(json.dumps(arguments))

    def way() -> Numbers:
        done = subprocess.run(
            line, capture_output=True, text=True, env=os.environ | environment, cwd=ROOT
        )
        if done.returncode:
            raise ProcessError(done.stderr, done.returncode)
        return json.loads(done.stdout.splitlines()[-1])

    return way


def _run_here(module: str, function: str, arguments: str) -> None:
    """Do in this process what :func:`apart` asks for."""
    import resource

    found = getattr(importlib.import_module(f"benchmarks.{module}"), function)
    numbers = found(*json.loads(arguments))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak /= 2**20 if sys.platform == "darwin" else 2**10
    print(json.dumps({**numbers, "peak_memory_mb": peak}))


if __name__ == "__main__":
    _run_here(*sys.argv[1:])
