"""The line with which every chapter opens."""

from __future__ import annotations

import logging
import platform
from importlib.metadata import PackageNotFoundError, version

from cxrlib.evaluation import plots
from cxrlib.teaching import claims
from cxrlib.teaching.page import say

SHOWN = {
    "cxrlib": "cxrlib",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "numpy": "NumPy",
    "scikit-learn": "scikit-learn",
}


def begin(chapter: str, quick: bool = False, seed: int = 0) -> None:
    """Open a chapter: print the versions, start its list of claims, set the figures' style.

    Parameters
    ----------
    chapter : str
        Name of the chapter's file without its ending, such as ``"02-neurons"``.
    quick : bool
        A tiny run for tests: false claims are shown, but stop nothing.
    seed : int
        Printed, so that a printed page says how to get the same numbers.
    """
    claims.start(chapter, quick=quick)
    logging.getLogger("tensorflow").addFilter(_no_advice_on_tracing)
    plots.use_style()
    parts = [f"Python {platform.python_version()}"]
    parts += [f"{shown} {_version(name)}" for name, shown in SHOWN.items()]
    say("*" + " · ".join([*parts, f"seed {seed}"]) + "*")
    if quick:
        say("**Quick run:** a tiny sample, for tests. Its numbers mean nothing.")


def _no_advice_on_tracing(record: logging.LogRecord) -> bool:
    """Hold back one advice to programmers: a page with several small networks traces each."""
    return "triggered tf.function retracing" not in record.getMessage()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
