"""Print web pages to PDF by Chromium, where there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--no-pdf-header-footer",
    "--virtual-time-budget=10000",  # formulas are drawn after the page is there
)


def find_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_page(browser: str, page: Path, pdf: Path) -> None:
    """Print a page.

    Raises
    ------
    OSError
        If no PDF came out; with the browser's last words.
    """
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}"]
        run = subprocess.run(
            [*command, page.resolve().as_uri()], capture_output=True, text=True, check=False
        )
    if run.returncode or not pdf.exists():
        raise OSError(f"expected {pdf}, got none from {browser}: {run.stderr.strip()[-300:]}")
