"""Make the book: run the chapters, lay out the pages, build them.

    python tools/make_book.py all              every step; what did not change is left alone
    python tools/make_book.py all --quick      the same on tiny samples, for tests
    python tools/make_book.py execute 02-neurons
    python tools/make_book.py colab-cell       put the Colab set-up cell into every chapter
    python tools/make_book.py address          write the repository's address everywhere
    python tools/make_book.py cover            draw the cover, the logo and the favicon

Results are in _build/: executed/ (chapters), stage/ (what Sphinx saw), html/ (the pages); a run
with other parameters than the published ones has its own three, marked "quick". A published run
also writes results/claims.json.
"""

from __future__ import annotations

import argparse
import ast
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
        if name in ("all", "execute"):
            command.add_argument("--timeout", type=int, default=900, help="seconds for one cell")
    commands.add_parser("colab-cell")
    commands.add_parser("address").add_argument("--check", action="store_true")
    commands.add_parser("cover")
    return parser.parse_args(arguments)


def read_parameters(quick: bool, pairs: list[str]) -> dict:
    """Turn ``--quick`` and ``-p name=value`` into papermill's parameters; published ones are {}."""
    parameters = {"quick": True} if quick else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"-p expects NAME=VALUE, got {pair!r}, such as -p source=phantoms")
        try:
            parameters[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parameters[name] = value
    return parameters


def make(options: argparse.Namespace) -> int:
    """Carry out execute, stage, build or all three; return the exit code."""
    import executing
    import recording
    import staging

    root = options.root.resolve()
    parameters = read_parameters(options.quick, options.p)
    mark = "-quick" if parameters else ""
    executed, staged, html = (root / "_build" / f"{n}{mark}" for n in ("executed", "stage", "html"))
    start = time.perf_counter()
    if options.command in ("all", "execute"):
        only = getattr(options, "chapters", ())
        results = executing.run_all(root, executed, parameters, only=only, timeout=options.timeout)
        failed = [result.name for result in results if result.state == "failed"]
        if failed:
            names = ", ".join(failed)
            print(f"{len(failed)} of {len(results)} chapters failed: {names}. No book was built.")
            return 1
    if options.command == "all" and not parameters:
        recording.record_claims(root, executed)
    if options.command in ("all", "stage"):
        staging.stage(root, executed, staged, parameters)
    if options.command in ("all", "build") and not staging.build(staged, html):
        return 1
    print(f"Finished in {time.perf_counter() - start:.1f} s.")
    if options.command in ("all", "build"):
        print(f"The book is here: {(html / 'index.html').as_uri()}", flush=True)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command."""
    options = parse(arguments)
    try:
        if options.command == "cover":
            import cover

            return cover.draw_all(options.root)
        if options.command in ("colab-cell", "address"):
            import address

            return address.command(options)
        return make(options)
    except (ValueError, OSError) as error:
        print(f"make_book: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
