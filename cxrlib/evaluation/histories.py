"""Learning curves of several runs that differ in their seed only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def over_seeds(histories: Sequence[pd.DataFrame], metric: str) -> pd.DataFrame:
    """Sum up a metric over several runs, epoch by epoch.

    Parameters
    ----------
    histories : sequence of DataFrame
        One a run: one row an epoch, columns as in Keras's ``History.history``.
    metric : str
        Column, such as ``"loss"`` or ``"val_loss"``.

    Returns
    -------
    DataFrame
        Columns ``mean``, ``low`` (lowest), ``high`` (highest) and ``n`` (runs), indexed by epoch
        from 1. Where runs stop early, an epoch counts those still training: the mean may jump
        because a run left, and late epochs speak for fewer runs. A NaN in a run stays a NaN.

    Raises
    ------
    ValueError
        If there is no run, or one without that column or without epochs.
    """
    if not len(histories):
        raise ValueError("expected at least one history, got none. Train once for each seed.")
    runs = [_column(history, metric, i) for i, history in enumerate(histories, start=1)]
    rows = []
    for epoch in range(max(len(run) for run in runs)):
        values = np.array([run[epoch] for run in runs if len(run) > epoch])
        rows.append((values.mean(), values.min(), values.max(), len(values)))
    epochs = pd.RangeIndex(1, len(rows) + 1, name="epoch")
    return pd.DataFrame(rows, epochs, columns=["mean", "low", "high", "n"])


def _column(history: pd.DataFrame, metric: str, number: int) -> np.ndarray:
    if not isinstance(history, pd.DataFrame):
        raise ValueError(
            f"expected DataFrames, got {type(history).__name__} as run {number}. "
            "Make it pd.DataFrame(model.fit(...).history), and give a list of them."
        )
    if metric not in history:
        raise ValueError(
            f"expected a column {metric!r} in every history, run {number} has "
            f"{', '.join(map(str, history.columns))}. Compile all runs with the same metrics."
        )
    if history.empty:
        raise ValueError(f"expected at least one epoch in every history, run {number} has none.")
    return history[metric].to_numpy(dtype=float)
