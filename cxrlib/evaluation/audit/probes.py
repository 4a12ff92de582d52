"""Shallow models that should know nothing: if they do, a network can learn the same shortcut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxrlib import data
from cxrlib.data import occlusion
from cxrlib.evaluation.audit import evidence
from cxrlib.evaluation.audit.report import Finding, Histogram, View
from cxrlib.evaluation.intervals import Interval, patient_bootstrap
from cxrlib.evaluation.metrics import roc_auc

SIDE = 64  # pixels of a thumbnail
MAX_IMAGES = 6000  # images a probe learns from; more change little and cost much
N_FOLDS = 5
N_COMPONENTS = 50
N_RESAMPLES = 1000
LIMITS = {  # check → lower end of an AUC from which a person should look, over which it fails
    "folder shift": (0.6, 0.7),
    "shortcuts": (0.65, 0.8),
    "sizes": (0.6, 0.8),
    "brightness": (0.65, 0.8),
}


def visible_pixels(occlude: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Occlude images (N, H, W, 1), and drop what is black or repeated: (N, D) tells as much."""
    # Occluding an image in which each pixel has a grey of its own shows which ones are left.
    greys = np.arange(1, images[0].size + 1, dtype=np.float32).reshape(1, *images.shape[1:])
    left, first = np.unique(occlude(greys), return_index=True)
    return np.take(occlude(images).reshape(len(images), -1), first[left > 0], axis=1)


def out_of_fold_auc(x: np.ndarray, y: np.ndarray, groups: np.ndarray, *, seed: int = 0) -> Interval:
    """Return the AUC of log odds by models that have not seen an image's patient.

    PCA and logistic regression in stratified folds by patient, with the patient-bootstrap interval;
    a ValueError where a class has fewer patients than there are folds.
    """
    fewest = min(len(np.unique(groups[y == k])) for k in (0, 1))
    if fewest < N_FOLDS:
        raise ValueError(
            f"expected at least {N_FOLDS} patients of each class, got {fewest}. Use more images."
        )
    scores = np.empty(len(y))
    folds = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(x, y, groups):
        n_components = min(N_COMPONENTS, x.shape[1], len(train) - 1)
        model = make_pipeline(
            PCA(n_components, svd_solver="randomized", random_state=seed),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=500),
        )
        model.fit(x[train], y[train])
        scores[test] = model.decision_function(x[test])
    return patient_bootstrap(y, scores, groups, roc_auc, n_resamples=N_RESAMPLES, seed=seed)


def check_single_feature(
    check: str,
    cases: pd.DataFrame,
    values: dict[str, np.ndarray],
    advice: str,
    *,
    fine: str = "",
) -> Finding:
    """Ask whether one number an image tells a class from the rest, the best of all classes."""
    groups, labels = _patient_groups(cases), _one_vs_rest(cases)

    def auc(y: np.ndarray, each: np.ndarray) -> Interval:
        oriented = each if roc_auc(y, each) >= 0.5 else -each
        return patient_bootstrap(y, oriented, groups, roc_auc, n_resamples=N_RESAMPLES)

    aucs = {name: max(auc(y, each) for y in labels) for name, each in values.items()}
    best = max(aucs, key=lambda name: aucs[name].value)
    summary = f"{best} alone tells the classes apart with AUC {aucs[best]:.2f}"
    summary = fine if fine and aucs[best].low < LIMITS[check][0] else summary
    vary = {name: each for name, each in values.items() if np.ptp(each)}
    histograms = tuple(evidence.histogram(name, each, cases) for name, each in vary.items())
    return _finding(check, aucs, best, summary, advice, histograms=histograms)


