"""One fault a test, planted in a set that is silent without it."""

import shutil
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cxrlib import data
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import checks, duplicates, probes
from cxrlib.evaluation.intervals import Interval
from tests.evaluation.audit.conftest import draw_set, pictured, table


def files(root, where="train/NORMAL"):
    return sorted((root / where).glob("*.png"))


def alarms(report):
    return {f.check: f.verdict for f in report.findings if f.verdict in ("fail", "look")}


def test_a_clean_set_is_passed_in_silence(clean):
    report = audit.audit(table(clean))
    assert alarms(report) == {}
    assert [f.check for f in report.findings] == list(audit.CHECKS)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (lambda image: image, "p9001_0.png"),
        (lambda image: image.resize((70, 75)), "p9001_0.jpg"),
        (lambda image: image.point(lambda v: min(255, int(0.8 * v + 25))), "p9001_0.jpg"),
    ],
    ids=["exact", "resized", "exposed"],
)
def test_a_copy_across_splits(without_probes, copy, changed, name):
    with Image.open(files(copy)[3]) as image:
        changed(image.convert("L")).save(copy / "test/NORMAL" / name, quality=80)
    report = audit.audit(table(copy))
    assert alarms(report) == {"duplicates": "fail"}
    numbers, shown = report["duplicates"].numbers, report["duplicates"].examples
    assert (numbers["across splits"], numbers["exact"]) == (1, int(name.endswith("png")))
    assert sorted(e.path for e in shown) == [str(copy / "test/NORMAL" / name), str(files(copy)[3])]


def test_an_image_under_two_labels(copy):
    with Image.open(files(copy)[5]) as image:  # saved anew: no byte of the file is the same
        image.save(copy / "train/PNEUMONIA/p9002_0.jpg", quality=95)
    found = duplicates.check_duplicates(*pictured(copy))
    assert found.verdict == "fail"
    assert found.numbers["under two labels"] == 1


def test_one_file_under_two_labels(without_probes, copy):
    image, again = files(copy)[5], copy / "test/PNEUMONIA/p9002_0.png"
    shutil.copy(image, again)  # loading leaves both out: nobody can tell which label is right
    report = audit.audit(table(copy))
    assert alarms(report) == {"two labels": "fail"}
    assert {e.path for e in report["two labels"].examples} == {str(image), str(again)}
    assert {e.caption for e in report["two labels"].examples} == {"'NORMAL'", "'PNEUMONIA'"}
    for one, other in ((image, again), (again, image)):
        assert any(
            line.startswith(f"{one}: ") and str(other) in line
            for line in report["two labels"].affected_files()
        )


def test_files_of_one_content_that_loading_kept_are_named(copy):
    image, again = files(copy)[5], files(copy)[5].with_name("p0000_9.png")
    for path in (image, again):  # of one grey: like nothing, but the same file
        Image.new("L", (90, 96), 30).save(path)
    found = duplicates.check_duplicates(*pictured(copy), table(copy).attrs["problems"])
    assert found.verdict == "look"
    assert found.numbers["files of one content"] == 2
    assert str(again) in "".join(found.affected_files())


def test_a_class_of_one_patient_ends_no_check_in_an_error(copy):
    for path in files(copy, "train/PNEUMONIA")[1:]:
        path.unlink()
    shutil.rmtree(copy / "test")
    report = audit.audit(table(copy))
    assert [f.check for f in report.findings] == list(audit.CHECKS)
    for check in ("sizes", "brightness", "shortcuts", "folder shift"):
        assert report[check].verdict == "not checked"
    assert "2 patients" in report["sizes"].summary
    assert "no train and test splits" in report["folder shift"].summary
    assert "at least 5 patients of each class, got 1" in report["shortcuts"].summary


def test_a_check_that_breaks_leaves_the_others_their_answers(clean, monkeypatch, without_probes):
    def breaks(_):
        raise KeyError("width")

    monkeypatch.setattr(checks, "check_sizes", breaks)
    report = audit.audit(table(clean))
    assert report["sizes"].verdict == "not checked"
    assert report["sizes"].summary == "the check itself broke: KeyError: 'width'"
    assert not report.failed


def test_a_patient_on_both_sides(without_probes, copy):
    image = files(copy, "test/NORMAL")[0]
    image.rename(image.with_name(files(copy)[0].name.replace("_0", "_1")))
    report = audit.audit(table(copy))
    assert alarms(report) == {"patients": "fail"}
    assert report["patients"].numbers["on both sides"] == 1
    assert len(report["patients"].examples) == 2


def test_patients_whose_numbers_alone_overlap_are_counted_apart():
    splits = ["train", "test", "test", "test"]
    cases = pd.DataFrame({"patient_id": ["a7-1", "b1", "c2", None], "split": splits})
    found = checks.check_patients(cases)
    assert found.verdict == "look"  # one image has no id
    assert found.note.startswith(
        "Numbers that stand on both sides of a split with another prefix: 1."
    )
    assert checks.check_patients(cases[:3]).verdict == "fine"
    assert checks.check_patients(cases[1:]).note == ""


def test_a_marker_in_the_corner_of_one_class(tmp_path):
    root = draw_set(tmp_path / "set", marker=("AP", (0.06, 0.06), 0.09))
    found = probes.check_shortcuts(*pictured(root))
    assert found.verdict == "fail"
    assert found.numbers["corners only"][0] > 0.9


