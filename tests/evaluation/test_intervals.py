import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrlib import evaluation
from cxrlib.evaluation import intervals, metrics


def cohort(n=624, patients=428, seed=0, digits=None):
    rng = np.random.default_rng(seed)
    who = rng.integers(0, patients, size=n)
    y = (np.arange(patients) % 8 < 5).astype(int)[who]
    score = 1 / (1 + np.exp(-rng.normal(loc=2 * y - 1, size=n)))
    return y, score if digits is None else score.round(digits), who


def test_wilson_at_known_values():
    # 2 of 2 is 34-100 %, 16 of 16 is 81-100 %: the book's warnings about "100 %"
    assert evaluation.wilson(2, 2).low == pytest.approx(0.342, abs=1e-3)
    assert evaluation.wilson(16, 16).low == pytest.approx(0.806, abs=1e-3)
    found = evaluation.wilson(580, 624)
    assert (found.low, found.high) == pytest.approx((0.907, 0.947), abs=1e-3)


@pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match=f"successes={k}, n={n}"):
        evaluation.wilson(k, n)


def test_an_interval_prints_itself():
    assert f"{intervals.Interval(0.9, 0.8, 0.951):.2f}" == "0.90 (0.80 to 0.95)"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, None]))
def test_the_quick_way_equals_calling_the_metric(seed, digits):
    y, score, who = cohort(40, 25, seed, digits)
    if len(set(y)) < 2:
        return
    for metric in (metrics.roc_auc, metrics.accuracy, metrics.sensitivity, metrics.specificity):
        quick = evaluation.patient_bootstrap(y, score, who, metric, n=20, seed=seed)
        called = evaluation.patient_bootstrap(
            y, score, who, lambda a, b, m=metric: m(a, b), n=20, seed=seed
        )
        np.testing.assert_allclose(quick, called, atol=1e-12)


def test_two_thousand_resamples_are_quick():
    y, score, who = cohort()
    start = time.perf_counter()
    found = evaluation.patient_bootstrap(y, score, who)
    assert time.perf_counter() - start < 2
    assert found.low < found.value < found.high


def test_same_seed_same_interval():
    args = cohort()
    first = evaluation.patient_bootstrap(*args, n=100, seed=1)
    assert first == evaluation.patient_bootstrap(*args, n=100, seed=1)
    assert first != evaluation.patient_bootstrap(*args, n=100, seed=2)


def test_siblings_widen_the_interval():
    y, score, _ = cohort(100, 100)
    copies = [np.repeat(a, 6) for a in (y, score)]
    by_patient = evaluation.patient_bootstrap(*copies, np.repeat(np.arange(100), 6), n=500)
    by_picture = evaluation.patient_bootstrap(*copies, np.arange(600), n=500)
    wide, narrow = (i.high - i.low for i in (by_patient, by_picture))
    assert wide > 2 * narrow


def test_every_resample_keeps_both_classes_and_whole_patients():
    y, who = np.array([0, 0, 0, 1, 1]), np.array(["a", "a", "b", "c", "c"])
    seen = []
    evaluation.patient_bootstrap(
        y, np.arange(5) / 10, who, lambda a, b: seen.append((a, b)) or 0.0, n=30
    )
    for truth, score in seen[1:]:
        assert set(truth) == {0, 1}
        assert list(score).count(0.0) == list(score).count(0.1)  # both pictures of patient a
        assert list(score).count(0.3) == list(score).count(0.4) == 1


def test_patients_must_fit():
    with pytest.raises(ValueError, match="a patient for each of 2 pictures, got 1"):
        evaluation.patient_bootstrap([0, 1], [0.1, 0.9], ["a"])
    with pytest.raises(ValueError, match="got 1 without"):
        evaluation.patient_bootstrap([0, 1], [0.1, 0.9], ["a", None])
