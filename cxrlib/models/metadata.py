"""What a saved model says of itself: its data, how it wants its pictures, what it can be held to.

No Keras is needed to read it.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Self

import numpy as np

from cxrlib.data.images import RESIZE_MODES
from cxrlib.models.outliers import OutlierDetector

METADATA, OUTLIERS = "cxrlib.json", "outliers.npz"  # files inside the .keras file


class Rate(NamedTuple):
    """A share with its interval and its counts.

    Attributes
    ----------
    value, low, high : float
        In [0, 1]; the interval has 95 %.
    k, n : int
        So many of so many pictures.
    """

    value: float
    low: float
    high: float
    k: int
    n: int

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f}; {self.k:,} of {self.n:,})"


class Refusal(NamedTuple):
    """How often an outlier detector refused pictures of one kind.

    Attributes
    ----------
    rate : Rate
        The refused share.
    n_groups : int
        How many patients or photographs the pictures are of.
    distance_auc, turn_auc : float
        How well the distance and the turn score order this kind behind validation's films, in
        [0, 1]; 0.5 is not at all.
    """

    rate: Rate
    n_groups: int
    distance_auc: float
    turn_auc: float


@dataclass(frozen=True)
class Metadata:
    """What travels inside a model's file, besides the names of its classes.

    Attributes
    ----------
    record : str
        Id of the recorded run that made it.
    data, fingerprint : str
        Name of its training data, and SHA-256 over the images' names, as in the record.
    license, citation : str
        Of these data.
    resize : {"pad", "stretch"}
        How a picture is brought to the model's size, see :func:`cxrlib.data.read_image`. What
        comes after is inside the model.
    threshold : float
        Probabilities of the second class from here on are called so.
    rule : str
        How it was chosen, and where.
    evaluated_on : str
        The pictures of the next two.
    sensitivity, specificity : Rate
        At the threshold.
    outliers : OutlierDetector, optional
        Tells pictures of another kind.
    refusals : dict of str to Refusal
        What it did with kinds of pictures that were shown to it; empty where that was not measured.
    """

    record: str
    data: str
    fingerprint: str
    license: str
    citation: str
    resize: str
    threshold: float
    rule: str
    evaluated_on: str
    sensitivity: Rate
    specificity: Rate
    outliers: OutlierDetector | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)

    def write(self, archive: zipfile.ZipFile) -> None:
        """Add it to the open archive of a model."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "outliers"}
        plain |= {name: getattr(self, name)._asdict() for name in RATES}
        plain["refusals"] = {
            kind: one._asdict() | {"rate": one.rate._asdict()}
            for kind, one in self.refusals.items()
        }
        archive.writestr(METADATA, json.dumps(plain, ensure_ascii=False, indent=1))
        if self.outliers is not None:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **self.outliers.to_arrays())  # type: ignore[arg-type]
            archive.writestr(OUTLIERS, buffer.getvalue())

    @classmethod
    def read(cls, archive: zipfile.ZipFile) -> Self | None:
        """Read it from the open archive of a model; None where there is none.

        Raises
        ------
        ValueError
            If it is not whole.
        """
        found = set(archive.namelist())
        if METADATA not in found:
            return None
        try:
            plain: dict[str, Any] = json.loads(archive.read(METADATA))
            outliers = None
            if OUTLIERS in found:
                with np.load(io.BytesIO(archive.read(OUTLIERS)), allow_pickle=False) as arrays:
                    outliers = OutlierDetector.from_arrays(arrays)
            plain |= {name: Rate(**plain[name]) for name in RATES}
            plain["refusals"] = {
                kind: Refusal(**one | {"rate": Rate(**one["rate"])})
                for kind, one in plain.get("refusals", {}).items()
            }
            made = cls(**plain, outliers=outliers)
            made._check()
        except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"expected in {METADATA} {', '.join(f.name for f in fields(cls))}, got something "
                f"else ({error}). Save the model again with its metadata."
            ) from error
        return made

    def _check(self) -> None:
        if self.resize not in RESIZE_MODES:
            raise ValueError(f"resize is {self.resize!r}")
        shares = [self.threshold, *self.sensitivity[:3], *self.specificity[:3]]
        for refusal in self.refusals.values():
            shares += [*refusal.rate[:3], *refusal[2:]]
        if not all(isinstance(share, int | float) and 0 <= share <= 1 for share in shares):
            raise ValueError(f"a share is not from 0 to 1: {shares}")


RATES = ("sensitivity", "specificity")


def read_file(file: str | os.PathLike) -> Metadata | None:
    """Read what a model's file says of it; None where it was saved without. Needs no Keras.

    Raises
    ------
    ValueError
        If it is no such file, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return Metadata.read(archive)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file}: {error}. Save or copy it again.") from error
