"""``cxr data``: list, fetch and verify data sets."""

from __future__ import annotations

import argparse

from cxrlib.commands import help_with
from cxrlib.data import DataError, datasets, registry


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    data = rooms.add_parser(
        "data",
        help="list, fetch and verify data sets",
        **help_with("cxr data list", "cxr data fetch pneumonia", "cxr data verify pneumonia"),
    )
    verbs = data.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser(
        "list", help="which data sets there are, and which are here", **help_with("cxr data list")
    )
    listing.set_defaults(run=_list)
    for verb, run, what in (
        ("fetch", _fetch, "download a data set into the cache (resumes where it broke off)"),
        ("verify", _verify, "check that the copy on this machine is complete"),
    ):
        command = verbs.add_parser(verb, help=what, **help_with(f"cxr data {verb} pneumonia"))
        command.add_argument("name", metavar="NAME", help=f"one of {', '.join(registry.DATASETS)}")
        command.set_defaults(run=run)


def _list(options: argparse.Namespace) -> None:
    for name, dataset in registry.DATASETS.items():
        parts = [registry.SOURCES[key] for key in dataset.sources]
        try:
            datasets.verify(name)
            state = "here"
        except DataError:
            state = f"about {sum(p.size_mb for p in parts):,} MB to fetch"
        print(f"{name:20} {dataset.title:38} {state}")
        for part in parts:
            print(f"{'':20} {part.citation} · licence: {part.license}")


def _fetch(options: argparse.Namespace) -> None:
    for key in registry.get(options.name).sources:
        part = registry.SOURCES[key]
        print(f"{part.folder}: {part.citation}\nlicence: {part.license} · {part.homepage}")
    for folder in datasets.fetch(options.name):
        print(f"ready: {folder}")


def _verify(options: argparse.Namespace) -> None:
    for folder in datasets.verify(options.name):
        print(f"complete: {folder}")
