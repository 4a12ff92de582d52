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
from cxrlib.models import transfer
from cxrlib.models.features.extraction import Features

STRENGTHS, FOLDS = (1e-4, 1e-3, 1e-2, 1e-1), 5


def probe(
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
    strength = STRENGTHS[1] if C == "cv" else C
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=strength, class_weight=class_weight, max_iter=2000, tol=1e-3),
    )
    if C != "cv":
        return model.fit(x, y)
    require_patients(train.cases)
    search = GridSearchCV(
        model,
        {"logisticregression__C": list(STRENGTHS)},
        scoring="roc_auc" if y.max() == 1 else "roc_auc_ovr",
        cv=StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed),
        refit=_simplest,
    )
    return search.fit(x, y, groups=patients).best_estimator_


def scores(model: Pipeline, features: Features) -> np.ndarray:
    """Return a probe's answers, as ``model.predict`` of a network would.

    Parameters
    ----------
    model : Pipeline
        Of :func:`probe`.
    features : Features
        Of pictures as they are.

    Returns
    -------
    ndarray of float32
        Shape (N, 1): probability of the second class; or (N, K), one for each class.
    """
    if features.copies:
        raise ValueError(
            f"expected features of pictures as they are, got {features.copies} augmented copies "
            "of each. Compute these without `augment`."
        )
    answers = model.predict_proba(_table(features)[0]).astype(np.float32)
    return answers[:, 1:] if answers.shape[1] == 2 else answers


def as_head(model: Pipeline) -> keras.Model:
    """Write a probe as a head, to begin fine-tuning with.

    The probe's standardising is folded into its weights: ``w / spread`` and
    ``b − Σ w · mean / spread`` answer the same.

    Parameters
    ----------
    model : Pipeline
        Of :func:`probe`, on pooled features.

    Returns
    -------
    keras.Model
        As ``transfer.head((1, 1, D))`` gives it, for :func:`cxrlib.models.transfer.with_head`.
    """
    scaler, neuron = model[0], model[-1]
    kernel = neuron.coef_ / scaler.scale_
    bias = neuron.intercept_ - kernel @ scaler.mean_
    rows, wide = kernel.shape
    head = transfer.head((1, 1, wide), classes=max(2, rows))
    head.get_layer("answer").set_weights([kernel.T, bias])
    return head


def _simplest(results: dict) -> int:
    """Return the first of the settings, strongest regularisation first, that is good enough."""
    mean, error = results["mean_test_score"], results["std_test_score"]
    best = int(np.argmax(mean))
    return int(np.argmax(mean >= mean[best] - error[best] / np.sqrt(FOLDS - 1)))


def _table(features: Features) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """Return rows of numbers, class numbers, and patients."""
    pictures = features.pictures()
    y = pictures.labels
    numbers = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    return (
        pictures.images.reshape(len(pictures), -1),
        numbers.astype(int),
        pictures.cases["patient_id"],
    )
