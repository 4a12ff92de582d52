"""``cxr card``: the model card of a recorded run and the data sheet of its data."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxrlib import experiments, files
from cxrlib.commands import help_with
from cxrlib.data import DataError


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    card = rooms.add_parser(
        "card",
        help="a model card and a data sheet, from what is recorded",
        **help_with(
            "cxr card study-small-network",
            "cxr card study-small-network --audit --output card.md",
        ),
    )
    card.add_argument("id", metavar="ID", help="of a record, such as study-small-network")
    card.add_argument("--output", metavar="FILE", help="write it there as Markdown")
    card.add_argument("--audit", action="store_true", help="audit the data for the sheet")
    card.set_defaults(run=_card)


def _card(options: argparse.Namespace) -> None:
    if options.output and Path(options.output).suffix != ".md":
        raise DataError(
            f"expected a name that ends in .md, got {options.output}. Write "
            f"{Path(options.output).with_suffix('.md').name}, say."
        )
    record = experiments.read(options.id)
    report = experiments.card.audited(record.data["name"]) if options.audit else None
    text = experiments.card.write_card(options.id, report=report)
    if options.output is None:
        print(text, end="")
        return
    try:
        files.write_text(options.output, text)
    except OSError as error:
        raise DataError(f"{options.output}: {error.strerror}. Name another file.") from error
    print(f"written to {options.output}")
