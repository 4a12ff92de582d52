import numpy as np
import pandas as pd
import pytest

from cxrlib import teaching
from cxrlib.experiments import sweep
from cxrlib.teaching import chapter, claims


@pytest.fixture(autouse=True)
def _chapter(monkeypatch):
    monkeypatch.setattr(chapter, "current", chapter.Chapter("02-neurons"))


@pytest.fixture
def swept(monkeypatch):
    """Five runs on phantoms: "It is high." held four times, "It is a constant." always."""
    row = {
        "chapter": "02-neurons",
        "statement": "It is high.",
        "kind": "finding",
        "bound": {"above": 0.5},
        "values": [0.6, 0.7, 0.8, 0.4, None, 0.7],
    }
    constant = row | {"statement": "It is a constant.", "values": [0.6] * 5}
    drawn = row | {"statement": "On phantoms it is high."}
    rows = tuple(map(sweep.as_claim, (row, constant, drawn)))
    monkeypatch.setattr(sweep, "claims", lambda source: rows if source == "phantoms" else ())


def test_a_claim_that_holds_is_said_and_kept(capsys):
    answer = teaching.claim(
        "It is **better**.", np.float32(0.75), above=0.5, details={"n": np.int64(3)}
    )
    assert answer is None  # or the cell would show it below the sentence
    assert capsys.readouterr().out == "✓ It is better. (0.75; n: 3)\n"
    assert teaching.list_claims() == [
        {
            "chapter": "02-neurons",
            "statement": "It is **better**.",
            "kind": "finding",
            "bound": {"above": 0.5},
            "value": 0.75,
            "details": {"n": 3},
            "holds": True,
            "enforced": True,
            "source": None,
        }
    ]


def test_a_false_finding_is_marked_with_what_the_sweep_saw_and_the_chapter_goes_on(capsys, swept):
    teaching.claim("It is high.", 0.4, above=0.5)
    said = capsys.readouterr().out
    assert said.startswith("✗ It is high. Not on this run (0.4; wanted: above 0.5).")
    assert "4 of 5 runs (0.64 ± 0.15) on phantoms" in said
    assert [c["holds"] for c in teaching.list_claims()] == [False]


@pytest.mark.parametrize("quick", [False, True])
def test_a_false_identity_stops_every_run_and_is_kept(quick):
    chapter.current.quick = quick
    with pytest.raises(teaching.ClaimFailed, match=r"02-neurons: expected below 1e-06, got 0.1: "):
        teaching.claim("Both are the same.", 0.1, below=1e-6, kind="identity")
    assert [(c["holds"], c["enforced"]) for c in teaching.list_claims()] == [(False, True)]


def test_a_false_finding_is_not_asked_for_in_a_quick_run(capsys):
    chapter.current.quick = True
    teaching.claim("It is high.", 0.4, above=0.5)
    teaching.claims_table()
    said = capsys.readouterr().out
    assert "Not so on this quick sample" in said
    assert "not asked for (quick run)" in said


def test_an_observation_says_how_often_it_was_so(capsys, swept):
    teaching.claim("It is high.", 0.4, above=0.5, kind="observation")
    said = capsys.readouterr().out
    assert "In this run it is not so" in said
    assert "4 of 5 runs" in said
    assert not teaching.list_claims()[0]["enforced"]


def test_a_cell_that_is_run_twice_counts_once():
    teaching.claim("It holds.", 1, above=0)
    teaching.claim("It holds.", 2, above=0)
    assert [c["value"] for c in teaching.list_claims()] == [2]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        *[({"value": one}, "`value` as a number") for one in (True, np.True_, "0.5", [1.0, 2.0])],
        *[({"value": one}, "`value` as a finite number") for one in (np.nan, np.inf)],
        ({"kind": "guess"}, "identity, finding, observation, got 'guess'"),
        ({"details": {"a": object()}}, "expected details as numbers, texts or lists"),
    ],
)
def test_what_no_page_can_hold_is_refused(given, says):
    with pytest.raises((TypeError, ValueError), match=says):
        teaching.claim("It holds.", **{"value": 1, "above": 0} | given)


def test_a_detail_that_is_no_number_is_a_dash_and_stops_nothing(capsys):
    teaching.claim("It holds.", 1, above=0, details={"a": np.nan, "b": [1, np.inf]})
    assert "a: –; b: 1, –" in capsys.readouterr().out


def test_many_details_are_shown_as_a_range_and_recorded_whole(capsys):
    gaps = {f"seed {i}": i / 10 for i in range(1, 8)}
    teaching.claim("It holds.", 0.1, above=0, details=gaps)
    assert "(0.1; 7 values from 0.1 to 0.7)" in capsys.readouterr().out
    assert teaching.list_claims()[0]["details"] == gaps


def test_numbers_are_shown_short():
    values = [3, 12345.0, 20192.3, 0.12345, [1, 0.5], "99 %"]
    shown = ["3", "12,345", "20,192", "0.123", "1, 0.5", "99 %"]
    assert [claims.format_number(value) for value in values] == shown


def test_the_table_escapes_what_it_shows_and_names_source_and_other_runs(swept):
    teaching.claim("a < b & **c**", 1, above=0, details={"<x>": 1})
    teaching.claim("It is high.", 0.6, above=0.5)
    teaching.claim("It is a constant.", 0.6, above=0.5)
    teaching.claim("It is low.", 0.6, below=0.5)
    teaching.claim("It may be.", 0.4, above=0.5, kind="observation")
    cases = pd.DataFrame()
    cases.attrs["source"] = "phantoms"
    teaching.claims_table(cases)
    page = claims._as_html()
    for part in (
        ">✓ a &lt; b &amp; c<",
        "&lt;x&gt;",
        ">✓ It is high.<",
        "4 of 5, margin 0.9",
        ">the same in all 5<",
        ">✗ It is low.<",
        ">◦ It may be.<",
        "above 0.5: not so in this run",
        "Images: phantoms.",
        "Margin: the standard deviations",
    ):
        assert part in page
    assert page.count('<th scope="col"') == 4
    assert {c["source"] for c in teaching.list_claims()} == {"phantoms"}


def test_beside_real_images_what_is_about_phantoms_shows_the_runs_on_phantoms(swept):
    for statement in ("It is high.", "On phantoms it is high."):
        teaching.claim(statement, 0.6, above=0.5)
    cases = pd.DataFrame()
    cases.attrs["source"] = "folder"
    teaching.claims_table(cases)
    assert claims._as_html().count("4 of 5, margin 0.9") == 1


def test_the_table_explains_a_margin_only_where_it_shows_one():
    teaching.claim("Nobody swept this.", 1, above=0)
    assert "Margin" not in claims._as_html()


def test_no_claims_no_table(capsys):
    teaching.claims_table()
    assert capsys.readouterr().out.startswith("No claim was checked.\n")
