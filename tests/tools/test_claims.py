import claims
import pytest

TABLE = """
from IPython.display import display
claim = {{"chapter": "01-one", "statement": "Two is more than one.", "kind": "finding",
         "bound": {{"above": 1}}, "value": {value}, "details": {{}}, "source": "phantoms",
         "holds": {value} > 1, "enforced": True}}
display({{"text/plain": "a table", "application/vnd.cxr.claims+json": [claim]}}, raw=True)
"""


@pytest.mark.parametrize(("strict", "code"), [("", 0), ("0", 0), ("1", 1)])
def test_a_finding_that_does_not_hold_is_listed_and_fails_a_strict_run_only(course, strict, code):
    course.chapter("01-one", TABLE.format(value=0.5))
    run = course.make("execute", environment={"STRICT": strict})
    assert run.returncode == code
    assert "1 finding did not hold" in run.stdout
    assert "✗ 01-one: Two is more than one. (0.5; above 1)" in run.stdout


def test_claims_that_hold_are_read_and_not_listed(course):
    course.chapter("01-one", TABLE.format(value=2))
    course.chapter("02-two", "print('no claims')")
    run = course.make("execute", environment={"STRICT": "1"})
    assert run.returncode == 0
    assert "did not hold" not in run.stdout
    (claim,) = claims.read_claims(course.executed("01-one"))
    assert (claim["statement"], claim["value"]) == ("Two is more than one.", 2)
    assert claims.read_claims(course.executed("02-two")) == []
