"""Run the chapters over seeds and kinds of arithmetic, and keep what every claim came to.

The result is one file a source in cxrlib/experiments/claims/. It is written after each chapter, so
a sweep that was stopped goes on where it was; a chapter whose code changed runs again.

Where only names and words changed, a sweep is carried over instead: both versions of the chapters
run on one machine with one seed, and where every claim came to the very same number, what the sweep
saw of the old version is true of the new one.
"""

from __future__ import annotations

import ast
import json
import operator
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import claims
import execute
import fingerprints
import fold
import joblib
import nbformat

from cxrlib import cluster, files
from cxrlib.experiments import sweep
from cxrlib.teaching.claims import MIME

# What another processor does to float32, on this one; and what weights such a machine may have:
# those that pip brings.
ARITHMETIC = {
    "default": {},
    "plain": {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "1", "CXR_WEIGHTS": ""},
}
# A number that is no part of a name such as conv2d, and the unit of a duration or a size.
NUMBER = re.compile(r"(?<![\w.])([-−+]?\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?%?)(\s?(?:m?s|MB)\b)?(?!\w)")
MAKE_BOOK = Path(__file__).with_name("make_book.py")


@dataclass(frozen=True)
class Job:
    """One chapter with one seed and one kind of arithmetic."""

    chapter: str
    seed: int
    arithmetic: str

    @property
    def run(self) -> dict:
        """What tells runs apart."""
        return {"seed": self.seed, "arithmetic": self.arithmetic}


class _OnlyComputation(ast.NodeTransformer):
    """Leave out what says or draws something about a result and does not change it."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Call) and fold.root(node.value.func) in {"plots", "plt"}:
            return None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "say":
            return ast.Constant("said")
        if name == "claim":
            node = ast.Call(node.func, node.args[1:2], [])
        return self.generic_visit(node)


def code_hash(chapter: Path) -> str:
    """Return a hash of what a chapter computes: rewording it or its claims does not change that.

    Nor do a figure more or less, another division into cells, and the recipe in plain Keras: it
    comes after the claims.
    """
    lines = []
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "code" and fold.KERAS not in cell.metadata.get("tags", []):
            try:
                code = _OnlyComputation().visit(ast.parse(cell.source))
            except SyntaxError:  # the cell for Colab
                continue
            lines += map(ast.dump, code.body)
    return fingerprints.hash_text("\n".join(lines))[:16]


def sweep_file(root: Path, source: str) -> Path:
    """Where the sweep of a source is kept."""
    return root / "cxrlib" / "experiments" / "claims" / f"{source}.json"


def load(file: Path) -> dict:
    """Read a sweep's file; none yet is an empty sweep."""
    if not file.exists():
        return {"runs": [], "claims": []}
    return json.loads(file.read_text(encoding="utf-8"))


def drop_stale(book: dict, keys: dict[str, str]) -> None:
    """Forget what chapters claimed whose code is another now, or that are gone."""
    for index, run in enumerate(book["runs"]):
        for chapter in list(run["chapters"]):
            if run["chapters"][chapter]["code"] != keys.get(chapter):
                del run["chapters"][chapter]
                sweep.forget(book, chapter, index)


def pending_jobs(
    book: dict, keys: dict[str, str], seeds: Iterable[int], plain: Iterable[int]
) -> list[Job]:
    """Return what has not run yet, seed by seed."""
    done = {(r["seed"], r["arithmetic"], name) for r in book["runs"] for name in r["chapters"]}
    wanted = [
        Job(chapter, seed, arithmetic)
        for arithmetic, all_seeds in (("default", seeds), ("plain", plain))
        for seed in all_seeds
        for chapter in keys
    ]
    return [job for job in wanted if (job.seed, job.arithmetic, job.chapter) not in done]


def into(root: Path, source: str, job: Job) -> Path:
    """Name the folder of one job."""
    return root / "_build" / "sweep" / f"{source}-{job.seed}-{job.arithmetic}-{job.chapter}"


def process(root: Path, source: str, job: Job, timeout: int) -> Callable[[], CompletedProcess]:
    """Return what runs one job in a process of its own, here or on another machine."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    environment |= ARITHMETIC[job.arithmetic]
    wanted = "phantoms" if source == "phantoms" else "folder"
    command = [sys.executable, str(MAKE_BOOK), "--root", str(root), "execute", job.chapter]
    command += ["--into", str(into(root, source, job)), "--timeout", str(timeout)]
    command += ["-p", f"seed={job.seed}", "-p", f"source={wanted}"]
    how = {"capture_output": True, "text": True, "encoding": "utf-8", "check": False}
    return partial(subprocess.run, command, env=environment, **how)


def outcome(
    root: Path, source: str, job: Job, run: CompletedProcess
) -> tuple[dict, list[dict]] | str:
    """Return a job's status and claims, or what went wrong."""
    if run.returncode:
        return (run.stdout + run.stderr).strip()
    folder = into(root, source, job)
    (status,) = json.loads((folder / "executed" / "status.json").read_text(encoding="utf-8"))
    return status, claims.read_claims(folder / "executed" / f"{job.chapter}.ipynb")


