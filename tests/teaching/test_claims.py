import numpy as np
import pandas as pd
import pytest

from cxrlib import teaching
from cxrlib.teaching import claims


@pytest.fixture(autouse=True)
def _chapter():
    claims.start("02-neurons")
    yield
    claims.start("(no chapter)")


def test_a_claim_that_holds_is_said_and_kept(capsys):
    teaching.claim("The network is **better**.", np.float64(0.9) > 0.5, np.float32(0.5))
    assert capsys.readouterr().out == "✓ The network is better. (0.5)\n"
    assert teaching.collected() == [
        {
            "chapter": "02-neurons",
            "statement": "The network is **better**.",
            "value": 0.5,
            "holds": True,
            "enforced": True,
            "source": None,
        }
    ]


def test_a_false_claim_stops_a_default_run_and_is_kept():
    with pytest.raises(teaching.ClaimFailed, match=r"02-neurons: .*\(0.4\): It is high\."):
        teaching.claim("It is high.", False, 0.4)
    assert [c["holds"] for c in teaching.collected()] == [False]


def test_a_false_claim_is_only_shown_in_a_quick_run(capsys):
    claims.start("02-neurons", quick=True)
    teaching.claim("It is high.", False, 0.4)
    teaching.claims_table()
    said = capsys.readouterr().out
    assert "Not so on this quick sample" in said
    assert "not asked for (quick run): It is high. [0.4]" in said


def test_a_cell_that_is_run_twice_counts_once():
    teaching.claim("It holds.", True, 1)
    teaching.claim("It holds.", True, 2)
    assert [c["value"] for c in teaching.collected()] == [2]


def test_a_new_chapter_forgets_the_last_one(capsys):
    teaching.claim("It holds.", True)
    teaching.begin("03-convolution")
    assert teaching.collected() == []
    assert "TensorFlow" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "kept", "shown"),
    [
        (3, 3, "3"),
        (12345, 12345, "12,345"),
        (np.float64(0.12345), 0.12345, "0.123"),
        (np.array([1, 2]), [1, 2], "1, 2"),
        ({"a": np.float64(0.5), 1: (1, 2)}, {"a": 0.5, "1": [1, 2]}, "a: 0.5, 1: 1, 2"),
        ("99 %", "99 %", "99 %"),
        (None, None, ""),
        (True, True, "True"),
    ],
)
def test_values_become_what_json_can_hold(value, kept, shown):
    teaching.claim("It holds.", True, value)
    assert teaching.collected()[0]["value"] == kept
    assert claims._text(kept) == shown


@pytest.mark.parametrize("value", [np.nan, float("inf"), object(), {"a": np.nan}])
def test_values_that_no_record_can_hold_are_refused(value):
    with pytest.raises(TypeError, match="finite number"):
        teaching.claim("It holds.", True, value)


@pytest.mark.parametrize("holds", ["yes", np.array([True, False]), [True]])
def test_holds_must_be_one_truth(holds):
    with pytest.raises(TypeError, match="expected `holds` to be True or False"):
        teaching.claim("It holds.", holds)


def test_the_table_escapes_what_it_shows_and_names_the_source():
    teaching.claim("a < b & **c**", True, "<x>")
    cases = pd.DataFrame()
    cases.attrs["source"] = "phantoms"
    teaching.claims_table(cases)
    page = claims._as_html()
    assert "a &lt; b &amp; c" in page
    assert "&lt;x&gt;" in page
    assert "Pictures: phantoms." in page
    assert teaching.collected()[0]["source"] == "phantoms"
    assert page.count('<th scope="col"') == 3


def test_in_the_table_a_mark_leads_each_statement():
    claims.start("02-neurons", quick=True)
    teaching.claim("It holds.", True)
    teaching.claim("It is high.", False, 0.4)
    page = claims._as_html()
    assert ">✓ It holds.<" in page
    assert ">holds<" in page
    assert ">– It is high.<" in page
    assert ">not asked for (quick run)<" in page
    assert claims._as_text().startswith("✓ holds: It holds.")


def test_no_claims_no_table(capsys):
    teaching.claims_table()
    assert capsys.readouterr().out == "No claim was checked.\n"
