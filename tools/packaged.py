"""Files of a web library that comes as a Python package, so that pages need no network."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from shutil import copy2

REVEAL = ("sphinx-revealjs", "/_static/revealjs/")
REVEAL_PARTS = (
    "LICENSE",
    "dist/reveal.css",
    "dist/reveal.js",
    "dist/theme/white.css",
    "dist/theme/fonts/source-sans-pro/",
    "plugin/notes/notes.js",
)


def copy_packaged(library: tuple[str, str], parts: tuple[str, ...], target: Path) -> None:
    """Copy the needed part of a library.

    Parameters
    ----------
    library : tuple of str
        The package's name, and the folder in it.
    parts : tuple of str
        How the paths of the wanted files begin, below that folder; of ``x.js`` no ``x.js.map``.
    target : Path
        A folder; it is made.

    Raises
    ------
    FileNotFoundError
        If the package is not installed.
    """
    name, folder = library
    try:
        packaged = files(name) or []
    except PackageNotFoundError:
        raise FileNotFoundError(
            f"expected the package {name}, got an environment without it. "
            "Install the book's packages: pip install -e '.[book]' -c constraints.txt"
        ) from None
    for entry in packaged:
        part = entry.as_posix().partition(folder)[2]
        if part.startswith(parts) and not part.endswith(".map"):
            copy = target / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy2(str(entry.locate()), copy)
