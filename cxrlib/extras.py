"""What only some users need comes as an extra of the package; whoever lacks one is told which.

Outside the rooms, since several of them have such parts. ``cxr audit``, ``cxr data`` and
``cxr results`` need no extra.
"""

from __future__ import annotations

import copyreg
import platform
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import ModuleType

import lazy_loader

EXTRAS = {  # extra → what it brings
    "train": ("tensorflow", "keras"),
    "dicom": ("pydicom",),
    "cluster": ("dask", "distributed"),
    "export": ("ai_edge_litert", "onnx", "onnxruntime", "tf2onnx"),
}


# Results depend on these.
PACKAGES = ("cxrlib", "keras", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "tensorflow")


class MissingExtraError(ImportError):
    """A package is missing that an extra brings; the message names both."""


def require(extra: str, what: str) -> None:
    """Raise :class:`MissingExtraError` unless all packages of an extra are installed.

    Parameters
    ----------
    extra : str
        A key of :data:`EXTRAS`.
    what : str
        What needs it, as the message's first words.
    """
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{what}: expected {' and '.join(EXTRAS[extra])}, got no {' and no '.join(missing)}. "
            f'Install what is missing with: pip install "cxrlib[{extra}]"',
            name=missing[0],
        )


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of those packages of :data:`PACKAGES` that are here."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def attach_stub(
    package: str, file: str
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Do what ``lazy_loader.attach_stub`` does, and say which extra a part needs that fails."""
    attached, names, offered = lazy_loader.attach_stub(package, file)
    kind = type(sys.modules[package])
    if kind is not ModuleType:
        # lazy_loader's own, which pickle does not know: without this no function of a notebook
        # that names the package could be sent to another process.
        copyreg.pickle(kind, lambda module: (import_module, (module.__name__,)))

    def get(name: str) -> object:
        try:
            return attached(name)
        except ModuleNotFoundError as error:
            lacking = (error.name or "").partition(".")[0]
            for extra, brought in EXTRAS.items():
                if lacking in brought:
                    require(extra, f"{package}.{name}")
            raise

    return get, names, offered
