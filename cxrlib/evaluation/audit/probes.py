"""Shallow models that should know nothing: if they do, a network can learn the same shortcut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxrlib import data
from cxrlib.data import occlusion
from cxrlib.evaluation.audit.report import Finding
from cxrlib.evaluation.intervals import Interval, patient_bootstrap
from cxrlib.evaluation.metrics import roc_auc

SIDE = 64  # pixels of a thumbnail
MOST = 6000  # pictures a probe learns from; more change little and cost much
FOLDS = 5
COMPONENTS = 50
RESAMPLES = 1000


def seen_through(cover: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Cover pictures (N, H, W, 1), and drop what is black or repeated: (N, D) tells as much."""
    # Covering a picture in which each pixel has a grey of its own shows which ones are left.
    greys = np.arange(1, images[0].size + 1, dtype=np.float32).reshape(1, *images.shape[1:])
    left, first = np.unique(cover(greys), return_index=True)
    return np.take(cover(images).reshape(len(images), -1), first[left > 0], axis=1)


def grouped_scores(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Give every picture log odds (N,) by a model that has not seen its patient.

    PCA and logistic regression in stratified folds by patient; a ValueError where a class has fewer
    patients than there are folds.
    """
    fewest = min(len(np.unique(groups[y == k])) for k in (0, 1))
    if fewest < FOLDS:
        raise ValueError(
            f"expected at least {FOLDS} patients of each class, got {fewest}. Use more pictures."
        )
    scores = np.empty(len(y))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(x, y, groups):
        parts = min(COMPONENTS, x.shape[1], len(train) - 1)
        model = make_pipeline(
            PCA(parts, svd_solver="randomized", random_state=seed),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=500),
        )
        model.fit(x[train], y[train])
        scores[test] = model.decision_function(x[test])
    return scores


def auc(x: np.ndarray, y: np.ndarray, groups: np.ndarray, *, seed: int = 0) -> Interval:
    """Return the AUC of :func:`grouped_scores` with its patient-bootstrap interval."""
    scores = grouped_scores(x, y, groups, seed=seed)
    return patient_bootstrap(y, scores, groups, roc_auc, n=RESAMPLES, seed=seed)


def one_number(
    check: str,
    cases: pd.DataFrame,
    values: dict[str, np.ndarray],
    advice: str,
    *,
    look: float,
    fine: str = "",
) -> Finding:
    """Ask whether one number a picture tells a class from the rest, the best of all classes."""
    groups = _groups(cases)
    told = {}
    for name, each in values.items():
        intervals = []
        for y in _each_class(cases):
            turned = each if roc_auc(y, each) >= 0.5 else -each
            intervals.append(patient_bootstrap(y, turned, groups, roc_auc, n=RESAMPLES))
        told[name] = max(intervals)
    best = max(told, key=lambda name: told[name].value)
    says = f"{best} alone tells the classes apart with AUC {told[best]:.2f}"
    says = fine if fine and told[best].low < look else says
    return _judged(check, told, best, says, advice, look)


def shortcuts(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask what can be told without lungs: border, corners, black centre, 8 × 8 squares."""
    cases, thumbnails = _sampled(cases, thumbnails, seed)
    x = thumbnails[..., None].astype(np.float32) / 255
    groups = _groups(cases)
    told: dict[str, Interval] = {}
    for name, cover in occlusion.OCCLUSIONS.items():
        parts = seen_through(cover, x)
        told[name] = max(auc(parts, y, groups, seed=seed) for y in _each_class(cases))
    worst = max(("border only", "corners only"), key=lambda name: told[name].low)
    says = f"{worst}: AUC {told[worst]:.2f}; full picture {told['full picture'].value:.2f}"
    advice = (
        "Something outside the lungs goes with the label: another device, marker or cropping for "
        "each class. Crop or mask it, take classes from one source, and test on another hospital."
    )
    return _judged("shortcuts", told, worst, says, advice, look=0.65)


def folder_shift(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask whether training and test pictures *of one class* can be told apart."""
    both = cases["split"].isin(["train", "test"]).to_numpy()
    if cases.loc[both, "split"].nunique() < 2:
        return Finding("folder shift", "not checked", "there are no train and test splits")
    cases, thumbnails = _sampled(cases[both], thumbnails[both], seed)
    x, told = thumbnails.reshape(len(cases), -1) / np.float32(255), {}
    for name in data.classes(cases):
        rows = (cases["label"] == name).to_numpy()
        y = (cases["split"] == "test").to_numpy()[rows].astype(int)
        with contextlib.suppress(ValueError):  # too few patients of this class
            told[name] = auc(x[rows], y, _groups(cases[rows]), seed=seed)
    if not told:
        return Finding("folder shift", "not checked", "too few patients in some split")
    worst = max(told, key=lambda name: told[name].low)
    says = f"test pictures of {worst!r} are told from training pictures with AUC {told[worst]:.2f}"
    advice = (
        "The test set comes from another place, device or time. A threshold chosen on training "
        "patients may be wrong there: look at each class's scores, and calibrate where it is used."
    )
    return _judged("folder shift", told, worst, says, advice, look=0.6, fail=0.7)


def _judged(
    check: str,
    told: dict[str, Interval],
    worst: str,
    says: str,
    advice: str,
    look: float,
    fail: float = 0.8,
) -> Finding:
    """Give the verdict by the lower end of the worst AUC's interval."""
    numbers, low = {name: list(interval) for name, interval in told.items()}, told[worst].low
    if low < look:
        return Finding(check, "fine", says, numbers=numbers)
    return Finding(check, "fail" if low > fail else "look", says, advice, numbers)


def _each_class(cases: pd.DataFrame) -> list[np.ndarray]:
    """Tell each class from the rest; of two, the first says it all."""
    codes = cases["label"].cat.codes.to_numpy()
    count = len(data.classes(cases)) if codes.max() > 1 else 1
    return [(codes == k).astype(int) for k in range(count)]


def _groups(cases: pd.DataFrame) -> np.ndarray:
    """Patients as numbers; a picture without a patient is a patient of its own."""
    known = cases["patient_id"].astype(object).where(cases["patient_id"].notna(), cases["path"])
    return pd.factorize(known)[0]


def _sampled(
    cases: pd.DataFrame, thumbnails: np.ndarray, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    numbered = cases.set_axis(range(len(cases)))
    chosen = data.sample(numbered, MOST, seed)
    return chosen, thumbnails[chosen.index.to_numpy()]
