import json
import math

import pytest

from cxrlib.experiments import sweep
from cxrlib.experiments.sweep import Bound, SweptClaim


@pytest.mark.parametrize(
    ("bound", "text", "value", "holds", "room"),
    [
        ({"above": 0.5}, "above 0.5", 0.75, True, 0.25),
        ({"above": 0.5}, "above 0.5", 0.5, False, 0),
        ({"below": 0.5}, "below 0.5", 0.75, False, -0.25),
        ({"below": 0.5}, "below 0.5", 0.5, False, 0),
        ({"below": 1e-6}, "below 1e-06", 1, False, 1e-6 - 1),
        ({"between": (0, 1)}, "0 to 1", 0.75, True, 0.25),
        ({"between": (0, 1)}, "0 to 1", 1, True, 0),
        ({"between": (0, 1)}, "0 to 1", 2, False, -1),
        ({"equals": 3}, "exactly 3", 3, True, 0),
        ({"equals": 3, "within": 0.5}, "3 ± 0.5", 3.25, True, 0.25),
        ({"equals": 3}, "exactly 3", 4, False, -1),
    ],
)
def test_bounds(bound, text, value, holds, room):
    assert Bound(**bound).holds(value) is holds
    assert Bound(**bound).room(value) == room
    assert Bound(**bound).text() == text
    assert Bound(**json.loads(json.dumps(Bound(**bound).as_dict()))) == Bound(**bound)


@pytest.mark.parametrize("given", [{}, {"above": 1, "below": 2}, {"between": (1, 0)}])
def test_a_bound_is_exactly_one(given):
    with pytest.raises(TypeError, match="expected"):
        Bound(**given)


def swept(values, kind="finding"):
    return SweptClaim("02-neurons", "It is high.", kind, Bound(above=0.5), tuple(values))


def test_margin_is_counted_in_standard_deviations():
    claim = swept([0.8, 0.8, 0.9, 1.0, 1.0])
    assert (claim.held, claim.n) == (5, 5)
    assert claim.margin == pytest.approx((0.9 - 0.5) / 0.1)
    assert claim.stands
    assert claim.text() == "5 of 5 runs (0.9 ± 0.1)"


def test_a_margin_is_said_where_it_tells_something():
    assert swept([0.8, 0.9, 1.0] * 2).margin_text == "margin 4.5"
    assert swept([0.9, 0.901] * 3).margin_text == "margin over 100"
    assert swept([0.9] * 5).margin_text == swept([0.9, 0.8]).margin_text == ""


def test_one_run_that_fails_or_a_small_margin_is_not_enough():
    assert not swept([0.4, 0.9, 0.9]).stands
    assert not swept([0.6, 0.6, 0.9, 1.2, 1.2]).stands
    assert swept([0.6, 0.6, 0.9, 1.2, 1.2], kind="identity").stands


def test_without_spread_the_margin_is_infinite_and_of_few_runs_unknown():
    assert swept([0.9] * 5).margin == math.inf
    assert swept([0.4] * 5).margin == -math.inf
    assert math.isnan(swept([0.6, 0.9, 1.2, 0.9]).margin)
    assert swept([0.6, 0.9, 1.2, 0.9]).stands


def made(statement, value, **changed):
    row = {"statement": statement, "value": value, "kind": "finding", "bound": {"above": 0.5}}
    return row | changed


def test_a_run_replaces_what_it_claimed_before_and_nothing_else():
    runs = [{"seed": seed, "arithmetic": "default"} for seed in (0, 1)]
    book = {"runs": [], "claims": []}
    sweep.merge(book, runs[0], "02-neurons", {"seconds": 1}, [made("A.", 0.6), made("B.", 0.7)])
    sweep.merge(book, runs[1], "02-neurons", {"seconds": 2}, [made("A.", 0.8)])
    sweep.merge(book, runs[0], "01-pictures", {"seconds": 3}, [made("A.", 0.123456789)])
    values = {(row["chapter"], row["statement"]): row["values"] for row in book["claims"]}
    assert values == {
        ("01-pictures", "A."): [0.123457, None],
        ("02-neurons", "A."): [0.6, 0.8],
        ("02-neurons", "B."): [0.7, None],
    }
    sweep.merge(book, runs[0], "02-neurons", {"seconds": 4}, [made("A.", 0.9)])
    values = {(row["chapter"], row["statement"]): row["values"] for row in book["claims"]}
    assert values == {("01-pictures", "A."): [0.123457, None], ("02-neurons", "A."): [0.9, 0.8]}
    assert book["runs"][0]["chapters"]["02-neurons"] == {"seconds": 4}


def test_the_file_carries_its_statistics_and_reads_as_it_was_written():
    book = {"runs": [], "claims": []}
    for seed, value in enumerate([0.8, 0.8, 0.9, 1.0, 1.0]):
        sweep.merge(book, {"seed": seed, "arithmetic": "default"}, "c", {}, [made("A.", value)])
    again = json.loads(sweep.to_json(book))
    assert again["claims"][0] | {"held": 5, "n": 5, "margin": 4.0} == again["claims"][0]
    assert again["runs"] == book["runs"]
    assert sweep.as_claim(again["claims"][0]).values == (0.8, 0.8, 0.9, 1.0, 1.0)


def test_an_unknown_source_is_refused():
    with pytest.raises(ValueError, match="expected one of phantoms, real, got 'covid'"):
        sweep.read("covid")


def test_what_is_claimed_of_phantoms_is_no_claim_of_real_images(monkeypatch):
    monkeypatch.setattr(sweep, "read", lambda source: book)
    book = {"runs": [], "claims": []}
    statements = ["It is high.", "On phantoms it is high."]
    sweep.merge(book, {"seed": 0}, "c", {}, [made(statement, 0.6) for statement in statements])
    read = sweep.claims.__wrapped__  # past its cache
    assert [claim.statement for claim in read("phantoms")] == statements
    assert [claim.statement for claim in read("real")] == statements[:1]
