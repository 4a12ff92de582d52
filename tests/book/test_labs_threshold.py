"""threshold_lab in a real browser, against cxrlib.evaluation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from cxrlib import evaluation
from cxrlib.teaching import labs
from tests.book.lab_pages import choose, scores, type_in, value, values

RATES = ("sensitivity", "specificity")


def show_set(lab, name):
    """Show a set, and unfreeze its threshold where it is frozen."""
    choose(lab, "Show", name)
    button = lab.get_by_role("button", name="Unfreeze")
    if button.is_visible():
        button.click()


def children(lab):
    grid = lab.locator("svg[data-fn]")
    return {k: int(grid.get_attribute(f"data-{k}")) for k in ("tp", "fn", "fp", "tn")}


def test_rates_predictive_values_and_cost_are_those_of_numpy(show_one):
    lab = show_one(labs.threshold_lab(scores()))
    for name, (y, score) in scores().items():
        show_set(lab, name)
        # The last one is a score itself, which is called.
        for threshold, percent, weight in ((0.5, 60, 5), (0.13, 3, 20), (score[7], 40, 1)):
            type_in(lab, 0, str(threshold), str(percent), str(weight))
            called, share = score >= threshold, percent / 100
            found, let = called[y == 1].mean(), 1 - called[y == 0].mean()
            assert values(lab, ".answer", *RATES) == pytest.approx([found, let], abs=1e-9)
            ppv = share * found / (share * found + (1 - share) * (1 - let))
            npv = (1 - share) * let / ((1 - share) * let + share * (1 - found))
            assert values(lab, ".values", "ppv", "npv") == pytest.approx([ppv, npv], abs=1e-9)
            cost = 1000 * (share * (1 - found) * weight + (1 - share) * (1 - let))
            assert value(lab, ".cost") == pytest.approx(cost, abs=1e-6)
            whole = children(lab)
            assert sum(whole.values()) == 1000
            assert whole["tp"] + whole["fn"] == 10 * percent
            assert abs(whole["tp"] - 1000 * share * found) <= 0.5
            assert abs(whole["fp"] - 1000 * (1 - share) * (1 - let)) <= 0.5
            point = lab.locator(".roc .point")
            at = [float(point.get_attribute(key)) for key in ("cx", "cy")]
            assert at == pytest.approx([40 + 350 * (1 - let), 360 - 350 * found])
            parts = lab.locator(".strips [data-part=fn]")
            assert parts.text_content() == f"{np.sum(~called[y == 1])} missed"
            cells = lab.locator("tr.on td[data-low]").all()
            for cell, right in zip(cells, (called[y == 1], ~called[y == 0]), strict=True):
                wanted = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
                ends = [float(cell.get_attribute(f"data-{end}")) for end in ("low", "high")]
                assert ends == pytest.approx([*wanted], abs=1e-6)


def test_the_buttons_choose_as_evaluation_does(show_one):
    lab = show_one(labs.threshold_lab(scores(), prevalence=0.2, fn_cost=7))
    for name, (y, score) in scores().items():
        show_set(lab, name)
        for button, chosen in (
            ("the cost is least", evaluation.min_cost_threshold(y, score, 7, 1, 0.2)),
            ("Youden", evaluation.thresholds.youden_threshold(y, score)),
        ):
            lab.get_by_role("button", name=button).click()
            wanted = [chosen.sensitivity, chosen.specificity]
            assert values(lab, ".answer", *RATES) == pytest.approx(wanted, abs=1e-9)
            assert ("peeking" in lab.locator(".hint").inner_text()) == (name == "test")


def test_where_all_scores_are_alike_nobody_can_be_called(show_one):
    same = {"all": (np.array([0, 1, 0]), np.ones(3))}
    lab = show_one(labs.threshold_lab(same, prevalence=0.01, fn_cost=1))
    lab.get_by_role("button", name="the cost is least").click()
    assert value(lab, ".answer", "threshold") > 1
    assert "Nobody is called" in lab.locator(".values").inner_text()
    assert lab.get_by_role("group", name="Show", exact=True).count() == 0


def test_another_set_keeps_the_threshold_and_forbids_to_choose(show_one):
    lab = show_one(labs.threshold_lab(scores()))
    lab.get_by_role("button", name="the cost is least").click()
    threshold, specificity = values(lab, ".answer", "threshold", "specificity")
    choose(lab, "Show", "test")
    assert value(lab, ".answer", "threshold") == threshold
    assert value(lab, ".answer", "specificity") < specificity
    assert "Frozen: " in lab.locator(".hint").inner_text()
    knob, field = lab.locator("input[type=range]").first, lab.locator("input.lab-number").first
    youden = lab.get_by_role("button", name="Youden")
    assert [part.is_disabled() for part in (knob, field, youden)] == [True] * 3
    lab.get_by_role("button", name="Unfreeze").press("Enter")
    assert [part.is_disabled() for part in (knob, field, youden)] == [False] * 3
    assert "peeking" in lab.locator(".hint").inner_text()
    choose(lab, "Show", "validation")
    choose(lab, "Show", "test")
    assert knob.is_disabled()


def test_prevalence_goes_by_powers_of_ten(show_one):
    lab = show_one(labs.threshold_lab(scores(), prevalence=0.1))
    slider = lab.locator("input[type=range]").nth(1)
    places = {"-1": "0.1", "0": "1", "1": "10"}
    for place, percent in places.items():
        slider.fill(place)
        assert lab.locator("input.lab-number").nth(1).input_value() == percent
    type_in(lab, 1, "0.1")
    assert float(slider.input_value()) == -1


def test_its_table_fits_a_narrow_phone(show_one):
    lab = show_one(labs.threshold_lab(scores()), width=321)
    over = "e => e.scrollWidth - e.parentElement.clientWidth"
    assert lab.locator("table").evaluate(over) <= 0


def test_it_opens_with_what_a_threshold_costs_in_children(show_one):
    lab = show_one(labs.threshold_lab(scores()))
    whole = children(lab)
    assert whole["fn"] > 0 < whole["tn"]
    said = lab.locator(".lab-people").inner_text()
    assert f"{whole['fn']} pneumonia, missed" in said


def test_by_keyboard(show_one):
    lab = show_one(labs.threshold_lab(scores()))
    lab.locator("input[type=range]").first.press("ArrowRight")
    lab.get_by_role("radio", name="validation").press("ArrowRight")
    assert value(lab, ".answer", "threshold") == 0.51
    assert lab.get_by_role("radio", name="test").is_checked()
