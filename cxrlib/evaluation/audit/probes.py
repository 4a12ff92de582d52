"""Shallow models that should know nothing: if they do, a network can learn the same shortcut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxrlib import data
from cxrlib.data import covers
from cxrlib.evaluation.audit.findings import Finding
from cxrlib.evaluation.intervals import Interval, patient_bootstrap
from cxrlib.evaluation.metrics import roc_auc

SIDE = 64  # pixels of a thumbnail
MOST = 6000  # pictures a probe learns from; more change little and cost much
FOLDS = 5
COMPONENTS = 50
RESAMPLES = 1000


def seen_through(cover: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Cover pictures, and drop what is black or repeated: it tells a model nothing more.

    Parameters
    ----------
    cover : function
        One of :data:`cxrlib.data.occlusion.COVERS`.
    images : ndarray of float32, shape (N, H, W, 1)

    Returns
    -------
    ndarray of float32, shape (N, D)
    """
    # Covering a picture in which each pixel has a grey of its own shows which ones are left.
    greys = np.arange(1, images[0].size + 1, dtype=np.float32).reshape(1, *images.shape[1:])
    left, first = np.unique(cover(greys), return_index=True)
    return np.take(cover(images).reshape(len(images), -1), first[left > 0], axis=1)


def grouped_scores(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Score every picture by a model that has not seen its patient.

    PCA and logistic regression in stratified folds by patient.

    Parameters
    ----------
    x : ndarray, shape (N, D)
    y : ndarray, shape (N,)
        0 or 1.
    groups : ndarray, shape (N,)
        Patients.
    seed : int
        Of the folds and the PCA.

    Returns
    -------
    ndarray, shape (N,)
        Log odds.

    Raises
    ------
    ValueError
        If a class has fewer patients than there are folds.
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


def one_number_auc(cases: pd.DataFrame, values: np.ndarray) -> Interval:
    """Return how well one number a picture tells a class from the rest: the best of all."""
    codes, groups = cases["label"].cat.codes.to_numpy(), _groups(cases)
    told = []
    for k in range(len(data.classes(cases)) if codes.max() > 1 else 1):
        y = (codes == k).astype(int)
        turned = values if roc_auc(y, values) >= 0.5 else -values
        told.append(patient_bootstrap(y, turned, groups, roc_auc, n=RESAMPLES))
    return max(told)


def shortcuts(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask what can be told without lungs: border, corners, black centre, 8 × 8 squares."""
    cases, thumbnails = _sampled(cases, thumbnails, seed)
    x = thumbnails[..., None].astype(np.float32) / 255
    codes, groups = cases["label"].cat.codes.to_numpy(), _groups(cases)
    classes = data.classes(cases)
    told: dict[str, Interval] = {}
    for name, cover in covers.COVERS.items():
        parts = seen_through(cover, x)
        each = [
            auc(parts, (codes == k).astype(int), groups, seed=seed)
            for k in range(len(classes) if len(classes) > 2 else 1)
        ]
        told[name] = max(each)
    numbers = {name: list(interval) for name, interval in told.items()}
    blind = {name: told[name] for name in ("border only", "corners only")}
    worst = max(blind, key=lambda name: blind[name].low)
    says = f"{worst}: AUC {told[worst]:.2f}; full picture {told['full picture'].value:.2f}"
    if told[worst].low < 0.65:
        return Finding("shortcuts", "fine", says, numbers=numbers)
    advice = (
        "Something outside the lungs goes with the label: another device, marker or cropping for "
        "each class. Crop or mask it, take classes from one source, and test on another hospital."
    )
    return Finding("shortcuts", "fail" if told[worst].low > 0.8 else "look", says, advice, numbers)


def brightness(cases: pd.DataFrame, thumbnails: np.ndarray) -> Finding:
    """Ask whether mean grey or contrast alone tells the label."""
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    values = {"mean grey": flat.mean(axis=1), "contrast": flat.std(axis=1)}
    told = {name: one_number_auc(cases, v.astype(float)) for name, v in values.items()}
    best = max(told, key=lambda name: told[name].value)
    numbers = {name: list(interval) for name, interval in told.items()}
    says = f"{best} alone tells the classes apart with AUC {told[best]:.2f}"
    if told[best].low < 0.65:
        return Finding("brightness", "fine", says, numbers=numbers)
    advice = "Standardise each picture by itself and vary the exposure in training."
    return Finding("brightness", "fail" if told[best].low > 0.8 else "look", says, advice, numbers)


def folder_shift(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask whether training and test pictures *of one class* can be told apart."""
    both = cases["split"].isin(["train", "test"]).to_numpy()
    if cases.loc[both, "split"].nunique() < 2:
        return Finding("folder shift", "not checked", "there are no train and test splits")
    cases, thumbnails = _sampled(cases[both], thumbnails[both], seed)
    x, told, missing = thumbnails.reshape(len(cases), -1) / np.float32(255), {}, []
    for name in data.classes(cases):
        rows = (cases["label"] == name).to_numpy()
        y = (cases["split"] == "test").to_numpy()[rows].astype(int)
        try:
            told[name] = auc(x[rows], y, _groups(cases[rows]), seed=seed)
        except ValueError:
            missing.append(name)
    if not told:
        return Finding("folder shift", "not checked", "too few patients in some split")
    numbers = {name: list(interval) for name, interval in told.items()}
    worst = max(told, key=lambda name: told[name].low)
    says = f"test pictures of {worst!r} are told from training pictures with AUC {told[worst]:.2f}"
    if told[worst].low < 0.6:
        return Finding("folder shift", "fine", says, numbers=numbers)
    advice = (
        "The test set comes from another place, device or time. A threshold chosen on training "
        "patients may be wrong there: look at each class's scores, and calibrate where it is used."
    )
    return Finding(
        "folder shift", "fail" if told[worst].low > 0.7 else "look", says, advice, numbers
    )


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
