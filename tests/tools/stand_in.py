"""Runs make_book in this very process: papermill is the real one, the kernel behind it is not.

A kernel takes seconds to start. Where a test asks about what make_book does around the chapters,
their cells run here instead.
"""

import contextlib
import io
import os
from types import SimpleNamespace
from unittest.mock import patch

import execute
import IPython.display
import make_book
import nbformat
from papermill.engines import Engine, papermill_engines


class StandIn(Engine):
    """Runs each cell with exec: what it prints and displays are its outputs."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **kwargs):
        names, count = {"__name__": "__main__"}, 0
        nb_man.nb.metadata.language_info = {"name": "python", "pygments_lexer": "ipython3"}
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code":
                count += 1
                cell.execution_count = count
                cell.outputs, error = run(cell.source, names)
                if error is not None:
                    nb_man.cell_exception(cell, index, exception=error)
                    return
            nb_man.cell_complete(cell, index)


def run(source, names):
    """Return a cell's outputs and its error."""
    outputs, printed, error = [], io.StringIO(), None

    def display(data, raw):
        assert raw, "the stand-in displays raw data only"
        outputs.append(nbformat.v4.new_output("display_data", data=data))

    def leave(code):
        raise AssertionError("this test needs a real kernel: the fixture kernel_course")

    with (
        contextlib.redirect_stdout(printed),
        patch.object(IPython.display, "display", display),
        patch.object(os, "_exit", leave),
    ):
        try:
            exec(compile(source, "<cell>", "exec"), names)
        except Exception as caught:
            error = caught
    if printed.getvalue():
        outputs.append(nbformat.v4.new_output("stream", name="stdout", text=printed.getvalue()))
    if error is not None:
        kind, text = type(error).__name__, str(error)
        outputs.append(nbformat.v4.new_output("error", ename=kind, evalue=text, traceback=[text]))
    return outputs, error


def make(arguments, environment, cwd):
    """Run one command of make_book; return what a process would: exit code and texts."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment),
        contextlib.chdir(cwd or os.getcwd()),
        patch.dict(papermill_engines._engines, {None: StandIn}),
        patch.object(execute, "prepare_kernel", lambda folder: None),
        patch.object(os, "cpu_count", lambda: 1),  # what a cell prints is caught in one thread
        patch.object(execute, "run_in_subprocess", execute.run_chapter),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = make_book.main(list(arguments))
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
