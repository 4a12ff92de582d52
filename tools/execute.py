"""Run the chapters through papermill, a few at a time, and only those that changed."""

from __future__ import annotations

import ast
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path

import fingerprints
import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from cxrlib import files
from cxrlib.data.cases import did_you_mean

# What a chapter's kernel gets besides the caller's environment.
KERNEL_ENVIRONMENT = {
    "CXR_SCREENS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "GRPC_VERBOSITY": "ERROR",
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "OPENBLAS_NUM_THREADS": "1",  # its threads and those of TensorFlow get into one another's way
}


@dataclass
class Result:
    """How one chapter went: ``state`` is "ran", "unchanged" or "failed"."""

    name: str
    state: str
    seconds: float
    memory_mb: int | None = None
    message: str = ""


def parameter_names(notebook: nbformat.NotebookNode) -> list[str]:
    """Names that the cell tagged ``parameters`` sets, in order; none without such a cell."""
    names = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
            for line in ast.parse(cell.source).body:
                targets = line.targets if isinstance(line, ast.Assign) else []
                names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


def check_parameters(known: list[str], parameters: dict, name: str) -> None:
    """Refuse a parameter that the chapter does not have; papermill would only log it."""
    unknown = [parameter for parameter in parameters if parameter not in known]
    if unknown:
        raise ValueError(
            f"{name}: expected only parameters of its cell tagged 'parameters' "
            f"({', '.join(known) or 'it has none'}), got {', '.join(unknown)}. "
            "Add the name to that cell or leave it out."
        )


# What libraries write past Python (TensorFlow greets its reader so) goes to a log, not on the page;
# Python's own warnings stay where they are seen. No shell is needed: Windows has none of this kind.
LAUNCHER = """
import os, runpy, sys
os.dup2(os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
"""


def prepare_kernel(folder: Path) -> None:
    """Describe this very Python as the kernel ``python3``, so that no installed one is needed."""
    log = folder / "kernel.log"
    command = [sys.executable, "-c", LAUNCHER, str(log)]
    spec = {
        "argv": [*command, "--IPKernelApp.capture_fd_output=False", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": KERNEL_ENVIRONMENT | {"IPYTHONDIR": str(folder / "ipython")},
    }
    files.write_text(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    log.unlink(missing_ok=True)
    others = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
    others = [place for place in others if place and place != str(folder)]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), *others])


def peak_memory() -> int | None:
    """Return how many MB a process that this one started took at most; None where it's unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6)


def describe_failure(error: Exception, source: nbformat.NotebookNode, partial: Path) -> str:
    """Name the failing cell, by its number in the chapter's file, and the error."""
    index, what = None, f"{type(error).__name__}: {error}".strip()
    if isinstance(error, PapermillExecutionError):
        index, what = error.cell_index, f"{error.ename}: {error.evalue}"
    cells = []
    if partial.exists():
        cells = nbformat.read(partial, as_version=4).cells
        # papermill adds its own cells: the parameters, and two that announce the error.
        states = [cell.metadata.get("papermill", {}).get("status") for cell in cells]
        marked = [i for i, state in enumerate(states) if state in ("failed", "running")]
        begun = [i for i, state in enumerate(states) if state not in (None, "pending")]
        index = marked[0] if marked else begun[-1] if begun else index
    if index is None or not cells:
        return what
    added = ("injected-parameters", "papermill-error-cell-tag")
    own = [c for c in cells[: index + 1] if not set(added) & set(c.metadata.get("tags", []))]
    number = min(len(own), len(source.cells))
    code = source.cells[number - 1].source.rstrip() or "(empty)"
    indented = "\n".join(f"    | {line}" for line in code.splitlines())
    return f"cell {number} of {len(source.cells)} failed\n{indented}\n    {what}"


def failed_copy(executed: Path) -> Path:
    """Where a chapter that stopped leaves what it had: beside the folder of the executed ones."""
    folder = executed.parent
    return folder.with_name(folder.name.replace("executed", "failed", 1)) / executed.name


def remove_outputs(executed: Path) -> None:
    """Take away what an earlier run of a chapter left."""
    for old in (executed.with_suffix(".key.json"), executed, failed_copy(executed)):
        old.unlink(missing_ok=True)


def broken_notebook(path: Path, target: Path, error: Exception) -> Result:
    """Name a chapter that is no notebook; an older executed copy does not stand in for it."""
    remove_outputs(target / path.name)
    what, _, _ = str(error).strip().partition("\n")
    message = f"{path.name} cannot be read as a notebook: {type(error).__name__}: {what[:200]}"
    return Result(path.stem, "failed", 0.0, message=message)


def unchanged(executed: Path) -> Result:
    """Say how a chapter went whose executed copy is up to date."""
    note = json.loads(executed.with_suffix(".key.json").read_text(encoding="utf-8"))
    return Result(executed.stem, "unchanged", note["seconds"], note.get("memory_mb"))


