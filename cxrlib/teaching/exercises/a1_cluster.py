"""Exercises of appendix A1: what spreading work over workers can bring, and what it costs."""

from __future__ import annotations

from cxrlib.teaching.exercises.base import Exercise


def _speedup(p: float, n: int) -> float:
    return 1 / ((1 - p) + p / n)


check_speedup = Exercise(
    level="easy",
    minutes=5,
    task="A share `p` is spread over `n` workers. How many times as fast is the whole?",
    solution=_speedup,
    mistakes={
        "the share `1 - p` is not spread: it takes as long as before.": lambda p, n: n,
        "speeds do not add up, times do: how long do both parts take?": (
            lambda p, n: (1 - p) + p * n
        ),
        "`p` is the share that *can* be spread.": lambda p, n: 1 / (p + (1 - p) / n),
        "that is the time that is left; the speed-up is one over it.": (
            lambda p, n: (1 - p) + p / n
        ),
    },
    cases=[(0.5, 2), (0.9, 10), (0.9, 1000), (1.0, 4), (0.0, 8)],
    arg_names=("p", "n"),
    success="The part that cannot be spread sets the limit, whatever you rent.",
    default_hint="add the times of the two parts, where the whole took 1 before.",
)
"""``speedup(p, n)``: Amdahl's law (1967)."""


def _time(jobs: int, seconds: float, n: int, start: float, extra: float) -> float:
    return start + -(-jobs // n) * (seconds + extra)


check_cluster_time = Exercise(
    level="medium",
    minutes=10,
    task="When are all jobs done, from the moment the cluster is started?",
    solution=_time,
    mistakes={
        "jobs cannot be divided: a last round that is not full takes as long as any other.": (
            lambda jobs, s, n, start, extra: start + jobs / n * (s + extra)
        ),
        "the last round is missing: jobs that are left over need one more.": (
            lambda jobs, s, n, start, extra: start + jobs // n * (s + extra)
        ),
        "the cluster has to stand before the first job.": (
            lambda jobs, s, n, start, extra: -(-jobs // n) * (s + extra)
        ),
        "each job has its own way there and back.": (
            lambda jobs, s, n, start, extra: start + extra - (-jobs // n) * s
        ),
        "the cluster starts once, not in every round.": (
            lambda jobs, s, n, start, extra: -(-jobs // n) * (s + extra + start)
        ),
    },
    cases=[(8, 60, 4, 5, 1), (9, 60, 8, 5, 1), (3, 2, 10, 30, 0.5), (1000, 0.01, 8, 5, 0.02)],
    arg_names=("jobs", "seconds", "n", "start", "extra"),
    success="Short jobs pay for the way, and a last round may be nearly empty.",
    default_hint="count the rounds first.",
)
"""``time(jobs, seconds, n, start, extra)``: seconds until the last of equal jobs is done."""
