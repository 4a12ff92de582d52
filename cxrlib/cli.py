"""The command ``cxr``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence

from cxrlib import __version__, experiments
from cxrlib.cluster import ClusterError
from cxrlib.commands import audit, card, data, predict, reproduce, results
from cxrlib.data import DataError
from cxrlib.extras import MissingExtraError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code (0 fine, 1 failed, 2 wrong usage)."""
    options = _parser().parse_args(argv)
    try:
        return options.run(options) or 0
    except (ClusterError, DataError, MissingExtraError, experiments.RecordError) as error:
        print(f"cxr: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `cxr data list | head`
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("cxr: stopped; what is done is kept. The same command goes on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cxr",
        description="Data sets, their audit, recorded runs, and what a network says of a picture.",
    )
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    parser.add_argument(
        "--version",
        action="version",
        version=f"cxr {__version__}, {system}",
        help="print what a report of a fault should name",
    )
    rooms = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (data, audit, reproduce, results, predict, card):
        command.add_parser(rooms)
    return parser


if __name__ == "__main__":
    sys.exit(main())