def check_shortcuts(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask what can be told without lungs: border, corners, black centre, 8 × 8 squares."""
    cases, thumbnails = _sampled(cases, thumbnails, seed)
    x = thumbnails[..., None].astype(np.float32) / 255
    groups, labels = _patient_groups(cases), _one_vs_rest(cases)
    aucs: dict[str, Interval] = {}
    views = []
    for name, occlude in occlusion.OCCLUSIONS.items():
        visible = visible_pixels(occlude, x)
        each = [out_of_fold_auc(visible, y, groups, seed=seed) for y in labels]
        aucs[name] = max(each)
        told = labels[each.index(aucs[name])] if len(labels) > 1 else 1 - labels[0]
        views.append(evidence.class_view(name, cases, x, told, occlude))
    worst = max(("border only", "corners only"), key=lambda name: aucs[name].low)
    summary = f"{worst}: AUC {aucs[worst]:.2f}; full image {aucs['full image'].value:.2f}"
    advice = (
        "Something outside the lungs goes with the label: another device, marker or cropping for "
        "each class. Crop or mask it, take classes from one source, and test on another hospital."
    )
    return _finding("shortcuts", aucs, worst, summary, advice, views=tuple(views))


def check_folder_shift(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask whether training and test images *of one class* can be told apart."""
    both = cases["split"].isin(["train", "test"]).to_numpy()
    if cases.loc[both, "split"].nunique() < 2:
        return Finding("folder shift", "not checked", "there are no train and test splits")
    cases, thumbnails = _sampled(cases[both], thumbnails[both], seed)
    x = thumbnails.reshape(len(cases), -1) / np.float32(255)
    aucs: dict[str, Interval] = {}
    for name in data.classes(cases):
        rows = (cases["label"] == name).to_numpy()
        y = (cases["split"] == "test").to_numpy()[rows].astype(int)
        with contextlib.suppress(ValueError):  # too few patients of this class
            aucs[name] = out_of_fold_auc(x[rows], y, _patient_groups(cases[rows]), seed=seed)
    if not aucs:
        return Finding("folder shift", "not checked", "too few patients in some split")
    worst = max(aucs, key=lambda name: aucs[name].low)
    summary = f"test images of {worst!r} are told from training images with AUC {aucs[worst]:.2f}"
    advice = (
        "The test set comes from another place, device or time. A threshold chosen on training "
        "patients may be wrong there: look at each class's scores, and calibrate where it is used."
    )
    rows = (cases["label"] == worst).to_numpy()
    view = evidence.split_view(f"class {worst!r}", cases[rows], thumbnails[rows])
    return _finding("folder shift", aucs, worst, summary, advice, views=(view,))


def _finding(
    check: str,
    aucs: dict[str, Interval],
    worst: str,
    summary: str,
    advice: str,
    *,
    histograms: tuple[Histogram, ...] = (),
    views: tuple[View, ...] = (),
) -> Finding:
    """Give the verdict by the lower end of the worst AUC's interval."""
    numbers = {name: list(interval) for name, interval in aucs.items()}
    low, (look, fail) = aucs[worst].low, LIMITS[check]
    seen = Finding(check, "fine", summary, "", numbers, histograms=histograms, views=views)
    if low < look:
        return seen
    return replace(seen, verdict="fail" if low > fail else "look", advice=advice)


def _one_vs_rest(cases: pd.DataFrame) -> list[np.ndarray]:
    """Tell each class from the rest; of two, the first says it all."""
    codes = cases["label"].cat.codes.to_numpy()
    count = len(data.classes(cases)) if codes.max() > 1 else 1
    return [(codes == k).astype(int) for k in range(count)]


def _patient_groups(cases: pd.DataFrame) -> np.ndarray:
    """Patients as numbers; an image without a patient is a patient of its own."""
    known = cases["patient_id"].astype(object).where(cases["patient_id"].notna(), cases["path"])
    return pd.factorize(known)[0]


def _sampled(
    cases: pd.DataFrame, thumbnails: np.ndarray, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    numbered = cases.set_axis(range(len(cases)))
    chosen = data.sample(numbered, MAX_IMAGES, seed)
    return chosen, thumbnails[chosen.index.to_numpy()]