def test_another_hospital_in_the_test_folder(tmp_path):
    root = draw_set(tmp_path / "set", test_site="c")
    assert probes.check_folder_shift(*pictured(root)).verdict == "fail"


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image.convert("L").point(lambda v: 255 - v),
        lambda image: Image.new("L", image.size, 30),
    ],
    ids=["inverted", "blank"],
)
def test_an_odd_image(without_probes, copy, changed):
    path = files(copy)[7]
    with Image.open(path) as image:
        changed(image).save(path)
    report = audit.audit(table(copy))
    assert alarms(report) == {"odd images": "fail"}
    assert [e.path for e in report["odd images"].examples] == [str(path)]


def test_half_a_file(without_probes, copy):
    path = files(copy)[9]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    report = audit.audit(table(copy))
    assert alarms(report) == {"files": "fail"}
    assert str(path) in report["files"].affected_files()[0]


def test_a_size_or_an_exposure_that_tells_the_label(copy):
    for path in copy.rglob("PNEUMONIA/*.png"):
        with Image.open(path) as image:
            darker = image.convert("L").point(lambda v: int(0.75 * v))
            darker.resize((image.width + 40, image.height)).save(path)
    assert checks.check_sizes(table(copy)).verdict == "fail"
    squashed = table(copy).assign(width=224, height=200)
    assert checks.check_sizes(squashed).summary.startswith("all images are 224 × 200 pixels")
    assert checks.check_brightness(*pictured(copy)).verdict == "fail"


def test_a_large_set_is_looked_at_in_blocks(monkeypatch, clean):
    cases, few = pictured(clean)
    n = -(-1000 // len(few))
    cases, many = pd.concat([cases] * n), np.concatenate([few] * n)
    many[-1] = 255 - many[-1]
    whole = [checks.check_odd_images(cases, many), checks.check_brightness(cases, many)]
    monkeypatch.setattr(checks, "BLOCK", 50)
    tracemalloc.start()
    by_blocks = [checks.check_odd_images(cases, many)]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    by_blocks.append(checks.check_brightness(cases, many))
    assert [f.numbers for f in by_blocks] == [f.numbers for f in whole]
    assert whole[0].numbers["inverted"] == 1
    assert most < 2 * many.nbytes  # as floats all at once would take four times as much, and more


def test_a_set_of_mostly_sick_children(copy):
    for path in files(copy)[10:]:
        path.unlink()
    found = checks.check_counts(table(copy))
    assert found.verdict == "look"
    assert "a class's share differs by" in found.summary


def test_without_patients_it_says_what_it_could_not_check(without_probes, clean):
    report = audit.audit(data.load(clean, quiet=True).assign(patient_id=None))
    assert report["patients"].verdict == "not checked"
    assert not report.failed


def test_without_patients_an_auc_fails_nothing_and_says_why(tmp_path):
    root = draw_set(tmp_path / "set", n=60, marker=("AP", (0.06, 0.06), 0.09))
    cases, thumbnails = pictured(root)
    assert probes.check_shortcuts(cases, thumbnails).note == ""
    found = probes.check_shortcuts(cases.assign(patient_id=None), thumbnails)
    assert (found.verdict, found.numbers["corners only"][0] > 0.9) == ("look", True)
    assert found.note.startswith("No patients are known, so each image counts as a patient")
    assert found.note.endswith("The verdict is at most look.")
    few = cases.assign(patient_id=cases["patient_id"].where(cases.index > 4))
    found = probes.check_shortcuts(few, thumbnails)
    assert found.verdict == "fail"
    assert found.note.startswith("5 of 60 images have no patient, and each counts")
    assert found.note.endswith("where a model was trained.")


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ((0.40, 0.80), "fine"),
        ((0.00, 1.00), "not checked"),
        ((0.64, 0.81), "not checked"),
        ((0.65, 0.81), "look"),
        ((0.80, 1.00), "look"),
        ((0.81, 1.00), "fail"),
    ],
)
def test_an_interval_that_reaches_over_both_limits_decides_nothing(monkeypatch, ends, verdict):
    auc = Interval(0.7, *ends)
    monkeypatch.setattr(probes, "patient_bootstrap", lambda *_, **__: auc)
    cases = pd.DataFrame({"label": list("aabb"), "patient_id": list("1234")})
    cases = cases.assign(path="a.png", split="train")
    cases["label"] = cases["label"].astype("category")
    found = checks.check_brightness(cases, np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8))
    said = f"mean grey alone: AUC {auc:.2f}"
    expected = {"not checked": f"too few images to say; {said}"}
    assert found.verdict == verdict
    assert found.summary == expected.get(verdict, f"{said}, the worst of 2 numbers")
    assert bool(found.advice) == (verdict in ("look", "fail"))
    assert found.numbers["mean grey"] == [0.7, *ends]


def test_many_classes_are_each_asked_against_the_rest(copy):
    for split in ("train", "test"):
        (copy / split / "VIRAL").mkdir()
        for path in files(copy, f"{split}/NORMAL")[::2]:
            pixels = np.asarray(Image.open(path)).copy()
            pixels[:14, :14] = 255  # a planted corner
            Image.fromarray(pixels).save(copy / split / "VIRAL" / path.name)
            path.unlink()
    assert probes.check_shortcuts(*pictured(copy)).verdict == "fail"
