"""Weight files: found, checked, downloaded, or replaced by random numbers that say so."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cxrlib.models.transfer.backbones import Backbone, backbone

TIMEOUT = 30  # seconds without a byte


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
        Where it was found, or why there are random numbers, for the page.
    seed : int
        Of random weights.
    """

    backbone: str
    kind: str
    path: Path | None = None
    place: str = ""
    seed: int = 0

    def digest(self) -> str:
        """Return what tells these weights from others: the sha256 of the file, or the seed."""
        if self.path is None:
            return f"random-{self.seed}"
        return _hash(self.path, "sha256")


def find_weights(
    name: str | Backbone,
    *,
    or_random: bool = False,
    download: bool = True,
    quiet: bool = False,
    seed: int = 0,
) -> Weights:
    """Find a backbone's ImageNet weights: in the folder CXR_WEIGHTS, Keras's cache, or download.

    Parameters
    ----------
    name : str or Backbone
        See :func:`cxrlib.models.transfer.backbone`.
    or_random : bool
        Let random weights stand in where there are no others, as in a quick run or on phantoms.
        The banner that says so is shown even if ``quiet``.
    download : bool
        Whether the file may be downloaded; Keras does it and checks the file.
    quiet : bool
        Do not show the banner that says where the weights came from.
    seed : int
        Of random weights.

    Returns
    -------
    Weights
        For ``transfer.network(weights=...)`` and ``features.compute(weights=...)``.

    Raises
    ------
    WeightsError
        If they are not to be had: with the file's name and where to put it. A file with a wrong
        checksum is always an error, since somebody believes it is there.
    """
    entry = backbone(name)
    found, failed = _at_hand(entry), None
    if found is None and download:
        try:
            found = Weights(entry.name, "imagenet", _download(entry), "downloaded")
        except WeightsError as error:
            failed = str(error)
    if found is None:
        advice = _advice(entry, failed)
        if not or_random:
            raise WeightsError(advice)
        found = Weights(entry.name, "random", None, advice, seed)
    if found.kind == "random" or not quiet:
        show_weights(found)
    return found


def text(weights: Weights) -> str:
    """Return the banner as one Markdown paragraph."""
    title = backbone(weights.backbone).title
    if weights.kind == "imagenet":
        return f"**Weights on this page:** {title}, trained on ImageNet, {weights.place}."
    return (
        f"**Weights on this page: random numbers** instead of what {title} learned on ImageNet. "
        f"So no number here says anything about transfer learning. {weights.place}"
    ).strip()


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
        A path is a file in the layout of Keras's own.
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
    if named and (path := Path(named) / entry.file).is_file():
        _check(entry, path)
        return Weights(entry.name, "imagenet", path, "from the folder that `CXR_WEIGHTS` names")
    path = cache_folder() / entry.file
    if path.is_file():
        _check(entry, path)
        return Weights(entry.name, "imagenet", path, "from Keras's cache")
    return None


def _check(entry: Backbone, path: Path) -> None:
    """Refuse a file that is not the published one, if that is known."""
    wanted = entry.hash
    if wanted is None:
        return
    kind = "md5" if len(wanted) == 32 else "sha256"
    came = _hash(path, kind)
    if came != wanted:
        raise WeightsError(
            f"{path}: expected {kind} {wanted}, got {came} ({path.stat().st_size:,} bytes). The "
            f"file is incomplete, or another one. Remove it, and get it again from {entry.url}."
        )


def _hash(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _download(entry: Backbone) -> Path:
    """Let Keras download and check the file, in a folder beside; then it gets its place."""
    import keras

    target = cache_folder() / entry.file
    patience = socket.getdefaulttimeout()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        socket.setdefaulttimeout(TIMEOUT)  # Keras itself would wait for ever
        with tempfile.TemporaryDirectory(prefix=".cxr-", dir=target.parent) as beside:
            came = keras.utils.get_file(
                entry.file, entry.url, cache_dir=beside, cache_subdir="", file_hash=entry.hash
            )
            Path(came).replace(target)
    except Exception as error:  # what Keras raises for a failed download is a bare Exception
        raise WeightsError(f"the download failed ({error})") from None
    finally:
        socket.setdefaulttimeout(patience)
    return target


def _advice(entry: Backbone, failed: str | None) -> str:
    named = os.environ.get("CXR_WEIGHTS")
    where = f"the folder {named} that `CXR_WEIGHTS` names" if named else "`CXR_WEIGHTS` (not set)"
    what = f", and {failed}" if failed else ""
    way = "F" if failed else "Run this with `download=True`, or f"
    return (
        f"Expected the weights of {entry.title} as `{entry.file}`: it is neither in {where} nor in "
        f"{_from_home(cache_folder())}{what}. {way}etch {entry.url} with a browser, and put it "
        "into one of these folders."
    )


def _from_home(folder: Path) -> str:
    """Write a folder as people know it, and not whose home it is in."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
