"""Shallow models that should know nothing: if they do, a network can learn the same shortcut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
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
from cxrlib.evaluation.audit.report import Finding, counted
from cxrlib.evaluation.intervals import Interval, patient_bootstrap
from cxrlib.evaluation.metrics import roc_auc

SIDE = 64  # pixels of a thumbnail
MAX_IMAGES = 6000  # images a probe learns from; more change little and cost much
N_FOLDS = 5
N_COMPONENTS = 50
N_RESAMPLES = 1000
MAX_UNKNOWN = 0.5  # proportion of images without a patient over which nothing fails
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
) -> Finding:
    """Ask whether one number an image tells a class from the rest, the best of all classes."""
    groups, labels = _patient_groups(cases), _one_vs_rest(cases)

    def interval(y: np.ndarray, each: np.ndarray) -> Interval:
        oriented = each if roc_auc(y, each) >= 0.5 else -each
        return patient_bootstrap(y, oriented, groups, roc_auc, n_resamples=N_RESAMPLES)

    aucs = {name: max(interval(y, each) for y in labels) for name, each in values.items()}
    best = max(aucs, key=lambda name: aucs[name].value)
    told = {name: f"{name} alone: AUC {auc:.2f}" for name, auc in aucs.items()}
    among = f", the worst of {counted(len(values), 'number')}{_by_class(labels)}"
    vary = {name: each for name, each in values.items() if np.ptp(each)}
    histograms = tuple(evidence.histogram(name, each, cases) for name, each in vary.items())
    asked = Finding(check, "fine", among, advice, _numbers(aucs), histograms=histograms)
    return _judge(asked, cases, aucs, best, told)


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
        seen = labels[each.index(aucs[name])] if len(labels) > 1 else 1 - labels[0]
        views.append(evidence.class_view(name, cases, x, seen, occlude))
    told = {name: f"{name}: AUC {aucs[name]:.2f}" for name in ("border only", "corners only")}
    worst = max(told, key=lambda name: aucs[name].low)
    among = f", the worse of border and corners{_by_class(labels)}"
    among += f"; full image {aucs['full image'].value:.2f}"
    advice = (
        "Something outside the lungs goes with the label: another device, marker or cropping for "
        "each class. Crop or mask it, take classes from one source, and test on another hospital."
    )
    asked = Finding("shortcuts", "fine", among, advice, _numbers(aucs), views=tuple(views))
    return _judge(asked, cases, aucs, worst, told)


def check_folder_shift(cases: pd.DataFrame, thumbnails: np.ndarray, *, seed: int = 0) -> Finding:
    """Ask whether training and test images *of one class* can be told apart.

    Without labels, give all images one class: last month's as ``train``, this week's as ``test``.

    Parameters
    ----------
    cases : DataFrame
        With the columns ``split``, ``label`` and ``patient_id``.
    thumbnails : ndarray of uint8, shape (N, H, W)
        Of the same rows.
    seed : int
        Of folds and samples.

    Returns
    -------
    Finding
        Its ``numbers`` are the AUC of each class with its interval.
    """
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
    told = {name: f"{name!r} in training or in test: AUC {auc:.2f}" for name, auc in aucs.items()}
    worst = max(aucs, key=lambda name: aucs[name].low)
    among = f", the worst of {len(aucs):,} classes" if len(aucs) > 1 else ""
    advice = (
        "The test set comes from another place, device or time. A threshold chosen on training "
        "patients may be wrong there: look at each class's scores, and calibrate where it is used."
    )
    rows = (cases["label"] == worst).to_numpy()
    view = evidence.split_view(f"class {worst!r}", cases[rows], thumbnails[rows])
    few = [name for name in data.classes(cases) if name not in aucs]
    note = f"Not asked, as some split has too few patients: {', '.join(few)}." if few else ""
    asked = Finding("folder shift", "fine", among, advice, _numbers(aucs), views=(view,), note=note)
    return _judge(asked, cases, aucs, worst, told)


def _numbers(aucs: Mapping[str, Interval]) -> dict[str, list[float]]:
    return {name: list(interval) for name, interval in aucs.items()}


def _judge(
    asked: Finding,
    cases: pd.DataFrame,
    aucs: Mapping[str, Interval],
    worst: str,
    told: Mapping[str, str],
) -> Finding:
    """Give the verdict by the lower end of the worst AUC's interval.

    Where an interval reaches from below the first limit to above the second, there are too few
    images to say. Where most patients are unknown, nothing fails.

    Parameters
    ----------
    asked : Finding
        Its summary says only among which AUCs the worst is.
    cases : DataFrame
        What was asked.
    aucs : dict
        Name → AUC with its interval.
    worst : str
        One of the names.
    told : dict
        Name → sentence, of the AUCs that decide.
    """
    note = " ".join(filter(None, [asked.note, _unknown_patients(cases)]))
    asked = replace(asked, summary=told[worst] + asked.summary, note=note)
    low, (look, fail) = aucs[worst].low, LIMITS[asked.check]
    if low >= look:
        fails = low > fail and cases["patient_id"].isna().mean() <= MAX_UNKNOWN
        return replace(asked, verdict="fail" if fails else "look")
    if wide := [name for name in told if aucs[name].low < look and aucs[name].high > fail]:
        summary = f"too few images to say; {told[max(wide, key=lambda name: aucs[name].high)]}"
        return replace(asked, verdict="not checked", summary=summary, advice="")
    return replace(asked, verdict="fine", advice="")


def _unknown_patients(cases: pd.DataFrame) -> str:
    """Say what images without a patient do to an interval; nothing where there are none."""
    unknown = int(cases["patient_id"].isna().sum())
    if not unknown:
        return ""
    who = "No patients are known, so each image"
    if unknown < len(cases):
        who = f"{unknown:,} of {counted(len(cases), 'image')} have no patient, and each"
    note = (
        f"{who} counts as a patient: the intervals may be too narrow, and AUCs "
        "too high where a model was trained."
    )
    return note + (" The verdict is at most look." if unknown > MAX_UNKNOWN * len(cases) else "")


def _by_class(labels: Sequence[np.ndarray]) -> str:
    return f", each for {len(labels):,} classes" if len(labels) > 1 else ""


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
