"""The frame of a chapter: its opening line, its claims, and sentences with computed values."""

from __future__ import annotations

import logging
import os
import platform
import re
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

from cxrlib.evaluation import plots
from cxrlib.experiments import sweep
from cxrlib.experiments.sweep import Bound, SweptClaim

Detail = str | float | list["Detail"]
SCREENS = "CXR_SCREENS"  # set where a page is made: each figure then is drawn for all its screens
PACKAGES = {
    "cxrlib": "cxrlib",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "numpy": "NumPy",
    "scikit-learn": "scikit-learn",
}


@dataclass
class Claim:
    """One statement about one number.

    Attributes
    ----------
    kind : {"identity", "finding", "observation"}
    bound : Bound
    value : float
    details : dict
        Other numbers, for the page.
    holds : bool
    enforced : bool
        Whether it counts: an observation and a finding of a quick run do not.
    """

    chapter: str
    statement: str
    kind: str
    bound: Bound
    value: float
    details: dict[str, Detail]
    holds: bool
    enforced: bool
    source: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"bound": self.bound.as_dict()}

    def swept(self) -> dict[str, SweptClaim]:
        """Return what the sweep saw of it, source → claim."""
        return sweep.find(self.chapter, self.statement)


@dataclass
class Chapter:
    """The chapter that is running: its name, whether it is a quick run, and what it has so far."""

    name: str = "(no chapter)"
    quick: bool = False
    seed: int = 0
    claims: list[Claim] = field(default_factory=list)
    test_evaluations: list[dict] = field(default_factory=list)


current = Chapter()


def start(chapter: str, quick: bool = False, seed: int = 0) -> None:
    """Open a chapter: start its list of claims, set the figures' style.

    Parameters
    ----------
    chapter : str
        Name of the chapter's file without its ending, such as ``"02-neurons"``.
    quick : bool
        A tiny run for tests: false claims are shown, but stop nothing.
    seed : int
        Named at the chapter's end, so that a printed page says how to get the same numbers.
    """
    current.name, current.quick, current.seed = chapter, bool(quick), seed
    current.claims, current.test_evaluations = [], []
    logging.getLogger("tensorflow").addFilter(_keep_log_record)
    plots.use_style()
    if in_notebook() and os.environ.get(SCREENS):
        plots.screens.register()
    if quick:
        say("**Quick run:** a tiny sample, for tests. Its numbers mean nothing.")


def say_versions() -> None:
    """Print the versions and the seed of the chapter that is running."""
    parts = [f"Python {platform.python_version()}"]
    parts += [f"{title} {_version(name)}" for name, title in PACKAGES.items()]
    say("*" + " · ".join([*parts, f"seed {current.seed}"]) + "*")


def say(text: str) -> None:
    """Print a sentence with computed values in it, as Markdown.

    A sentence about a result is never typed into a chapter: it is an f-string that ``say`` prints,
    so that it is as true as the numbers are.
    """
    if in_notebook():
        from IPython.display import Markdown, display

        display(Markdown(text))
    else:
        print(strip_markdown(text))


def in_notebook() -> bool:
    """Say whether a notebook's kernel runs this code."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def strip_markdown(text: str) -> str:
    """Take the commonest marks out of Markdown."""
    return re.sub(r"\*\*|`|(?<!\S)\*(?=\w)|(?<=\S)\*(?!\w)", "", text)


def _keep_log_record(record: logging.LogRecord) -> bool:
    """Hold back one advice to programmers: a page with several small networks traces each."""
    return "triggered tf.function retracing" not in record.getMessage()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
