from xml.etree import ElementTree

import pytest

from cxrlib.data import DataError
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit.report import Affected, Finding, Report


def pair(one, other, verdict="fail"):
    return Affected((one, other), f"{one} and {other}: the same image", verdict)


def report(*findings):
    return Report("a set", 12, findings, 3.2)


def duplicates(*pairs):
    worst = "fail" if any(each.verdict == "fail" for each in pairs) else "look"
    return Finding("duplicates", worst, f"{len(pairs)} pairs", "Keep one.", affected=pairs)


OLD = report(
    duplicates(pair("a", "b"), pair("c", "d", "look")),
    Finding("shortcuts", "look", "AUC 0.7", "Crop."),
    Finding("files", "fine", "every file could be read"),
)


@pytest.fixture
def baseline(tmp_path):
    audit.write_json(OLD, tmp_path / "old.json")
    return audit.read_baseline(tmp_path / "old.json")


def test_what_a_baseline_names_is_known_and_does_not_fail(baseline):
    found = audit.compare(OLD, baseline)
    assert [f.verdict for f in found.findings] == ["known", "known", "fine"]
    assert found["duplicates"].summary == "2 pairs (as in the baseline)"
    assert found.failed == ()


@pytest.mark.parametrize(
    ("now", "verdict", "new"),
    [
        (duplicates(pair("a", "b"), pair("e", "f")), "fail", ["e and f: the same image"]),
        (duplicates(pair("a", "b"), pair("e", "f", "look")), "look", ["e and f: the same image"]),
        (duplicates(pair("c", "d")), "fail", ["c and d: the same image"]),  # worse than it was
        (duplicates(pair("a", "b", "look")), "known", ["a and b: the same image"]),
        (Finding("shortcuts", "fail", "AUC 0.9", "Crop."), "fail", []),
        (Finding("files", "look", "odd", "x", affected=(Affected(("g",), "g: odd"),)), "look",
         ["g: odd"]),
        (Finding("sizes", "fail", "the baseline does not know this check", "x"), "fail", []),
    ],
)  # fmt: skip
def test_only_what_is_new_keeps_its_verdict(baseline, now, verdict, new):
    (found,) = audit.compare(report(now), baseline).findings
    assert (found.verdict, found.affected_files()) == (verdict, new)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("{", "expected a baseline as JSON"),
        ("[]", "expected the JSON that an audit writes"),
        ('{"generator": "another"}', "expected the JSON that an audit writes"),
        (
            '{"generator": "cxr audit", "findings": [{"check": "x", "verdict": "good"}]}',
            "audit writes",
        ),
    ],
)
def test_what_is_no_baseline_is_named(tmp_path, text, said):
    if text is not None:
        (tmp_path / "old.json").write_text(text)
    with pytest.raises(DataError, match=said) as error:
        audit.read_baseline(tmp_path / "old.json")
    assert "old.json: " in str(error.value)
    assert "--write-baseline" in str(error.value)


def test_junit_has_a_case_for_each_check(tmp_path):
    odd = Affected(("bell\x07.png",), "bell\x07.png: <odd>")
    audit.write_junit(
        report(
            duplicates(*(pair(str(i), "z") for i in range(60))),
            Finding("files", "look", "1 odd", "Look.", affected=(odd,)),
            Finding("patients", "not checked", "no ids", note="Look."),
            Finding("counts", "fine", "as many"),
        ),
        tmp_path / "audit.xml",
    )
    suite = ElementTree.parse(tmp_path / "audit.xml").getroot().find("testsuite")
    assert {k: suite.get(k) for k in ("name", "tests", "failures", "skipped", "errors")} == {
        "name": "a set", "tests": "4", "failures": "1", "skipped": "1", "errors": "0"
    }  # fmt: skip
    failed, looked, skipped, fine = suite.findall("testcase")
    assert failed.find("failure").get("message") == "60 pairs"
    lines = failed.find("failure").text.splitlines()
    assert (lines[0], lines[1], lines[-1]) == (
        "Keep one.", "0 and z: the same image", "… and 10 more"
    )  # fmt: skip
    assert looked.find("system-out").text == "look: 1 odd\nLook.\nbell\ufffd.png: <odd>"
    assert skipped.find("skipped").get("message") == "no ids"
    assert skipped.find("skipped").text == "Look."
    assert fine.find("failure") is None
