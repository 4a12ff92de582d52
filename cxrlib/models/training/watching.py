"""Whether somebody is there who would like to see how far a training is."""

from __future__ import annotations

import sys


def watched() -> bool:
    """Say whether a person sits in front of this kernel or terminal.

    Programs that execute notebooks (papermill, nbclient, nbmake) tell the kernel that nobody can be
    asked for input.
    """
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return sys.stderr.isatty()
    request = kernel.get_parent() or {}
    return bool(request.get("content", {}).get("allow_stdin", False))
