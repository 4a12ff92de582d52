"""Rows of the suite of benchmarks: what a ratio is, and that nothing is lost in the file."""

import json

import pytest

from cxrlib.experiments import speed
from cxrlib.experiments.speed import Figure, Missing, Run

MACHINE = {"device": {"cpu_count": 2, "processor": "Abacus"}, "versions": {"python": "3.11"}}


@pytest.mark.parametrize(
    ("more", "ours", "peer", "ratio"),
    [(True, 30, 10, 3), (True, 5, 10, 0.5), (False, 10, 30, 3), (False, 20, 10, 0.5)],
)
def test_a_ratio_says_how_many_times_better_ours_is(more, ours, peer, ratio):
    row = Figure("x", "s", ours, peer, "other", more_is_better=more)
    assert row.ratio == pytest.approx(ratio)
    assert row.holds is None


@pytest.mark.parametrize(("goal", "holds"), [(2.0, True), (2.01, False)])
def test_a_goal_is_held_from_its_own_ratio_on(goal, holds):
    row = Figure("x", "s", 1, 2, "other", goal)
    assert row.holds is holds
    assert row.cells() == ["x", "1 s", "2 (other)", "2 ×", f"{goal:g} ×", "yes" if holds else "no"]


@pytest.mark.parametrize("row", [Figure("x", "s", 1), Figure("x", "s", 1, 0, "a", 2)])
def test_without_a_peer_that_counts_there_is_no_ratio(row):
    assert row.ratio is None
    assert row.holds is None


def test_a_run_is_the_same_after_writing_and_reading():
    rows = Figure("x", "s", 1, 2, "other", 1.5), Figure("y", "MB", 3, images=1000, benchmark="b")
    run = Run("2026-11-30", MACHINE, False, rows, (Missing("torch", "not installed", "b"),))
    text = run.to_json()
    assert Run.from_json(text) == run
    first = json.loads(text)["figures"][0]
    assert (first["ratio"], first["holds"]) == (2, True)


def test_what_is_measured_again_takes_its_place_and_says_when():
    old = Figure("x", "s", 1, benchmark="a"), Figure("y", "s", 2, benchmark="b")
    run = Run("2026-11-30", MACHINE, False, old, (Missing("torch", "gone", "a"),))
    other = {"device": {"cpu_count": 4, "processor": "Rule"}}
    later = Run("2026-12-24", other, False, (Figure("x", "s", 3, benchmark="a"),), ())
    both = run.measured_again(later)
    assert [(row.figure, row.ours) for row in both.figures] == [("x", 3), ("y", 2)]
    assert both.missing == ()
    assert both.measured("a") == "2026-12-24 on 4 cores of Rule"
    assert both.measured() == both.measured("b") == "2026-11-30 on 2 cores of Abacus"
    assert Run.from_json(both.to_json()) == both


def test_what_comes_with_the_package_is_whole():
    run = speed.read()
    assert run is None or (run.figures and not run.quick)


@pytest.mark.parametrize("power", [1, 1.5, 0])
def test_the_exponent_is_that_of_a_power_law_and_a_start_up_does_not_count(power):
    points = [(10, 999.0)] + [(x, 3 * x**power) for x in (100, 1000, 20_000)]
    assert speed.exponent(points) == pytest.approx(power)
    assert speed.exponent(points[:2]) is None
