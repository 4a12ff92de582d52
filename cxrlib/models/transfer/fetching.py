"""A file from a host: given up quickly, compared with its checksum, there whole or not at all."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import requests

from cxrlib.models.training.fit import watched

ANSWER = 8  # seconds in which a host must answer, looking up its name included
SILENCE = 30  # seconds without a byte
AGAIN = 300  # seconds until a download that failed is tried again

_failures: dict[str, tuple[float, str]] = {}  # host or address → when and why


class DownloadError(Exception):
    """A file could not be downloaded; the message says why."""


def fetch(url: str, target: Path, known_hash: str | None) -> Path:
    """Download a file beside its place, compare it, then give it its name.

    Parameters
    ----------
    url : str
    target : Path
        Where it goes.
    known_hash : str or None
        ``"md5:…"`` or ``"sha256:…"``.

    Returns
    -------
    Path
        The target.

    Raises
    ------
    DownloadError
        If that failed; for the next minutes at once, whatever else is asked of a host that did
        not answer.
    """
    host = urlsplit(url).netloc
    for place in (host, url):
        when, why = _failures.get(place, (-math.inf, ""))
        if time.monotonic() - when < AGAIN:
            raise DownloadError(why)
    place, why = url, None
    try:
        _ask(url)
        return _retrieve(url, target, known_hash)
    except requests.HTTPError as error:
        why = f"{host} says {error.response.status_code} to {url}"
    except (requests.ConnectionError, requests.Timeout) as error:
        place, why = host, f"{host} did not answer ({type(error).__name__})"
    except ValueError as error:  # as pooch says it
        why = f"what came from {url} was thrown away: {error}"
    except OSError as error:
        why = f"could not write {target}, or the download broke off: {error}"
    _failures[place] = (time.monotonic(), why)
    raise DownloadError(why)


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


def _retrieve(url: str, target: Path, known_hash: str | None) -> Path:
    with warnings.catch_warnings():  # its progress bars would like ipywidgets; ours do not
        warnings.simplefilter("ignore")
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(progressbar=watched(), timeout=SILENCE)
    return Path(pooch.retrieve(url, known_hash, target.name, target.parent, downloader=downloader))
