import json

import numpy as np
import pytest

from cxrlib.data import occlusion
from cxrlib.data.cases import Problem
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import checks, probes
from cxrlib.evaluation.audit.report import Example, Finding, Report


def test_scores_come_from_models_that_have_not_seen_the_patient():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 4)
    y = rng.integers(0, 2, 30)[groups]
    x = np.eye(30)[groups]  # an image tells its patient and nothing else
    honest = probes.out_of_fold_auc(x, y, groups)
    leaked = probes.out_of_fold_auc(x, y, np.arange(len(y)))
    assert leaked.value > 0.95
    assert honest.value < 0.75


def test_a_model_gets_each_grey_that_an_occlusion_leaves_once():
    x = np.random.default_rng(0).random((2, 64, 64, 1), np.float32)
    seen = {name: probes.visible_pixels(of, x) for name, of in occlusion.OCCLUSIONS.items()}
    assert {name: part.shape[1] for name, part in seen.items()} == {
        "full image": 64 * 64,
        "border only": 64 * 64 - 52 * 52,
        "corners only": 4 * 12 * 12,
        "centre blacked out": 64 * 64 - 48 * 48,
        "8 × 8 thumbnail": 8 * 8,
    }
    np.testing.assert_array_equal(seen["full image"], x.reshape(2, -1))
    np.testing.assert_array_equal(seen["border only"][:, : 6 * 64], x[:, :6].reshape(2, -1))
    np.testing.assert_allclose(seen["8 × 8 thumbnail"][:, 1], x[:, :8, 8:16, 0].mean(axis=(1, 2)))


@pytest.fixture
def report(clean):
    image = sorted(clean.rglob("*.png"))[0]
    findings = (
        Finding("counts", "fine", "as many <b>healthy</b> as sick", numbers={"n": 1200}),
        Finding(
            "duplicates", "fail", "2 pairs", "Keep one.", {"auc": [0.91234, 0.9, 0.93]},
            (Example(str(image), "train"), Example(str(image.parent / "gone.png"), "test")),
        ),
    )  # fmt: skip
    return Report("a set", 1234, findings, 3.2)


def test_the_page_stands_alone_with_json_beside(report, tmp_path):
    page = audit.write_html(report, tmp_path / "out" / "audit.html")
    text = page.read_text()
    assert text.index("✗ fail") < text.index("✓ fine"), "what failed comes first"
    assert "as many &lt;b&gt;healthy&lt;/b&gt; as sick" in text
    assert "0.912 (0.900 to 0.930)" in text
    assert 'src="data:image/png;base64,' in text
    assert "gone.png: no such file" in text
    assert not {"http://", "https://", "<script"} & set(text.split('"'))
    assert "diagnosis" in text
    known = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert known["findings"][1]["numbers"]["auc"] == [0.91234, 0.9, 0.93]
    assert sorted(p.name for p in page.parent.iterdir()) == ["audit.html", "audit.json"]


def test_a_report_answers_for_its_checks(report):
    assert report["counts"].verdict == "fine"
    assert [f.check for f in report.failed] == ["duplicates"]
    with pytest.raises(KeyError, match="counts, duplicates"):
        report["colours"]
    assert "1,234 images" in str(report)


def test_what_loading_could_not_use_is_listed_what_is_left_out_first():
    odd = [Problem(f"{i}.png", "the ending is '.png', the content JPEG", "kept") for i in range(60)]
    pipe = Problem("z/image.png", "a named pipe, not a file", "left out")
    found = checks.check_files([*odd, pipe])
    assert found.verdict == "fail"
    assert found.affected_files()[0] == "z/image.png: a named pipe, not a file"
    assert found.numbers["left out"] == 1
    assert len(found.affected_files()) + found.numbers["not shown"] == 61


def test_an_older_report_is_no_fault_of_the_data(report, tmp_path):
    page = audit.write_html(report, tmp_path / "audit.html")
    other = tmp_path / "other.html"
    other.write_text("<html>")
    text = "lies outside the class folders, so it has no label"
    problems = [Problem(str(p), text, "left out") for p in (page, page.with_suffix(".json"), other)]
    assert checks.check_files(problems[:2]).verdict == "fine"
    assert checks.check_files(problems).affected_files() == [f"{other}: {text}"]
    assert checks.check_files(
        [Problem(str(tmp_path / "gone.json"), text, "left out")]
    ).affected_files()


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="fail, look, fine, not checked"):
        Finding("counts", "good", "")
