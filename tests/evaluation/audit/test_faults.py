"""One fault a test, planted in a set that is silent without it."""

import shutil

import numpy as np
import pytest
from PIL import Image

from cxrlib import data
from cxrlib.evaluation import audit
from cxrlib.evaluation.audit import checks, duplicates, probes
from tests.evaluation.audit.conftest import draw_set, pictured, table


@pytest.fixture
def copy(clean, tmp_path):
    return shutil.copytree(clean, tmp_path / "set")


def files(root, where="train/NORMAL"):
    return sorted((root / where).glob("*.png"))


def alarms(report):
    return {f.check: f.verdict for f in report.findings if f.verdict in ("fail", "look")}


def test_a_clean_set_is_passed_in_silence(clean):
    report = audit.audit(table(clean))
    assert alarms(report) == {}
    assert [f.check for f in report.findings] == list(audit.CHECKS)


def test_a_copy_across_splits(without_probes, copy):
    shutil.copy(files(copy)[0], copy / "test/NORMAL/p9001_0.png")
    report = audit.audit(table(copy))
    assert alarms(report) == {"duplicates": "fail"}
    assert report["duplicates"].numbers["across splits"] == 1


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image.resize((70, 75)),
        lambda image: image.point(lambda v: min(255, int(0.8 * v + 25))),
    ],
    ids=["resized", "exposed"],
)
def test_a_near_copy_across_splits(without_probes, copy, changed):
    with Image.open(files(copy)[3]) as image:
        changed(image.convert("L")).save(copy / "test/NORMAL/p9001_0.jpg", quality=80)
    report = audit.audit(table(copy))
    assert alarms(report) == {"duplicates": "fail"}
    names = [e.path.rsplit("/", 1)[1] for e in report["duplicates"].examples]
    assert sorted(names) == sorted([files(copy)[3].name, "p9001_0.jpg"])


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
    assert [e.path for e in report["two labels"].examples] == sorted(map(str, (image, again)))
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
    assert str(again) in "".join(found.numbers["the same file"])


def test_a_class_of_one_patient_ends_no_check_in_an_error(copy):
    for path in [*files(copy, "train/PNEUMONIA")[1:], *files(copy, "test/PNEUMONIA")]:
        path.unlink()
    (copy / "test/PNEUMONIA").rmdir()
    shutil.rmtree(copy / "test")
    report = audit.audit(table(copy))
    assert [f.check for f in report.findings] == list(audit.CHECKS)
    for check in ("sizes", "brightness", "shortcuts"):
        assert report[check].verdict == "not checked"
        assert "patients" in report[check].summary


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
    assert str(path) in report["files"].numbers["files"][0]


def test_a_size_or_an_exposure_that_tells_the_label(copy):
    for path in copy.rglob("PNEUMONIA/*.png"):
        with Image.open(path) as image:
            darker = image.convert("L").point(lambda v: int(0.75 * v))
            darker.resize((image.width + 40, image.height)).save(path)
    assert checks.check_sizes(table(copy)).verdict == "fail"
    assert checks.check_brightness(*pictured(copy)).verdict == "fail"


def test_a_set_of_mostly_sick_children(copy):
    for path in files(copy)[10:] + files(copy, "test/NORMAL")[5:]:
        path.unlink()
    assert checks.check_counts(table(copy)).verdict == "look"


def test_without_patients_it_says_what_it_could_not_check(without_probes, clean):
    report = audit.audit(data.load(clean, quiet=True).assign(patient_id=None))
    assert report["patients"].verdict == "not checked"
    assert not report.failed


def test_a_handful_of_images_is_told_that_probes_need_more(copy):
    for path in files(copy)[3:] + files(copy, "train/PNEUMONIA")[3:]:
        path.unlink()
    shutil.rmtree(copy / "test")
    report = audit.audit(table(copy))
    assert report["shortcuts"].verdict == report["folder shift"].verdict == "not checked"
    assert "5 patients" in report["shortcuts"].summary


def test_many_classes_are_each_asked_against_the_rest(copy):
    for split in ("train", "test"):
        (copy / split / "VIRAL").mkdir()
        for path in files(copy, f"{split}/NORMAL")[::2]:
            pixels = np.asarray(Image.open(path)).copy()
            pixels[:14, :14] = 255  # a planted corner
            Image.fromarray(pixels).save(copy / split / "VIRAL" / path.name)
            path.unlink()
    assert probes.check_shortcuts(*pictured(copy)).verdict == "fail"
