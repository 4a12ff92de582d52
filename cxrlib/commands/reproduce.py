"""``cxr reproduce``: run a study on the real X-rays and write its record."""

from __future__ import annotations

import argparse

from cxrlib import experiments
from cxrlib.commands import help_with
from cxrlib.commands.results import record_text


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    again = rooms.add_parser(
        "reproduce",
        help="list the studies, or run some on the real X-rays and write their records",
        **help_with(
            "cxr reproduce",
            "cxr reproduce article-3-repaired --seeds 0 1 2 --folder my-records",
            "cxr reproduce article-3 --summary-only",
        ),
    )
    again.add_argument(
        "id",
        metavar="ID|FILE",
        nargs="?",
        help="a study such as article-3-repaired, a paper such as article-3 with all its studies, "
        "or a paper of your own as JSON",
    )
    again.add_argument(
        "--seeds",
        metavar="SEED",
        type=int,
        nargs="+",
        help="train once with each of these; without it, with the study's own",
    )
    again.add_argument(
        "--folder",
        metavar="FOLDER",
        help="where the record goes; without it: the folder that CXR_RESULTS names, else the "
        "package's own in a checkout of the course, else results in the current folder",
    )
    again.add_argument(
        "--summary-only",
        action="store_true",
        help="train nothing: compute the record's summary again from the scores that it keeps",
    )
    again.add_argument(
        "--refusals-only",
        action="store_true",
        help="train nothing: ask a kept network again which kinds of pictures it refuses",
    )
    again.add_argument(
        "--cluster", metavar="ADDRESS", help="let the workers of this Dask scheduler do the runs"
    )
    again.set_defaults(run=_reproduce)


def _reproduce(options: argparse.Namespace) -> None:
    if options.id is None:
        for id, study in experiments.registry.STUDIES.items():
            print(f"{id:36}{study.title}")
        return
    folder = experiments.output_folder(options.folder)
    for study in experiments.registry.find(options.id):
        if options.summary_only:
            print(record_text(experiments.summarize_again(study.id, folder=folder)))
            continue
        if options.refusals_only:
            experiments.measure_again(study.id, folder=folder)
            print(f"written to {folder / study.id}.keras")
            continue
        record = experiments.reproduce(
            study, seeds=options.seeds, folder=folder, address=options.cluster
        )
        print(record_text(record))
        print(f"\nwritten to {folder / record.id}.json")