def run_chapter(path: Path, target: Path, parameters: dict, parts: dict, timeout: int) -> Result:
    """Run one chapter; one that stops leaves a :func:`failed_copy` only."""
    executed = target / path.name
    source = nbformat.read(path, as_version=4)
    partial = target / f".{path.stem}.{os.getpid()}.ipynb"
    remove_outputs(executed)
    target.mkdir(parents=True, exist_ok=True)
    prepare_kernel(target.parent / "jupyter" / path.stem)
    state, message, start = "ran", "", time.perf_counter()
    try:
        papermill.execute_notebook(
            str(path),
            str(partial),
            parameters=parameters,
            kernel_name="python3",
            language="python",
            cwd=str(path.parent),
            progress_bar=False,
            execution_timeout=timeout,
            start_timeout=120,
        )
        os.replace(partial, executed)
    except Exception as error:  # whatever it was, the other chapters still run
        state, message = "failed", describe_failure(error, source, partial)
        if partial.exists():
            failed = failed_copy(executed)
            failed.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(partial, failed)
            message += f"\n    traceback: {failed}"
    finally:
        partial.unlink(missing_ok=True)
    seconds, memory = round(time.perf_counter() - start, 1), peak_memory()
    if state == "ran":
        note = {"parts": parts, "content": fingerprints.hash_file(executed)}
        note |= {"seconds": seconds, "memory_mb": memory}
        files.write_text(executed.with_suffix(".key.json"), json.dumps(note, indent=1))
    return Result(path.stem, state, seconds, memory, message)


def _send(result: Connection, arguments: tuple) -> None:
    result.send(run_chapter(*arguments))


def run_in_subprocess(*arguments: object) -> Result:
    """Do :func:`run_chapter` in a new process, whose only child is the kernel."""
    new = multiprocessing.get_context("spawn")
    result, end = new.Pipe(duplex=False)
    process = new.Process(target=_send, args=(end, arguments))
    process.start()
    end.close()  # or the other side would never seem to be gone
    try:
        return result.recv()
    except EOFError:
        process.join()
        what = f"the process that ran it ended with exit code {process.exitcode}"
        return Result(arguments[0].stem, "failed", 0.0, message=what)


def read_status(target: Path) -> dict[str, dict]:
    """Return how chapters went by their names; nothing where no status.json can be read."""
    try:
        rows = json.loads((target / "status.json").read_text(encoding="utf-8"))
        return {row["name"]: row for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_status(target: Path, results: list[Result], workers: int) -> None:
    """Write status.json beside the executed copies: how each chapter went, and on what."""
    rows, versions = read_status(target), fingerprints.shown_versions()
    for result in results:
        if result.state != "unchanged" or result.name not in rows:
            rows[result.name] = asdict(result) | {"versions": versions, "workers": workers}
    ordered = [rows[name] for name in sorted(rows)]
    files.write_text(target / "status.json", json.dumps(ordered, indent=1, ensure_ascii=False))


def select_chapters(root: Path, only: Iterable[str] = ()) -> list[Path]:
    """Return the chapters that are named, or all of them; refuse names that there are not."""
    chapters = {path.stem: path for path in sorted((root / "chapters").glob("*.ipynb"))}
    unknown = sorted(set(only) - set(chapters))
    if unknown or not chapters:
        hint = did_you_mean(unknown[0], chapters) if unknown else ""
        raise ValueError(
            f"expected chapters of {', '.join(chapters) or 'chapters/, which has none'}, got "
            f"{', '.join(unknown) or 'none'}.{hint} Name them as their files."
        )
    return [path for name, path in chapters.items() if not only or name in only]


def run_all(
    root: Path,
    target: Path,
    parameters: dict,
    *,
    only: Iterable[str] = (),
    timeout: int = 900,
    workers: int = 1,
) -> list[Result]:
    """Run the chapters of ``root/chapters``, begun in order, ``workers`` of them at a time."""
    chosen = select_chapters(root, only)
    fingerprints.resolve_folders()
    jobs, known, results = [], [], []
    common = fingerprints.common_parts(root, parameters)
    for path in chosen:
        try:
            notebook = nbformat.read(path, as_version=4)
            names = parameter_names(notebook)
        except Exception as error:  # the other chapters still run
            known.append(broken_notebook(path, target, error))
            continue
        check_parameters(names, parameters, path.stem)
        parts = {"chapter": fingerprints.hash_file(path), **common}
        if reason := fingerprints.rerun_reason(target / path.name, parts):
            print(f"  {path.stem}: {len(notebook.cells)} cells to run ({reason})", flush=True)
            jobs.append((path, target, parameters, parts, timeout))
        else:
            known.append(unchanged(target / path.name))
    # A first import builds matplotlib's list of fonts and says so on the page: do it here.
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], capture_output=True)
    pool = ThreadPoolExecutor(workers)
    try:
        waiting = [pool.submit(run_in_subprocess, *job) for job in jobs]
        for result in chain(known, (done.result() for done in as_completed(waiting))):
            note = {"unchanged": "unchanged, ran in", "ran": "done in", "failed": "FAILED after"}
            print(f"  {result.name}: {note[result.state]} {result.seconds:.1f} s", flush=True)
            if result.message:
                print(f"    {result.message}", flush=True)
            results.append(result)
    finally:
        pool.shutdown(cancel_futures=True)
    results.sort(key=lambda result: result.name)
    write_status(target, results, workers)
    return results