def run(
    root: Path,
    source: str,
    *,
    seeds: Iterable[int],
    plain: Iterable[int] = (),
    only: Iterable[str] = (),
    workers: int = 1,
    timeout: int = 1800,
    address: str | None = None,
) -> int:
    """Run what is missing of one source's sweep; return how many chapters stopped with an error.

    With the address of a Dask scheduler its workers run it, in this checkout and with the Python
    of this process, which all of them see under the same names.
    """
    fingerprints.resolve_folders()
    if source == "real" and not os.environ.get("CXR_DATA", "").strip():
        raise ValueError(
            "expected CXR_DATA to name the folder of the real X-rays, got nothing. Set it."
        )
    wanted = {path.stem for path in execute.select_chapters(root, only)}
    keys = {path.stem: code_hash(path) for path in execute.select_chapters(root)}
    file = sweep_file(root, source)
    book = load(file)
    drop_stale(book, keys)
    left = [job for job in pending_jobs(book, keys, seeds, plain) if job.chapter in wanted]
    print(f"Sweep on {source}: {len(left)} chapters to run.", flush=True)
    stopped = 0
    processes = {job: process(root, source, job, timeout) for job in left}
    by_command = {tuple(start.args[0]): job for job, start in processes.items()}
    shared = {"reads": [MAKE_BOOK, sys.executable], "writes": [root / "_build" / "sweep"]}
    with joblib.parallel_config("threading", n_jobs=workers), cluster.connect(address, **shared):
        jobs = ((start,) for start in processes.values())
        for run_of_job in cluster.starmap(operator.call, jobs, ordered=False):
            job = by_command[tuple(run_of_job.args)]
            name = f"{job.chapter}, seed {job.seed}, {job.arithmetic}"
            result = outcome(root, source, job, run_of_job)
            if isinstance(result, str):
                stopped += 1
                print(f"  {name}: STOPPED\n{result}", flush=True)
                continue
            status, made = result
            note = {"code": keys[job.chapter], "seconds": status["seconds"]}
            note |= {"memory_mb": status["memory_mb"], "versions": status["versions"]}
            sweep.merge(book, job.run, job.chapter, note, made)
            files.write_text(file, sweep.to_json(book))
            wrong = [claim for claim in made if claim["enforced"] and not claim["holds"]]
            print(f"  {name}: {len(made)} claims, {status['seconds']:.0f} s", flush=True)
            if wrong:
                print(claims.as_text(wrong), flush=True)
    files.write_text(file, sweep.to_json(book))
    asked = [c for c in map(sweep.as_claim, book["claims"]) if c.kind != "observation"]
    weak = [claim for claim in asked if not claim.stands]
    print(
        f"{len(weak)} of {len(book['claims'])} claims do not stand yet:" if weak else "All stand."
    )
    for claim in weak:
        print(
            f"  {claim.chapter}: {claim.statement} {claim.text()}, {claim.bound.text()}, margin "
            f"{claim.margin:.1f}"
        )
    return stopped


def printed_numbers(executed: Path) -> list[str]:
    """Return what numbers a chapter printed, without versions, durations and claims."""
    found = []
    for cell in nbformat.read(executed, as_version=4).cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            text = shown.get("text/markdown") or output.get("text") or shown.get("text/plain", "")
            if not text.startswith("*Python") and MIME not in shown:
                found += [value for value, unit in NUMBER.findall(text) if not unit]
    return found


def differences(before: Path, after: Path) -> list[str]:
    """Say in which claims and printed numbers two executed copies of a chapter differ."""
    old, new = claims.read_claims(before), claims.read_claims(after)
    if len(old) != len(new):
        return [f"expected {len(old)} claims, got {len(new)}"]
    found = [
        f"expected {one['value']!r}, got {other['value']!r}: {other['statement']}"
        for one, other in zip(old, new, strict=True)
        if one["value"] != other["value"] and not (_is_rounding(one) and _is_rounding(other))
    ]
    one, other = printed_numbers(before), printed_numbers(after)
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            found.append(f"printed {' '.join(one[a:b]) or '–'}, now {' '.join(other[c:d]) or '–'}")
    return found


def _is_rounding(claim: dict) -> bool:
    """Whether a claim's number is what float32 leaves over, another one in each run."""
    return claim["kind"] == "identity" and claim["holds"]


def update_claims(
    book: dict, chapter: str, key: str, before: list[dict], after: list[dict]
) -> None:
    """Give a chapter's claims in a sweep their new words and bounds, and its runs the new key."""
    words = {old["statement"]: new for old, new in zip(before, after, strict=True)}
    for row in book["claims"]:
        if row["chapter"] == chapter and row["statement"] in words:
            new = words[row["statement"]]
            row |= {name: new[name] for name in ("statement", "kind", "bound")}
    for run in book["runs"]:
        if chapter in run["chapters"]:
            run["chapters"][chapter]["code"] = key


def carry(root: Path, source: str, before: Path, after: Path) -> int:
    """Carry over each chapter that both folders have; return how many differ and stay."""
    file = sweep_file(root, source)
    book, differ = load(file), 0
    for new in sorted(after.glob("*.ipynb")):
        old = before / new.name
        if not old.exists():
            continue
        found = differences(old, new)
        # Printed numbers may be more or fewer where a page was rewritten: claims decide.
        changed = [line for line in found if line.startswith("expected")]
        differ += bool(changed)
        print(f"  {new.stem}: {'DIFFERS' if changed else 'the same claims'}")
        print("".join(f"    {line}\n" for line in found), end="")
        if not changed:
            key = code_hash(root / "chapters" / new.name)
            update_claims(book, new.stem, key, claims.read_claims(old), claims.read_claims(new))
    files.write_text(file, sweep.to_json(book))
    return differ
