import pytest

from cxrlib import evaluation


def test_wilson_at_known_values():
    # 2 of 2 is 34-100 %, 16 of 16 is 81-100 %: the book's warnings about "100 %"
    assert evaluation.wilson_interval(2, 2).low == pytest.approx(0.342, abs=1e-3)
    assert evaluation.wilson_interval(16, 16).low == pytest.approx(0.806, abs=1e-3)
    assert evaluation.wilson_interval(580, 624)[1:] == pytest.approx((0.907, 0.947), abs=1e-3)
    # By the formula with z = 1.6449 for 90 %, by hand.
    assert evaluation.wilson_interval(8, 10, confidence_level=0.9)[1:] == pytest.approx(
        (0.541, 0.931), abs=1e-3
    )


@pytest.mark.parametrize(
    ("k", "n"), [(1, 0), (-1, 5), (6, 5), (0.5, 2), (2.7, 5), (2, 5.5), (0, 0.5), (0.93, 1)]
)
def test_wilson_refuses_impossible_counts(k, n):
    for of in (
        evaluation.wilson_interval,
        lambda k, n: evaluation.wilson_interval_over_runs([k], [n]),
    ):
        with pytest.raises(ValueError, match=f"successes={k}, n={n}"):
            of(k, n)


@pytest.mark.parametrize(("right", "n"), [(0, 9), (7, 9), (9, 9), (580, 624)])
def test_wilson_over_one_training_is_wilson(right, n):
    expected = evaluation.wilson_interval(right, n)
    assert evaluation.wilson_interval_over_runs([right], [n]) == pytest.approx(expected, abs=1e-12)


def test_wilson_counts_a_picture_once_and_trainings_that_lie_apart_for_less():
    alike = evaluation.wilson_interval_over_runs([7, 7], [10, 10])
    assert alike == pytest.approx(evaluation.wilson_interval(14, 20), abs=1e-12)
    once = evaluation.wilson_interval_over_runs([7, 7], [10, 10], 10)
    assert once == pytest.approx(evaluation.wilson_interval(7, 10), abs=1e-12)
    # Pearson's χ² of 10 and 5 of 10 around 7.5: 2 · 2.5² / 1.875 = 6.67 over one degree of freedom.
    apart = evaluation.wilson_interval_over_runs([10, 5], [10, 10])
    assert apart.value == 0.75
    assert apart.low < evaluation.wilson_interval(15, 20).low - 0.2
    assert evaluation.wilson_interval_over_runs([10, 10], [10, 10]).high == 1
    with pytest.raises(ValueError, match="from 1 to 10 different images, got 11"):
        evaluation.wilson_interval_over_runs([3, 3], [5, 5], 11)
