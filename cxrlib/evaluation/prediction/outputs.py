"""Answers for people and programs: text, CSV, JSON and a picture; each says what it is for."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cxrlib import files
from cxrlib.evaluation.prediction.answers import DISCLAIMER, Answer
from cxrlib.evaluation.prediction.predictor import Predictor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("path", "state", "probability", "side", "threshold", "distance", "reason", "note")


def to_text(answer: Answer, predictor: Predictor) -> str:
    """Return one answer as a line."""
    if answer.probability is None:
        return f"{answer.state}: {answer.reason}"
    name = predictor.class_names[1]
    return (
        f"{answer.path}: probability of {name!r} {answer.probability:.2f}, on the side of "
        f"{answer.side!r} (threshold {predictor.metadata.threshold:.2f})"
    )


def summary(predictor: Predictor, prevalence: float) -> str:
    """Return what a network can be held to, in a few lines."""
    found, (healthy, sick) = predictor.metadata, predictor.class_names
    ppv, npv = (_share(float(share)) for share in predictor.predictive_values(prevalence))
    return (
        f"Network: {found.record}, trained on {found.data} ({found.license}; {found.citation}).\n"
        f"Threshold: {found.threshold:.2f}, {found.rule}.\n"
        f"On {found.evaluated_on}: sensitivity {found.sensitivity}, "
        f"specificity {found.specificity}.\n"
        f"Where {prevalence:.0%} have {sick!r}: {ppv} of those on its side do, and {npv} "
        f"of those on the side of {healthy!r} do not, if it errs there as it did here.\n"
        f"{_refusals(predictor)}"
        f"{DISCLAIMER}"
    )


def _refusals(predictor: Predictor) -> str:
    """Return the line that says what the network did with kinds that were shown to it."""
    found = predictor.metadata.refusals
    if not found:
        return ""
    shown = (f"{kind} {one.rate.k:,} of {one.rate.n:,}" for kind, one in found.items())
    return (
        f"Kinds of pictures shown to it, and how many it refused: {'; '.join(shown)}. Lateral "
        "views were not among them. What passes may still be no such film.\n"
    )


def _row(answer: Answer, predictor: Predictor) -> dict[str, Any]:
    row = {name: getattr(answer, name, None) for name in COLUMNS}
    return row | {"threshold": predictor.metadata.threshold, "note": DISCLAIMER}


def write_csv(answers: Sequence[Answer], predictor: Predictor, path: str | os.PathLike) -> None:
    """Write a row an answer; what there is none of stays empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(answer, predictor) for answer in answers)
    files.write_text(path, buffer.getvalue())


def write_json(
    answers: Sequence[Answer], predictor: Predictor, prevalence: float, path: str | os.PathLike
) -> None:
    """Write the answers, and what the network can be held to at a prevalence."""
    found = predictor.metadata
    names = ("record", "data", "fingerprint", "license", "citation", "threshold", "rule")
    content = {
        "note": DISCLAIMER,
        "model": {name: getattr(found, name) for name in names}
        | {
            "classes": list(predictor.class_names),
            "evaluated_on": found.evaluated_on,
            "sensitivity": found.sensitivity._asdict(),
            "specificity": found.specificity._asdict(),
            "distance_threshold": predictor.outliers.threshold,
            "turn_threshold": predictor.outliers.turn_threshold,
            "false_refusals": predictor.outliers.false_refusals,
            "refusals": {
                kind: one._asdict() | {"rate": one.rate._asdict()}
                for kind, one in found.refusals.items()
            },
        },
        "prevalence": prevalence,
        "predictive_values": predictor.predictive_values(prevalence)._asdict(),
        "answers": [
            {name: value for name, value in _row(answer, predictor).items() if name != "note"}
            for answer in answers
        ],
    }
    files.write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_picture(answers: Sequence[Answer], predictor: Predictor, path: str | os.PathLike) -> None:
    """Draw the pictures that were answered, bare and under Grad-CAM, as a PNG.

    Raises
    ------
    ValueError
        If none was answered.
    """
    import matplotlib.pyplot as plt

    figure = draw(answers, predictor)
    with files.atomic_path(path) as beside:
        figure.savefig(beside, dpi=150)
    plt.close(figure)


def draw(answers: Sequence[Answer], predictor: Predictor) -> Figure:
    """Return the figure of :func:`write_picture`, which the caller closes."""
    answered = [a for a in answers if a.image is not None and a.probability is not None]
    if not answered:
        raise ValueError("expected an answer to draw, got none. Look at the reasons above.")
    import matplotlib.pyplot as plt

    from cxrlib.evaluation.explain import grad_cam
    from cxrlib.evaluation.plots import overlay_grid

    images = np.stack([a.image for a in answered if a.image is not None])
    maps = grad_cam(predictor.model, images)
    titles = [f"{os.path.basename(a.path)[-24:]} · {a.probability:.2f}" for a in answered]
    overlay_grid(images, maps, titles=titles, height=2.2)
    figure = plt.gcf()
    figure.supxlabel(f"{DISCLAIMER} Where the number rests on, not where disease is.", fontsize=8)
    return figure


def _share(value: float) -> str:
    """Return per cent; what is rounded to none or all is not called so."""
    if value > 0.995:
        return "over 99%"
    return "under 1%" if value < 0.005 else f"{value:.0%}"
