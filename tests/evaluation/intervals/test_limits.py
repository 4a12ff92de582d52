import numpy as np
import pytest
from scipy import stats

from cxrlib import evaluation
from cxrlib.evaluation import metrics, wilson_interval, wilson_interval_over_runs
from cxrlib.evaluation.intervals import limits, resampling


def near_one(patients=60, seed=0, most=4, apart=2.5):
    """An AUC of about 0.96, whose error is skewed; images of a patient resemble each other."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), rng.integers(1, most + 1, size=patients))
    y = (who % 8 < 5).astype(int)
    return y, rng.normal(size=patients)[who] + rng.normal(size=len(who)) + apart * y, who


def drawn_again(y, score, who, metric=metrics.roc_auc, n_resamples=400):
    statistic = resampling.vectorize(metric, y, score)
    classes = resampling.required_classes(metric, score)
    return resampling.resample(y, who, statistic, classes, n_resamples=n_resamples, seed=0)


def plain(drawn, n_effective):
    alpha = limits.expanded_alpha(n_effective, 0.95)
    return tuple(np.quantile(drawn, [alpha, 1 - alpha]))


def test_the_ends_are_those_of_scipy_where_each_patient_has_one_image():
    y, score, _ = near_one(most=1)
    _, acceleration, n_effective = drawn_again(y, score, np.arange(len(y)))

    def auc(sick, healthy, axis):
        return (sick[..., :, None] > healthy[..., None, :]).mean(axis=(-2, -1))

    theirs = stats.bootstrap(
        (score[y == 1], score[y == 0]),
        auc,
        method="BCa",
        n_resamples=500,
        rng=np.random.default_rng(0),
        confidence_level=1 - 2 * limits.expanded_alpha(n_effective, 0.95),
    )
    value, drawn = metrics.roc_auc(y, score), theirs.bootstrap_distribution
    ours = limits.bca_interval(value, drawn, acceleration, n_effective, 0.95)
    assert ours == pytest.approx((value, *theirs.confidence_interval), abs=1e-12)
    assert ours.low < np.quantile(drawn, 0.025) - 0.005, "the correction is there to be seen"


def test_the_acceleration_leaves_out_whole_patients_class_by_class():
    y, score, who = near_one(seed=3)
    cubes = squares = 0
    for label in (0, 1):
        without = []
        for patient in np.unique(who[y == label]):
            rest = who != patient
            without.append(metrics.roc_auc(y[rest], score[rest]))
        n, mean = len(without), sum(without) / len(without)
        # Davison and Hinkley's l is (n - 1) (mean - value without the patient).
        cubes += sum(((n - 1) * (mean - one)) ** 3 for one in without) / n**3
        squares += sum(((n - 1) * (mean - one)) ** 2 for one in without) / n**2
    found = drawn_again(y, score, who, n_resamples=1)[1]
    assert found == pytest.approx(cubes / 6 / squares**1.5, abs=1e-12)
    assert found < -0.01  # leaving out a patient with errors raises the AUC, and by much


def test_ties_count_by_half_also_when_they_differ_by_rounding():
    drawn = np.repeat([0.1 + 0.2, 0.5, 0.1], [60, 20, 20])
    found = [limits.bca_interval(value, drawn, 0.0, 30, 0.95)[1:] for value in (0.3, 0.1 + 0.2)]
    assert found == [plain(drawn, 30)] * 2  # as many below as above: nothing to correct


@pytest.mark.parametrize("acceleration", [0.0, 0.16, -0.16])
@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        (0.9, np.linspace(0, 0.8, 50)),  # all on one side: z0 is infinite
        (-0.1, np.linspace(0, 0.8, 50)),
        (0.5, np.full(50, 0.5)),
        (0.5, np.full(50, 0.6)),
        (0.5, np.r_[0.4, np.linspace(0.6, 0.8, 99)]),  # z0 = -2.3: the end would pass the value
        (0.7, np.array([0.6])),
    ],
)
def test_without_a_usable_bias_the_ends_are_plain(value, drawn, acceleration):
    found = limits.bca_interval(value, drawn, acceleration, 30, 0.95)
    assert found == (value, *plain(drawn, 30))


def test_where_no_patient_matters_the_ends_are_plain():
    assert np.isnan(limits.jackknife_acceleration(np.full(20, 0.7), np.arange(20) % 2))
    drawn = np.random.default_rng(0).beta(5, 1, size=200)
    assert limits.bca_interval(0.7, drawn, np.nan, 20, 0.95) == (0.7, *plain(drawn, 20))


@pytest.mark.parametrize("acceleration", [1 / 6, -1 / 6])
@pytest.mark.parametrize("n_effective", [1.0001, 1.5, 2, 3])
def test_with_a_handful_of_patients_the_interval_reaches_the_outermost(acceleration, n_effective):
    drawn = np.random.default_rng(0).normal(size=400)
    found = limits.bca_interval(0.0, drawn, acceleration, n_effective, 0.95)
    assert drawn.min() <= found.low < 0 < found.high <= drawn.max()
    # Where the formula's denominator would turn negative, the end stays beyond all.
    outermost = drawn.max() if acceleration > 0 else drawn.min()
    assert (found.high if acceleration > 0 else found.low) == outermost


@pytest.mark.parametrize("refusal", [ValueError, ZeroDivisionError, None])
def test_a_metric_that_is_undefined_without_a_patient_gets_plain_ends(refusal):
    y, score, who = near_one(30, most=1)

    def all_there(y, score):
        if len(y) == 30:
            return metrics.roc_auc(y, score)
        if refusal:
            raise refusal
        return float("nan")

    found = evaluation.patient_bootstrap(y, score, who, all_there, n_resamples=200)
    drawn, acceleration, n_effective = drawn_again(y, score, who, n_resamples=200)
    assert found[1:] == plain(drawn, n_effective)
    assert found != limits.bca_interval(found.value, drawn, acceleration, n_effective, 0.95)


@pytest.mark.parametrize(("patients", "expected"), [(5, 0.00095), (20, 0.0159), (100, 0.0231)])
def test_tails_by_hand(patients, expected):
    # t of 4, 19 and 99 degrees of freedom from a table: 2.776, 2.093, 1.984
    assert limits.expanded_alpha(patients, 0.95) == pytest.approx(expected, abs=1e-4)


def test_wilson_at_known_values():
    # 2 of 2 is 34-100 %, 16 of 16 is 81-100 %: the book's warnings about "100 %"
    assert wilson_interval(2, 2).low == pytest.approx(0.342, abs=1e-3)
    assert wilson_interval(16, 16).low == pytest.approx(0.806, abs=1e-3)
    assert wilson_interval(580, 624)[1:] == pytest.approx((0.907, 0.947), abs=1e-3)
    # By the formula with z = 1.6449 for 90 %, by hand.
    by_hand = pytest.approx((0.541, 0.931), abs=1e-3)
    assert wilson_interval(8, 10, confidence_level=0.9)[1:] == by_hand


@pytest.mark.parametrize(
    ("k", "n"), [(1, 0), (-1, 5), (6, 5), (0.5, 2), (2.7, 5), (2, 5.5), (0, 0.5), (0.93, 1)]
)
def test_wilson_refuses_impossible_counts(k, n):
    for of in (wilson_interval, lambda k, n: wilson_interval_over_runs([k], [n])):
        with pytest.raises(ValueError, match=f"successes={k}, n={n}"):
            of(k, n)


@pytest.mark.parametrize(("right", "n"), [(0, 9), (7, 9), (9, 9), (580, 624)])
def test_wilson_over_one_training_is_wilson(right, n):
    expected = wilson_interval(right, n)
    assert wilson_interval_over_runs([right], [n]) == pytest.approx(expected, abs=1e-12)


def test_wilson_counts_an_image_once_and_trainings_that_lie_apart_for_less():
    alike = wilson_interval_over_runs([7, 7], [10, 10])
    assert alike == pytest.approx(wilson_interval(14, 20), abs=1e-12)
    once = wilson_interval_over_runs([7, 7], [10, 10], 10)
    assert once == pytest.approx(wilson_interval(7, 10), abs=1e-12)
    # Pearson's χ² of 10 and 5 of 10 around 7.5: 2 · 2.5² / 1.875 = 6.67 over one degree of freedom.
    apart = wilson_interval_over_runs([10, 5], [10, 10])
    assert apart.value == 0.75
    assert apart.low < wilson_interval(15, 20).low - 0.2
    assert wilson_interval_over_runs([10, 10], [10, 10]).high == 1
    with pytest.raises(ValueError, match="from 1 to 10 different images, got 11"):
        wilson_interval_over_runs([3, 3], [5, 5], 11)
