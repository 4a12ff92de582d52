"""Make the book: run the chapters, lay out the pages, build them.

    python tools/make_book.py all              every step; what did not change is left alone
    python tools/make_book.py all --quick      the same on tiny samples, for tests
    python tools/make_book.py execute 02-neurons
    python tools/make_book.py sweep phantoms   every claim over seeds and kinds of arithmetic
    python tools/make_book.py carry phantoms OLD NEW   keep a sweep after renaming: compare two runs
    python tools/make_book.py colab-cell       put the Colab set-up cell into every chapter
    python tools/make_book.py fold             fold the chapters' plumbing
    python tools/make_book.py sizes            words, minutes and folded code of each chapter
    python tools/make_book.py address          write the repository's address everywhere
    python tools/make_book.py cover            draw the cover, the logo and the favicon
    python tools/make_book.py pictures         take the README's pictures in the built book
    python tools/make_book.py pdf              print the built book into one file

Results are in _build/: executed/ (chapters), failed/ (those that stopped), stage/ (what Sphinx
saw), html/ (the pages); a run with other parameters than the published ones has its own, marked
"quick".

There is always a book at the end. The exit code is 1 if a chapter stopped or a page is faulty, and
with STRICT=1 in the environment also if a finding did not hold.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("all", "execute", "stage", "build"):
        command = commands.add_parser(name)
        command.add_argument("--quick", action="store_true", help="tiny samples: for tests")
        command.add_argument("-p", metavar="NAME=VALUE", action="append", default=[])
        if name == "execute":
            command.add_argument("chapters", nargs="*", help="such as 01-pictures; default: all")
            command.add_argument("--into", type=Path, help="a folder instead of _build")
        if name in ("all", "execute"):
            command.add_argument("--timeout", type=int, default=900, help="seconds for one cell")
            two = min(2, os.cpu_count() or 1)
            command.add_argument(
                "--workers", type=int, default=two, help=f"chapters side by side; default: {two}"
            )
    command = commands.add_parser("sweep", help="goes on where it was; takes hours")
    command.add_argument("source", choices=["phantoms", "real"])
    command.add_argument("chapters", nargs="*", help="such as 01-pictures; default: all")
    command.add_argument("--seeds", type=_numbers, default=range(10), help="default: 0-9")
    command.add_argument("--plain", type=_numbers, default=range(3), help="default: 0-2")
    command.add_argument("--workers", type=int, default=1, help="chapters side by side")
    command.add_argument("--timeout", type=int, default=1800, help="seconds for one cell")
    command.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler: it runs them")
    command = commands.add_parser("carry", help="keep a sweep where only names and words changed")
    command.add_argument("source", choices=["phantoms", "real"])
    command.add_argument("before", type=Path, help="executed chapters of the old code")
    command.add_argument("after", type=Path, help="of the new code: same seed, same machine")
    commands.add_parser("colab-cell")
    command = commands.add_parser("fold", help="fold the chapters' plumbing")
    command.add_argument("--check", action="store_true", help="only say where it is not folded")
    commands.add_parser("sizes", help="words, minutes and folded code of each chapter")
    command = commands.add_parser("address")
    command.add_argument("--check", action="store_true", help="only say where it is another one")
    command.add_argument(
        "--branch", help="the branch or tag to which launch links lead from now on"
    )
    commands.add_parser("cover")
    commands.add_parser("pictures", help="draw the README's pictures from the built book")
    commands.add_parser("pdf", help="print the built book into one file")
    return parser.parse_args(arguments)


def read_parameters(quick: bool, pairs: list[str]) -> dict:
    """Turn ``--quick`` and ``-p name=value`` into papermill's parameters; published ones are {}."""
    parameters = {"quick": True} if quick else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(
                f"-p: expected NAME=VALUE, got {pair!r}. Write -p source=phantoms, say."
            )
        try:
            parameters[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[name] = value
    return parameters


def make(options: argparse.Namespace) -> int:
    """Carry out execute, stage, build or all three; return the exit code."""
    import claims
    import execute
    import stage

    root = options.root.resolve()
    parameters = read_parameters(options.quick, options.p)
    into = getattr(options, "into", None)
    build = root / "_build" if into is None else into.resolve()
    mark = "-quick" if parameters and into is None else ""
    executed, staged, html = (build / f"{n}{mark}" for n in ("executed", "stage", "html"))
    start = time.perf_counter()
    failed, false_findings, filled, built = [], [], True, True
    if options.command in ("all", "execute"):
        only = getattr(options, "chapters", ())
        pace = {"timeout": options.timeout, "workers": options.workers}
        results = execute.run_all(root, executed, parameters, only=only, **pace)
        failed = [result.name for result in results if result.state == "failed"]
        copies = (executed / f"{result.name}.ipynb" for result in results)
        false_findings = claims.failed_findings(copies)
    if options.command in ("all", "stage"):
        filled = stage.stage(root, executed, staged, parameters)
    if options.command in ("all", "build"):
        built = stage.build(staged, html)
    print(f"Finished in {time.perf_counter() - start:.1f} s.")
    if failed:
        print(f"{len(failed)} of {len(results)} chapters failed: {', '.join(failed)}.")
    if false_findings:
        findings = "finding" if len(false_findings) == 1 else "findings"
        print(f"{len(false_findings)} {findings} did not hold on this run:")
        print(claims.as_text(false_findings))
    if options.command in ("all", "build") and (html / "index.html").exists():
        print(f"The book is here: {(html / 'index.html').as_uri()}", flush=True)
    strict = os.environ.get("STRICT", "") not in ("", "0")
    return int(bool(failed) or not filled or not built or (strict and bool(false_findings)))


def run_sweep(options: argparse.Namespace) -> int:
    """Carry out `sweep` or `carry` for one source; return the exit code."""
    import sweeps

    from cxrlib.cluster import ClusterError
    from cxrlib.extras import MissingExtraError

    root, source = options.root.resolve(), options.source
    if options.command == "carry":
        return int(sweeps.carry(root, source, options.before, options.after) > 0)
    given = {name: getattr(options, name) for name in ("seeds", "plain", "workers", "timeout")}
    given |= {"only": options.chapters, "address": options.cluster}
    try:
        return int(sweeps.run(root, source, **given) > 0)
    except (ClusterError, MissingExtraError) as error:
        raise ValueError(str(error)) from None


def _numbers(text: str) -> list[int]:
    """Read ``0-4`` or ``0,3,7``."""
    parts = (part.partition("-") for part in text.split(",") if part)
    return [n for low, _, high in parts for n in range(int(low), int(high or low) + 1)]


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command."""
    options = parse(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of Windows may have no ✗
    try:
        if options.command == "cover":
            import cover
            import openings

            return cover.draw_all(options.root) or openings.draw_all(options.root)
        if options.command in ("pdf", "pictures"):
            import printing

            draw = printing.print_book if options.command == "pdf" else printing.take_pictures
            print(f"Written: {', '.join(map(str, draw(options.root.resolve())))}")
            return 0
        if options.command in ("colab-cell", "address"):
            import address

            return address.command(options)
        if options.command == "fold":
            import fold

            return fold.command(options)
        if options.command == "sizes":
            import execute
            import sizes

            print(sizes.as_text(sizes.read_sizes(execute.select_chapters(options.root))))
            return 0
        return run_sweep(options) if options.command in ("sweep", "carry") else make(options)
    except (ValueError, OSError) as error:
        print(f"make_book: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
