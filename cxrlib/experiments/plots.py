"""Draw what a record keeps: learning curves, confusion matrices, single predictions."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.evaluation import plots
from cxrlib.experiments.record import Record
from cxrlib.experiments.scores import scored_cases

SPLITS = {"train": "training", "val": "validation", "test": "test"}
SIZE = 224  # pixels


def learning_curve_grid(records: Mapping[str, Record], metric: str = "accuracy") -> np.ndarray:
    """Draw learning curves of several records side by side: the mean and range of the seeds.

    Parameters
    ----------
    records : mapping of str to Record
        Title and record.
    metric : str
        Column of the history, with its ``val_`` twin. Where the test set was used for validation
        its curve is called so.

    Returns
    -------
    ndarray of Axes, shape (number of records,)
    """
    size = (4.4 * len(records), 3)
    _, axes = plt.subplots(1, len(records), figsize=size, sharey=True, squeeze=False)
    for ax, (title, record) in zip(axes[0], records.items(), strict=True):
        watched = "test" if record.config.get("validation") == "test" else "validation"
        histories = [record.history_frame(i) for i in range(len(record.runs))]
        means = {
            name: evaluation.average_histories(histories, column)
            for name, column in (("training", metric), (watched, f"val_{metric}"))
        }
        plots.plot_curves_over_seeds(means, ax=ax, ylabel=metric)
        ax.set_title(title)
    return axes[0]


def confusion_matrix_grid(record: Record) -> np.ndarray:
    """Draw the confusion matrix of each split, those of several seeds added up.

    Returns
    -------
    ndarray of Axes, shape (1, number of splits)
    """
    seeds = f"\n{len(record.runs)} seeds" if len(record.runs) > 1 else ""
    matrices = [run["confusion_matrix"] for run in record.runs]
    summed = {
        f"{title}{seeds}": np.sum([matrix[split] for matrix in matrices], axis=0)
        for split, title in SPLITS.items()
        if split in matrices[0]
    }
    return plots.confusion_matrix_grid(summed, list(record.data["counts"]["test"]))


def prediction_grid(record: Record, cases: pd.DataFrame, n: int = 8, seed: int = 0) -> np.ndarray:
    """Draw test images of the first run with truth and prediction: errors first, then others.

    Parameters
    ----------
    record : Record
    cases : DataFrame
        A case table with the real images, see :func:`~cxrlib.experiments.scored_cases`.
    n : int
        Images; half of them are errors if there are as many. Both halves are drawn at random.
    seed : int
        Of the draw.

    Returns
    -------
    ndarray of Axes
    """
    scores, threshold = record.scores_frame(), record.runs[0]["threshold"]
    y, score = scores["label"].cat.codes.to_numpy(), np.array(scores["score"].tolist())
    threshold = 0.5 if threshold is None else threshold
    called = score.argmax(axis=1) if score.ndim == 2 else score >= threshold
    order = np.random.default_rng(seed).permutation(len(y))
    wrong = order[called[order] != y[order]][: n // 2]
    right = order[called[order] == y[order]][: n - len(wrong)]
    chosen = np.concatenate([wrong, right])
    images = data.read_images(scored_cases(scores.iloc[chosen], cases), SIZE).images
    names = list(scores["label"].cat.categories)
    return plots.prediction_grid(images, y[chosen], score[chosen], names, threshold=threshold)
