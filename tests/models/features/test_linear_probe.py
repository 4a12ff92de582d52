import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from cxrlib.data import DataError
from cxrlib.models.features import (
    Features,
    fit_linear_probe,
    linear_probe,
    predict_scores,
    probe_to_head,
)


def some(n=120, classes=2, seed=0, copies=0, siblings=3):
    """Features whose first column tells the class, others noise of very different size."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(n) // siblings % classes
    values = rng.normal(size=(max(1, copies), n, 6)) * [1, 1, 10, 100, 1, 0.01]
    values[..., 0] += 2 * numbers
    labels = numbers[:, None] if classes == 2 else np.eye(classes)[numbers]
    cases = pd.DataFrame({"patient_id": [f"child {i // siblings}" for i in range(n)]})
    cases["path"] = [f"{i}.png" for i in range(n)]
    cases["split"] = "train"
    values = values.astype("float32")
    return Features(values if copies else values[0], labels.astype("float32"), cases, (), copies)


def test_it_is_scikit_learns_regression_on_standardised_features():
    train, test = some(), some(seed=1)
    scaler = StandardScaler().fit(train.values.astype(float))
    reference = LogisticRegression(C=0.1, class_weight="balanced", tol=1e-8, max_iter=10000)
    reference.fit(scaler.transform(train.values.astype(float)), train.labels[:, 0])
    wanted = reference.predict_proba(scaler.transform(test.values.astype(float)))[:, 1]
    got = predict_scores(fit_linear_probe(train, 0.1), test)
    assert got.shape == (120, 1)
    np.testing.assert_allclose(got[:, 0], wanted, atol=5e-3)
    assert roc_auc_score(test.labels, got) > 0.85


def test_copies_are_further_rows():
    copies = some(copies=4)
    flat = Features(
        copies.values.reshape(-1, 6), np.tile(copies.labels, (4, 1)),
        pd.concat([copies.cases] * 4, ignore_index=True),
    )  # fmt: skip
    np.testing.assert_allclose(
        fit_linear_probe(copies)[-1].coef_, fit_linear_probe(flat)[-1].coef_, rtol=1e-6
    )
    with pytest.raises(ValueError, match="got 4 augmented copies"):
        predict_scores(fit_linear_probe(copies), copies)


@pytest.mark.parametrize("classes", [2, 3])
def test_as_a_head_it_answers_the_same(classes):
    train, test = some(classes=classes), some(classes=classes, seed=1)
    model = fit_linear_probe(train)
    head = probe_to_head(model)
    assert head.name == "head"
    wanted = predict_scores(model, test)
    assert wanted.shape == (120, 1 if classes == 2 else classes)
    np.testing.assert_allclose(head.predict(test.values[:, None, None], verbose=0), wanted, 1e-4)


def test_maps_are_flattened():
    train = some()
    maps = Features(train.values.reshape(-1, 1, 2, 3), train.labels, train.cases)
    np.testing.assert_allclose(fit_linear_probe(maps)[-1].coef_, fit_linear_probe(train)[-1].coef_)


def test_cross_validation_keeps_patients_together():
    """Siblings share their features, and labels are drawn: nothing can be learned honestly.

    With siblings on both sides, little regularisation would look best by far.
    """
    rng = np.random.default_rng(0)
    children = rng.normal(size=(40, 200)).astype("float32")
    labels = np.repeat(rng.permutation(np.arange(40) % 2), 5)[:, None].astype("float32")
    cases = pd.DataFrame({"patient_id": np.repeat([f"child {i}" for i in range(40)], 5)})
    train = Features(np.repeat(children, 5, axis=0), labels, cases)
    assert fit_linear_probe(train, "cv")[-1].C == 1e-4
    assert fit_linear_probe(some(600, siblings=1), "cv")[-1].C in (1e-4, 1e-3, 1e-2, 1e-1)


def test_the_strongest_regularisation_within_one_standard_error():
    mean = np.array([0.90, 0.94, 0.95, 0.945])
    for error, chosen in ((0.03, 1), (0.01, 2)):  # 0.95 - 0.03 / 2 = 0.935
        results = {"mean_test_score": mean, "std_test_score": np.full(4, error)}
        assert linear_probe._within_one_standard_error(results) == chosen


def test_one_class_alone_and_patients_unknown():
    train = some()
    with pytest.raises(ValueError, match="at least two classes, got 120 of one"):
        fit_linear_probe(Features(train.values, np.ones((120, 1), "float32"), train.cases))
    unknown = train.cases.assign(patient_id=pd.NA)
    with pytest.raises(DataError, match="patient"):
        fit_linear_probe(Features(train.values, train.labels, unknown), "cv")
