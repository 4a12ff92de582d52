"""Saving a network with the names of its classes, so that no answer is ever read as another's.

A ``.keras`` file holds layers and weights, and nothing about what its numbers mean. The names go
into its ``metadata.json``, which Keras writes and does not read: ``keras.models.load_model`` opens
such a file like any other.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from cxrlib.data import ImageSet, classes
from cxrlib.data.pipeline import dataset
from cxrlib.models.training.checks import check_images
from cxrlib.models.transfer import rates  # noqa: F401 - files may name its optimizer

METADATA, KEY = "metadata.json", "class_names"
MEMBERS = {METADATA, "config.json", "model.weights.h5"}


class Saved(NamedTuple):
    """A network and what its answers mean; ``network, class_names = models.load(file)`` works too.

    Attributes
    ----------
    network : keras.Model
        As it was saved, compiled if it was.
    class_names : tuple of str
        In the order in which the network numbers them; one sigmoid output is about the second.
    """

    network: keras.Model
    class_names: tuple[str, ...]

    def predict(self, pictures: ImageSet, batch_size: int = 64) -> np.ndarray:
        """Return the network's answers, if the pictures' classes are those it was trained for.

        Parameters
        ----------
        pictures : ImageSet
            With a case table whose classes have the network's names and order.
        batch_size : int
            Pictures at once.

        Returns
        -------
        ndarray of float32
            Probabilities: (N, 1) of the second of two classes, or (N, K), one a class.

        Raises
        ------
        ValueError
            If the classes have other names or another order, or the pictures another size.
        """
        check_classes(self.class_names, classes(pictures.cases), "the pictures' case table")
        if not len(pictures):
            raise ValueError("expected at least one picture, got none. Is the split empty?")
        check_images(self.network, pictures, "new")
        return self.network.predict(dataset(pictures, batch_size=batch_size), verbose=0)


def save(network: keras.Model, file: str | os.PathLike, classes: Sequence[str]) -> Path:
    """Save a network with the names of its classes.

    The file is written beside and gets its name when it is whole, so an interruption leaves the
    old one as it was.

    Parameters
    ----------
    network : keras.Model
        With one sigmoid output, or K softmax outputs.
    file : path
        Ends in ``.keras``; its folder is made if need be.
    classes : sequence of str
        ``data.classes(cases)`` of the table that it was trained on: two names for one output.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the ending is another, a name is empty or comes twice, or there are too many or few.
    """
    path, names = _keras_file(file), _names(classes)
    _check_count(network, names, "`classes`")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cxr-", dir=path.parent) as beside:
        plain, named = Path(beside, "plain.keras"), Path(beside, "named.keras")
        network.save(plain)
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(named, "w") as new:
            for name in old.namelist():
                if name == METADATA:
                    new.writestr(name, json.dumps(json.loads(old.read(name)) | {KEY: names}))
                    continue
                with old.open(name) as source, new.open(name, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)
        named.replace(path)
    return path


def load(file: str | os.PathLike, classes: Sequence[str] | None = None) -> Saved:
    """Load a network that :func:`save` wrote, with the names of its classes.

    Parameters
    ----------
    file : path
        Ends in ``.keras``.
    classes : sequence of str, optional
        The classes that are wanted, ``data.classes(cases)``: another name or another order is
        refused.

    Returns
    -------
    Saved
        ``network`` and ``class_names``; ``predict(pictures)`` compares the classes again.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, not Keras's, or without names, or the classes are others.
    """
    path = _keras_file(file)
    names = _read_names(path)
    if classes is not None:
        check_classes(names, _names(classes), "`classes`")
    try:
        network = keras.models.load_model(path)
    except Exception as error:  # Keras raises many kinds for a config or weights it cannot use
        raise ValueError(
            f"{path}: expected a network that Keras {keras.__version__} can build, got {error}. "
            "Save it again, with this version of Keras and with its own layers only."
        ) from error
    _check_count(network, names, f"{path}")
    return Saved(network, names)


def check_classes(own: Sequence[str], came: Sequence[str], where: str) -> None:
    """Refuse classes with other names than the network's, or in another order.

    Raises
    ------
    ValueError
        Naming both, and how to bring the table into the network's order.
    """
    own, came = tuple(own), tuple(came)
    if own == came:
        return
    unknown = [name for name in came if name not in own]
    if unknown:
        what = f"The network has never heard of {_listed(unknown)}: "
        advice = "rename the table's classes, leave these out, or load another network."
    else:
        at = next(i for i, name in enumerate(own) if came[i : i + 1] != (name,))
        there = f"{came[at]!r} there" if at < len(came) else "nothing there"
        what = f"Number {at} means {own[at]!r} to the network and {there}: "
        order = f'cases.assign(label=cases["label"].cat.set_categories({list(own)}))'
        advice = f"bring the table into the network's order, {order}, and read it again."
    raise ValueError(
        f"expected the network's classes {_listed(own)} in this order, got {_listed(came)} as "
        f"{where}. {what}{advice}"
    )


def _keras_file(file: str | os.PathLike) -> Path:
    path = Path(file)
    if path.suffix != ".keras":
        raise ValueError(
            f"expected a file that ends in .keras, got {str(path)!r}. Such as "
            f"{str(path.with_suffix('.keras') if path.name else 'network.keras')!r}."
        )
    return path


def _names(classes: Sequence[str]) -> tuple[str, ...]:
    names = (classes,) if isinstance(classes, str) else tuple(classes)
    odd = [name for name in names if not isinstance(name, str) or not name.strip()]
    if odd or len(set(names)) < max(2, len(names)):
        raise ValueError(
            f"expected two different class names or more, got {list(names)}. "
            "Pass those of the training table: data.classes(cases)."
        )
    return tuple(map(str, names))


def _check_count(network: keras.Model, names: Sequence[str], where: str) -> None:
    outputs = int(network.output_shape[-1])
    if len(names) != max(2, outputs):
        raise ValueError(
            f"expected {max(2, outputs)} class names for a network with {outputs} output(s), got "
            f"{_listed(names)} as {where}. One sigmoid output tells two classes apart, K softmax "
            "outputs K: build the network with classes=len(data.classes(cases))."
        )


def _read_names(path: Path) -> tuple[str, ...]:
    """Read the class names, and look whether the file is whole."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: expected a file, there is none. Write it first: models.save(network, file, "
            "data.classes(cases))."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            missing = MEMBERS - set(archive.namelist())
            damaged = archive.testzip()
            known = {} if missing or damaged else json.loads(archive.read(METADATA))
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise ValueError(
            f"{path}: expected a .keras file, got {path.stat().st_size:,} bytes that cannot be "
            f"read as one ({error}). It is incomplete or something else: save or copy it again."
        ) from None
    if missing or damaged:
        found = f"one without {', '.join(sorted(missing))}" if missing else f"a damaged {damaged}"
        raise ValueError(
            f"{path}: expected a .keras file with {', '.join(sorted(MEMBERS))}, got {found}. "
            "Save it again: models.save(network, file, data.classes(cases))."
        )
    if KEY not in known:
        raise ValueError(
            f"{path}: expected a network with the names of its classes, got one that was saved "
            "without them, so nobody can tell what its answers mean. If you know it: "
            "models.save(keras.models.load_model(file), file, names)."
        )
    return _names(known[KEY])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(str, names))
