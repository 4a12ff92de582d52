"""The commands of ``cxr``, one module each: its options, and what it prints."""

from __future__ import annotations

import argparse
from typing import Any

EXIT_CODES = """\
Exit code: 0 if all went well, 1 if something could not be done (the message
begins with "cxr:"), 2 for a wrong option."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Print an epilog as it is, but for the mark of reStructuredText's literal blocks."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return super()._fill_text(text.replace("::\n", ":\n"), width, indent)


def help_with(*examples: str, exit_codes: str = EXIT_CODES) -> dict[str, Any]:
    """Return a parser's arguments that end its help with examples and exit codes.

    The epilog is reStructuredText: the book's page is made from it, too.
    """
    lines = "\n".join(f"  {line}" for line in examples)
    return {
        "epilog": f"Examples::\n\n{lines}\n\n{exit_codes}",
        "formatter_class": HelpFormatter,
    }
