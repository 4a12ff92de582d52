"""Run the chapters over seeds and kinds of arithmetic, and keep what every claim came to.

The result is one file a source in cxrlib/experiments/claims/. It is written after each chapter, so
a sweep that was stopped goes on where it was; a chapter whose code changed runs again.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import claims
import executing
import fingerprints
import nbformat

from cxrlib import files
from cxrlib.experiments import sweep

# What another processor does to float32, on this one.
ARITHMETIC = {
    "default": {},
    "plain": {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "1"},
}
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


class _Experiment(ast.NodeTransformer):
    """Leave out what says something about a result and does not change it."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "say":
            return ast.Constant("said")
        if name == "claim":
            node = ast.Call(node.func, node.args[1:2], [])
        return self.generic_visit(node)


def code_key(chapter: Path) -> str:
    """Return a hash of what a chapter computes: rewording it or its claims does not change that.

    Nor does another division into cells.
    """
    lines = []
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "code":
            try:
                code = _Experiment().visit(ast.parse(cell.source))
            except SyntaxError:  # the cell for Colab
                continue
            lines += map(ast.dump, code.body)
    return fingerprints.of_text("\n".join(lines))[:16]


def file_of(root: Path, source: str) -> Path:
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
                sweep.forget(book, chapter, [index])


def jobs_left(
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


def carry_out(root: Path, source: str, job: Job, timeout: int) -> tuple[dict, list[dict]] | str:
    """Run one job in a process of its own; return its status and claims, or what went wrong."""
    folder = root / "_build" / "sweep" / f"{source}-{job.seed}-{job.arithmetic}-{job.chapter}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    environment |= ARITHMETIC[job.arithmetic]
    wanted = "phantoms" if source == "phantoms" else "folder"
    command = [sys.executable, str(MAKE_BOOK), "--root", str(root), "execute", job.chapter]
    command += ["--into", str(folder), "--timeout", str(timeout)]
    command += ["-p", f"seed={job.seed}", "-p", f"source={wanted}"]
    run = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    if run.returncode:
        return (run.stdout + run.stderr).strip()
    (status,) = json.loads((folder / "executed" / "status.json").read_text(encoding="utf-8"))
    return status, claims.of_chapter(folder / "executed" / f"{job.chapter}.ipynb")


def run(
    root: Path,
    source: str,
    *,
    seeds: Iterable[int],
    plain: Iterable[int] = (),
    only: Iterable[str] = (),
    workers: int = 1,
    timeout: int = 1800,
) -> int:
    """Run what is missing of one source's sweep; return how many chapters stopped with an error."""
    executing.make_places_absolute()
    if source == "real" and not os.environ.get("CXR_DATA", "").strip():
        raise ValueError("expected CXR_DATA to name the folder of the real X-rays. Set it.")
    chapters = sorted((root / "chapters").glob("*.ipynb"))
    keys = {path.stem: code_key(path) for path in chapters}
    file = file_of(root, source)
    book = load(file)
    drop_stale(book, keys)
    left = jobs_left(book, keys, seeds, plain)
    wanted = {path.stem for path in executing.choose(root, only)}
    left = [job for job in left if job.chapter in wanted]
    print(f"Sweep on {source}: {len(left)} chapters to run.", flush=True)
    stopped = 0
    with ThreadPoolExecutor(workers) as pool:
        waiting = {pool.submit(carry_out, root, source, job, timeout): job for job in left}
        for done in as_completed(waiting):
            job, outcome = waiting[done], done.result()
            name = f"{job.chapter}, seed {job.seed}, {job.arithmetic}"
            if isinstance(outcome, str):
                stopped += 1
                print(f"  {name}: STOPPED\n{outcome}", flush=True)
                continue
            status, made = outcome
            note = {"code": keys[job.chapter], "seconds": status["seconds"]}
            note |= {"memory_mb": status["memory_mb"], "versions": status["versions"]}
            sweep.merge(book, job.run, job.chapter, note, made)
            files.write_text(file, sweep.to_json(book))
            wrong = [claim for claim in made if claim["enforced"] and not claim["holds"]]
            print(f"  {name}: {len(made)} claims, {status['seconds']:.0f} s", flush=True)
            if wrong:
                print(claims.as_text(wrong), flush=True)
    files.write_text(file, sweep.to_json(book))
    weak = [c for c in map(sweep.as_claim, book["claims"]) if is_weak(c)]
    print(
        f"{len(weak)} of {len(book['claims'])} claims do not stand yet:" if weak else "All stand."
    )
    for claim in weak:
        print(
            f"  {claim.chapter}: {claim.statement} {claim.text()}, {claim.bound.text()}, margin "
            f"{claim.margin:.1f}"
        )
    return stopped


def is_weak(claim: sweep.SweptClaim) -> bool:
    """Say whether something is called a claim that the sweep does not bear out."""
    return claim.kind != "observation" and not claim.stands
