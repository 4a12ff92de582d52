"""A saved model that answers for files, and refuses what is no picture of its kind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxrlib.data.cases import DataError
from cxrlib.evaluation.clinical_utility import PredictiveValues, predictive_values
from cxrlib.evaluation.prediction.answers import Answer
from cxrlib.evaluation.prediction.inputs import RefusedError, read_picture
from cxrlib.extras import require

if TYPE_CHECKING:
    import keras

    from cxrlib.models import Metadata, OutlierDetector

BATCH_SIZE = 32
LOOK = "Is it whole, head up, not inverted, the patient's left on the right of the picture?"


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model of two classes and what its file says of it. Made by :func:`load_predictor`.

    Attributes
    ----------
    model : keras.Model
        One sigmoid output; raw pixels in [0, 255] in.
    class_names : tuple of str
        The probability is that of the second.
    metadata : Metadata
        What it can be held to.
    outliers : OutlierDetector
        Its own.
    """

    model: keras.Model
    class_names: tuple[str, ...]
    metadata: Metadata
    outliers: OutlierDetector

    def predict(self, paths: Iterable[str | os.PathLike]) -> Iterator[Answer]:
        """Answer for each file, in their order; one that is broken does not stop the others."""
        names = [os.fspath(path) for path in paths]
        for start in range(0, len(names), BATCH_SIZE):
            yield from self._answers(names[start : start + BATCH_SIZE])

    def predictive_values(self, prevalence: float) -> PredictiveValues:
        """Return what its two sides are worth where a share of ``prevalence`` has the second class.

        Raises
        ------
        ValueError
            If it is not between 0 and 1.
        """
        found = self.metadata
        return predictive_values(found.sensitivity.value, found.specificity.value, prevalence)

    def _answers(self, paths: list[str]) -> list[Answer]:
        size = int(self.model.input_shape[1])
        answers, pictures = {}, {}
        for path in paths:
            try:
                pictures[path] = read_picture(path, size, self.metadata.resize)
            except DataError as error:
                state = "refused" if isinstance(error, RefusedError) else "unreadable"
                answers[path] = Answer(path, state, str(error))
        if pictures:
            images = np.stack(list(pictures.values()))
            columns = (
                self.outliers.distance(self.model, images),
                self.outliers.turn_score(images),
                self.model.predict(images.astype("float32"), verbose=0)[:, 0],
            )
            for path, image, *numbers in zip(pictures, images, *columns, strict=True):
                answers[path] = self._judge(path, image, *map(float, numbers))
        return [answers[path] for path in paths]

    def _judge(
        self, path: str, image: np.ndarray, distance: float, turn_score: float, score: float
    ) -> Answer:
        known, got = self.outliers, ""
        if distance > known.threshold:
            got = f"one at the distance {distance:.2f} (limit {known.threshold:.2f})"
        elif turn_score > known.turn_threshold:
            got = (
                f"one that looks turned or mirrored (score {turn_score:.2f}, limit "
                f"{known.turn_threshold:.2f})"
            )
        if got:
            reason = (
                f"{path}: expected a frontal chest X-ray like those of the data set "
                f"'{self.metadata.data}', got {got}. {LOOK} These limits refuse at most "
                f"{known.false_refusals:.0%} of {known.n:,} chest X-rays kept for validation, too."
            )
            return Answer(path, "refused", reason, distance=distance, image=image)
        side = self.class_names[int(score >= self.metadata.threshold)]
        return Answer(path, "answered", "", score, side, distance, image)


def load_predictor(file: str | os.PathLike) -> Predictor:
    """Load a model that answers for files.

    Parameters
    ----------
    file : path
        Ends in ``.keras``; :func:`cxrlib.models.save` wrote it with its metadata.

    Raises
    ------
    DataError
        If there is no such file, or it is no model of two classes, whatever their names, that takes
        square grey pictures, ends in one sigmoid, and says how it wants its pictures, what it can
        be held to, and which pictures it knows.
    ImportError
        Without TensorFlow.
    """
    require("train", "a prediction")
    from cxrlib import models

    path = Path(file)
    try:
        metadata = models.read_metadata(path)
        if metadata is None or metadata.outliers is None:
            raise ValueError(
                f"{path}: expected a model whose file says what it can be held to, got one without "
                "metadata: nobody knows its threshold, its errors, or which pictures it knows. "
                "Save it with them: models.save(model, file, class_names, metadata)."
            )
        model, class_names = models.load(path)
    except (FileNotFoundError, ValueError) as error:
        raise DataError(str(error)) from error
    if len(class_names) != 2:
        raise DataError(
            f"{path}: expected a model of two classes, got one of {len(class_names)}: "
            f"{', '.join(class_names)}. A threshold tells two apart: train one against the rest."
        )
    given, outputs = tuple(model.input_shape[1:]), int(model.output_shape[-1])
    if len(given) != 3 or given[0] != given[1] or None in given or given[2] != 1 or outputs != 1:
        raise DataError(
            f"{path}: expected a model that takes square grey pictures of one size, such as "
            f"(96, 96, 1), and gives one number, got one that takes {given} and gives {outputs}. "
            "Triple the channel inside the model, and end it in one sigmoid."
        )
    return Predictor(model, class_names, metadata, metadata.outliers)
