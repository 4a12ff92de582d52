"""Features in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxrlib.data import DataError, Pictures
from cxrlib.data.cases import Problem


@dataclass(frozen=True, eq=False)
class Features:
    """Features in memory with the rows that they belong to.

    Attributes
    ----------
    values : ndarray of float32
        Shape (N, D) for pooled features, (N, h, w, C) for maps; (copies, N, …) of augmented
        pictures.
    labels : ndarray of float32
        Shape (N, 1) for two classes, one-hot (N, K) for more.
    cases : DataFrame
        The N rows of the case table, in the same order.
    problems : tuple of Problem
        Pictures that could not be decoded and are not in here.
    copies : int
        0 for pictures as they are, else how many augmented copies there are of each.
    """

    values: np.ndarray
    labels: np.ndarray
    cases: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    copies: int = 0

    def __len__(self) -> int:
        return len(self.cases)

    def where(self, split: str) -> Features:
        """Return the features of one split."""
        mask = (self.cases["split"] == split).to_numpy(dtype=bool, na_value=False)
        if not mask.any():
            have = ", ".join(map(str, self.cases["split"].unique()))
            raise DataError(f"no features in split {split!r}. Splits here: {have}")
        values = self.values[:, mask] if self.copies else self.values[mask]
        return Features(values, self.labels[mask], self.cases[mask], (), self.copies)

    def pictures(self) -> Pictures:
        """Return them as ``models.fit`` takes pictures, to train ``transfer.head`` on.

        Shape (N, 1, 1, D) or (N, h, w, C). Copies follow one another as further pictures.
        """
        values, times = self.values, max(1, self.copies)
        if self.copies:
            values = values.reshape(-1, *values.shape[2:])
        if values.ndim == 2:
            values = values[:, None, None, :]
        cases = pd.concat([self.cases] * times, ignore_index=True) if times > 1 else self.cases
        return Pictures(values, np.tile(self.labels, (times, 1)), cases)
