"""Saving a model with the names of its classes, so that no prediction is read as another's.

A ``.keras`` file holds layers and weights, and nothing about what its numbers mean. The names, and
what else is known of it (:mod:`cxrlib.models.metadata`), go into files of their own inside it:
``keras.models.load_model`` opens it like any other.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from cxrlib.data import ImageSet, classes
from cxrlib.data.pipeline import dataset
from cxrlib.files import atomic_path
from cxrlib.models import metadata as about
from cxrlib.models.metadata import Metadata
from cxrlib.models.training.checks import check_images
from cxrlib.models.transfer import learning_rates  # noqa: F401 - files may name its optimizer

CLASS_NAMES = "class_names.json"
MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}


class Classifier(NamedTuple):
    """A model and what its outputs mean; ``model, class_names = models.load(file)`` works too.

    Attributes
    ----------
    model : keras.Model
        As it was saved, compiled if it was.
    class_names : tuple of str
        In the order in which the model numbers them; one sigmoid output is about the second.
    """

    model: keras.Model
    class_names: tuple[str, ...]

    def predict(self, image_set: ImageSet, batch_size: int = 64) -> np.ndarray:
        """Return the model's predictions, if the images' classes are those it was trained for.

        Parameters
        ----------
        image_set : ImageSet
            With a case table whose classes have the model's names and order.
        batch_size : int
            Images at once.

        Returns
        -------
        ndarray of float32
            Probabilities: (N, 1) of the second of two classes, or (N, K), one a class.

        Raises
        ------
        ValueError
            If the classes have other names or another order, or the images another size.
        """
        check_classes(self.class_names, classes(image_set.cases), "the images' case table")
        if not len(image_set):
            raise ValueError("expected at least one image, got none. Is the split empty?")
        check_images(self.model, image_set, "new")
        return self.model.predict(dataset(image_set, batch_size=batch_size), verbose=0)


def save(
    model: keras.Model,
    file: str | os.PathLike,
    class_names: Sequence[str],
    metadata: Metadata | None = None,
) -> Path:
    """Save a model with the names of its classes, whole or, after an interruption, not at all.

    Returns the file's path.

    Parameters
    ----------
    model : keras.Model
        With one sigmoid output, or K softmax outputs.
    file : path
        Ends in ``.keras``; its folder is made if need be.
    class_names : sequence of str
        ``data.classes(cases)`` of the table that it was trained on: two names for one output.
    metadata : Metadata, optional
        What else is known of it; :func:`read_metadata` finds it again.

    Raises
    ------
    ValueError
        If the ending is another, a name is empty or comes twice, or there are too many or few.
    """
    path, names = _keras_file(file), _names(class_names)
    _check_count(model, names, "`class_names`")
    with atomic_path(path) as beside:
        model.save(beside)
        with zipfile.ZipFile(beside, "a") as archive:
            archive.writestr(CLASS_NAMES, json.dumps(names))
            if metadata is not None:
                metadata.write(archive)
    return path


def load(file: str | os.PathLike, class_names: Sequence[str] | None = None) -> Classifier:
    """Load a model that :func:`save` wrote, with the names of its classes.

    Parameters
    ----------
    file : path
        Ends in ``.keras``.
    class_names : sequence of str, optional
        The classes that are wanted, ``data.classes(cases)``: another name or another order is
        refused.

    Returns
    -------
    Classifier
        ``model`` and ``class_names``; ``predict(image_set)`` compares the classes again.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, not Keras's, or without names, or the classes are others.
    """
    path = _keras_file(file)
    names = _read_names(path)
    if class_names is not None:
        check_classes(names, _names(class_names), "`class_names`")
    try:
        model = keras.models.load_model(path)
    except Exception as error:  # Keras raises many kinds for a config or weights it cannot use
        raise ValueError(
            f"{path}: expected a model that Keras {keras.__version__} can build, got {error}. "
            "Save it again, with this version of Keras and with its own layers only."
        ) from error
    _check_count(model, names, f"{path}")
    return Classifier(model, names)


def read_metadata(file: str | os.PathLike) -> Metadata | None:
    """Read what a model's file says of it; None where it was saved without.

    Parameters
    ----------
    file : path
        Ends in ``.keras``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged or not Keras's, or what it says is not whole.
    """
    path = _keras_file(file)
    _read_names(path)  # looks whether the file is whole
    return about.read_file(path)


def check_classes(own: Sequence[str], given: Sequence[str], where: str) -> None:
    """Refuse classes with other names than the model's, or in another order."""
    own, given = tuple(own), tuple(given)
    if own == given:
        return
    unknown = [name for name in given if name not in own]
    if unknown:
        what = f"The model has never heard of {', '.join(unknown)}: "
        advice = "rename the table's classes, leave these out, or load another model."
    else:
        at = next(i for i, name in enumerate(own) if given[i : i + 1] != (name,))
        there = f"{given[at]!r} there" if at < len(given) else "nothing there"
        what = f"Number {at} means {own[at]!r} to the model and {there}: "
        order = f'cases.assign(label=cases["label"].cat.set_categories({list(own)}))'
        advice = f"bring the table into the model's order, {order}, and read it again."
    raise ValueError(
        f"expected the model's classes {', '.join(own)} in this order, got {', '.join(given)} as "
        f"{where}. {what}{advice}"
    )


def _keras_file(file: str | os.PathLike) -> Path:
    path = Path(file)
    if path.suffix != ".keras":
        raise ValueError(
            f"expected a file that ends in .keras, got {str(path)!r}. Such as "
            f"{str(path.with_suffix('.keras') if path.name else 'model.keras')!r}."
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


def _check_count(model: keras.Model, names: Sequence[str], where: str) -> None:
    outputs = int(model.output_shape[-1])
    if len(names) != max(2, outputs):
        raise ValueError(
            f"expected {max(2, outputs)} class names for a model with {outputs} output(s), got "
            f"{', '.join(names)} as {where}. One sigmoid output tells two classes apart, K softmax "
            "outputs K: build the model with classes=len(data.classes(cases))."
        )


def _read_names(path: Path) -> tuple[str, ...]:
    """Read the class names, and look whether the file is whole."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: expected a file, got none. Write it first: models.save(model, file, "
            "data.classes(cases))."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            found, damaged = set(archive.namelist()), archive.testzip()
            named = CLASS_NAMES in found and not damaged
            names = json.loads(archive.read(CLASS_NAMES)) if named else []
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise ValueError(
            f"{path}: expected a .keras file, got {path.stat().st_size:,} bytes that cannot be "
            f"read as one ({error}). It is incomplete or something else: save or copy it again."
        ) from None
    if damaged or not found >= MEMBERS:
        got = f"a damaged {damaged}" if damaged else f"only {', '.join(sorted(found)) or 'nothing'}"
        raise ValueError(
            f"{path}: expected a .keras file with {', '.join(sorted(MEMBERS))}, got {got}. "
            "Save it again: models.save(model, file, data.classes(cases))."
        )
    if not named:
        raise ValueError(
            f"{path}: expected a model with the names of its classes, got one that was saved "
            "without them, so nobody can tell what its predictions mean. If you know it: "
            "models.save(keras.models.load_model(file), file, class_names)."
        )
    return _names(names)
