"""What comes of one file: a probability, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DISCLAIMER = "For education, not a diagnosis."
STATES = ("answered", "refused", "unreadable")


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of one file.

    Attributes
    ----------
    path : str
        Of the file.
    state : {"answered", "refused", "unreadable"}
        Only the first has a probability.
    reason : str
        Why there is none: what was expected, what came, what to do. Empty where there is one.
    probability : float or None
        Of the second class, in [0, 1].
    side : str or None
        The class on whose side of the threshold it lies.
    distance : float or None
        From the training pictures, which are at about 1, where it was measured.
    image : ndarray of uint8, shape (H, W, 1), or None
        As the network got it.
    """

    path: str
    state: str
    reason: str = ""
    probability: float | None = None
    side: str | None = None
    distance: float | None = None
    image: np.ndarray | None = None
