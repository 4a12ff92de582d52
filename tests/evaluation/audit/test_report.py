import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxrlib.data import occlusion
from cxrlib.data.cases import Problem
from cxrlib.data.class_folders import NO_IMAGE
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import checks, evidence, page, probes
from cxrlib.evaluation.audit.report import (
    MARKS,
    Affected,
    Example,
    Finding,
    Histogram,
    Report,
    View,
)


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
    pair = (Example(str(image), "train"), Example(str(image.parent / "gone.png"), "test"))
    findings = (
        Finding(
            "counts", "fine", "as many <b>healthy</b> as sick", "", {"n": 1200}, note="Mark <it>."
        ),
        Finding(
            "duplicates", "fail", "2 pairs", "Keep one.", {"auc": [0.91234, 0.9, 0.93]},
            (Affected(("a.png", "gone.png"), "a.png and gone.png: the same", "fail", pair),),
        ),
    )  # fmt: skip
    return Report("a set", 1234, findings, 3.2)


def test_the_page_stands_alone_with_json_beside(report, tmp_path):
    page = audit.write_html(report, tmp_path / "out" / "audit.html")
    text = page.read_text()
    assert text.index("✗ fail") < text.index("✓ fine"), "what failed comes first"
    assert "as many &lt;b&gt;healthy&lt;/b&gt; as sick" in text
    assert "<b>Mind:</b> Mark &lt;it&gt;.</p>" in text
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


def test_a_note_is_said_once_for_all_checks_that_it_is_about(report):
    noted = [Finding(name, "fine", "AUC 0.5", note="Mind.") for name in ("sizes", "brightness")]
    told = str(Report("a set", 1, (*noted, report["duplicates"]), 1.0)).splitlines()
    assert told[0] == "a set: 1 image"
    assert told[-1] == "sizes, brightness: Mind."


def test_what_loading_could_not_use_is_listed_what_is_left_out_first():
    odd = [Problem(f"{i}.png", "the ending is '.png', the content JPEG", "kept") for i in range(60)]
    pipe = Problem("z/image.png", "a named pipe, not a file", "left out")
    found = checks.check_files([*odd, pipe])
    assert found.verdict == "fail"
    assert found.affected_files()[0] == "z/image.png: a named pipe, not a file"
    assert found.numbers == {"left out": 1, "without an image": 0, "odd but kept": 60}
    assert found.summary == "1 file left out, 60 files odd but kept"
    assert [each.verdict for each in found.affected] == ["fail"] + 60 * ["look"]


def test_what_is_no_image_in_a_class_folder_asks_for_a_look():
    found = checks.check_files([Problem("a/notes.txt", NO_IMAGE, "left out")])
    assert (found.verdict, found.summary) == ("look", "1 file without an image")
    assert found.affected_files() == [f"a/notes.txt: {NO_IMAGE}"]
    assert "at random" not in found.advice


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="fail, look, known, fine, not checked"):
        Finding("counts", "good", "")


@pytest.mark.parametrize("verdict", ["fail", "look"])
def test_a_verdict_that_asks_for_something_says_what_to_do(verdict):
    with pytest.raises(ValueError, match=f"expected advice with the verdict '{verdict}' of counts"):
        Finding("counts", verdict, "few")


def test_what_stands_behind_a_verdict_is_drawn(report, tmp_path):
    bins = {"train": {"a": [0.25, 0.75], "b": [1.0, 0.0]}, "test": {"a": [0.5, 0.5]}}
    told = Finding(
        "brightness", "look", "mean grey", "Do.", {"grey": [0.75, 0.5, 1.0]},
        histograms=(Histogram("mean grey", (0.0, 5.0, 10.0), bins),),
        views=(View("border only", (("mean of a", np.zeros((4, 4), np.uint8)),)),),
    )  # fmt: skip
    counts = Finding("counts", "fine", "few", numbers={"train": {"a": 3, "b": 1}})
    written = audit.write_html(Report("x", 4, (counts, told), 1.0), tmp_path / "a.html")
    text = written.read_text()
    assert text.count('role="img"') == 2, "a panel each split"
    # Of the tallest bin, 1: three quarters are a quarter below the top of 110.
    assert '<polygon class="c0" points="0,110 0.0,82.5 160.0,82.5 160.0,27.5 320.0,27.5' in text
    assert '<circle cx="160.0"' in text, "halfway from chance to always"
    assert 'style="flex:3">3</span>' in text
    assert 'alt="mean of a"' in text
    assert 'id="brightness"' in text
    assert "views" not in json.loads((tmp_path / "a.json").read_text())["findings"][1]


def test_histograms_tell_proportions_by_split_and_class():
    cases = pd.DataFrame({"split": ["train"] * 4 + ["test"] * 2, "label": list("aabbab")})
    cases["label"] = pd.Categorical(cases["label"])
    values = np.array([0.0, 10, 10, 10, 0, 0])
    found = evidence.histogram("x", values, cases)
    assert list(found.proportions) == ["train", "test"]
    assert len(found.edges) == evidence.N_BINS + 1
    ends = {
        (split, name): (bins[0], bins[-1])
        for split, classes in found.proportions.items()
        for name, bins in classes.items()
    }
    assert ends == {
        ("train", "a"): (0.5, 0.5),
        ("train", "b"): (0, 1),
        ("test", "a"): (1, 0),
        ("test", "b"): (1, 0),
    }


def test_a_probe_shows_means_and_where_its_class_is_brighter():
    cases = pd.DataFrame({"label": pd.Categorical(["a", "a", "b"])})
    x = np.full((3, 2, 2, 1), 0.25)
    x[2, 0, 0], x[:2, 1, 1] = 1, 0.5

    def corners_only(images):
        return images * np.eye(2)[None, :, :, None]

    view = evidence.class_view("corners", cases, x, np.array([0, 0, 1]), corners_only)
    (_, a), (_, b), (title, change) = view.images
    assert a.tolist() == [[64, 0], [0, 128]]
    assert b.tolist() == [[255, 0], [0, 64]]
    assert title.startswith("b brighter")
    assert change[..., 3].tolist() == [[255, 0], [0, 85]]
    assert tuple(change[0, 0, :3]) == evidence.FIRST
    assert tuple(change[1, 1, :3]) == evidence.SECOND


def test_each_check_has_its_question_on_the_page_and_in_the_book():
    assert tuple(page.QUESTIONS) == audit.CHECKS
    told = (Path(__file__).parents[3] / "book" / "audit.md").read_text(encoding="utf-8")
    parts = [f"**{check}** · *{question}*" for check, question in page.QUESTIONS.items()]
    parts += [
        f"| {check} | {look:.2f} | {fail:.2f} |" for check, (look, fail) in probes.LIMITS.items()
    ]
    assert [part for part in parts if part not in told] == []
    for verdict, mark in MARKS.items():
        assert f"| {mark} {verdict} |" in told
