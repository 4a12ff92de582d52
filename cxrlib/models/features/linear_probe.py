"""A linear probe: logistic regression on features, in seconds."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from cxrlib.data.cases import require_patients
from cxrlib.models.features.extraction import Features
from cxrlib.models.transfer.build import build_head

C_GRID, N_SPLITS = (1e-4, 1e-3, 1e-2, 1e-1), 5


def fit_linear_probe(
    train: Features,
    C: float | str = 1e-3,
    *,
    class_weight: str | None = "balanced",
    seed: int = 0,
) -> Pipeline:
    """Fit a logistic regression on standardised features.

    Parameters
    ----------
    train : Features
        Copies are further training rows; maps are flattened.
    C : float or "cv"
        Inverse strength of the regularisation. ``"cv"`` chooses among 1e-4 to 1e-1 by the AUC in
        cross-validation within ``train``, split by patient: the smallest that is within one
        standard error of the best (Breiman et al. 1984).
    class_weight : "balanced" or None
        Whether each class counts the same.
    seed : int
        Of the five folds.

    Returns
    -------
    Pipeline
        scikit-learn's, fitted; its last step has ``coef_`` and the ``C`` that was used.

    Raises
    ------
    ValueError
        If there is one class only, or a patient id is missing where folds are cut.
    """
    x, y, patients = _table(train)
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"expected features of at least two classes, got {len(y):,} of one. Look at the split."
        )
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(
            C=C_GRID[1] if C == "cv" else C, class_weight=class_weight, max_iter=2000, tol=1e-3
        ),
    )
    if C != "cv":
        return model.fit(x, y)
    require_patients(train.cases)
    search = GridSearchCV(
        model,
        {"logisticregression__C": list(C_GRID)},
        scoring="roc_auc" if y.max() == 1 else "roc_auc_ovr",
        cv=StratifiedGroupKFold(N_SPLITS, shuffle=True, random_state=seed),
        refit=_within_one_standard_error,
    )
    return search.fit(x, y, groups=patients).best_estimator_


def predict_scores(probe: Pipeline, features: Features) -> np.ndarray:
    """Return a probe's probabilities, as ``model.predict`` of a network would.

    Parameters
    ----------
    probe : Pipeline
        Of :func:`fit_linear_probe`.
    features : Features
        Of images as they are.

    Returns
    -------
    ndarray of float32
        Shape (N, 1): probability of the second class; or (N, K), one for each class.
    """
    if features.copies:
        raise ValueError(
            f"expected features of images as they are, got {features.copies} augmented copies "
            "of each. Compute these without `augment`."
        )
    scores = probe.predict_proba(_table(features)[0]).astype(np.float32)
    return scores[:, 1:] if scores.shape[1] == 2 else scores


def probe_to_head(probe: Pipeline) -> keras.Model:
    """Convert a probe to a head, to begin fine-tuning with.

    The probe's standardising is folded into its weights: ``w / std`` and ``b − Σ w · mean / std``
    predict the same.

    Parameters
    ----------
    probe : Pipeline
        Of :func:`fit_linear_probe`, on pooled features.

    Returns
    -------
    keras.Model
        As ``transfer.build_head((1, 1, D))`` gives it, for
        :func:`cxrlib.models.transfer.set_head_weights`.
    """
    scaler, regression = probe[0], probe[-1]
    kernel = regression.coef_ / scaler.scale_
    bias = regression.intercept_ - kernel @ scaler.mean_
    outputs, n_features = kernel.shape
    head = build_head((1, 1, n_features), classes=max(2, outputs))
    head.get_layer("predictions").set_weights([kernel.T, bias])
    return head


def _within_one_standard_error(results: dict) -> int:
    """Return the first of the settings, strongest regularisation first, that is good enough."""
    mean, error = results["mean_test_score"], results["std_test_score"]
    best = int(np.argmax(mean))
    return int(np.argmax(mean >= mean[best] - error[best] / np.sqrt(N_SPLITS - 1)))


def _table(features: Features) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """Return rows of numbers, class numbers, and patients."""
    rows = features.to_image_set()
    y = rows.labels
    numbers = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    return (
        rows.images.reshape(len(rows), -1),
        numbers.astype(int),
        rows.cases["patient_id"],
    )
