import shutil

import pytest

from cxrlib.cli import main


def test_a_clean_folder_passes(clean, capsys):
    assert main(["audit", str(clean), "--patient", r"p\d+"]) == 0
    out = capsys.readouterr().out
    assert "160 images" in out
    assert "fail" not in out


def test_a_set_without_patients_is_told_what_that_means(without_probes, clean, capsys):
    assert main(["audit", str(clean)]) == 0
    out = capsys.readouterr().out
    assert "\nbrightness: No patients are known, so each image counts as a patient" in out
    assert "\npatients: Without patient ids nobody can tell" in out


def test_files_beside_the_classes_fail_nothing_and_one_inside_asks_for_a_look(
    without_probes, copy, capsys
):
    for place in (".", "train", "train/NORMAL"):
        (copy / place / "metadata.csv").write_text("file,label")
    assert main(["audit", str(copy), "--patient", r"p\d+"]) == 0
    out = capsys.readouterr().out
    assert "look        files         1 file without an image" in out
    assert out.count("metadata.csv") == 1


def test_a_fault_gives_exit_code_1_its_files_and_a_page(without_probes, copy, tmp_path, capsys):
    image, page = next((copy / "train/NORMAL").glob("*.png")), tmp_path / "audit.html"
    shutil.copy(image, copy / "train/PNEUMONIA/p9001_0.png")
    assert main(["audit", str(copy), "--patient", r"p\d+", "--html", str(page)]) == 1
    said = capsys.readouterr().out
    assert "two labels: Find out which label is right" in said
    assert f"  {image}: the same image as" in said
    assert page.exists()


def test_a_report_in_the_folder_itself_is_not_audited_the_next_time(without_probes, copy, capsys):
    for _ in range(2):
        assert main(["audit", str(copy), "--html", str(copy / "report.html")]) == 0
    assert "every file could be read" in capsys.readouterr().out


def test_a_report_is_not_written_among_the_classes(copy, capsys):
    page = copy / "reports" / "report.html"
    assert main(["audit", str(copy), "--html", str(page)]) == 1
    assert "expected a report outside of the sub-folders" in capsys.readouterr().err
    assert not page.parent.exists()


def test_what_is_neither_folder_nor_set_is_named(capsys, tmp_path):
    assert main(["audit", str(tmp_path / "gone")]) == 1
    assert "expected a folder or one of pneumonia" in capsys.readouterr().err


def test_a_baseline_lets_only_what_is_new_fail(without_probes, copy, tmp_path, capsys):
    old, junit = copy / "audit.json", copy / "audit.xml"
    run = ["audit", str(copy), "--patient", r"p\d+"]
    image, other = sorted((copy / "train/NORMAL").glob("*.png"))[:2]
    shutil.copy(image, copy / "test/NORMAL/p9001_0.png")
    assert main([*run, "--write-baseline", str(old)]) == 0
    moved = shutil.move(copy, tmp_path / "elsewhere")  # another machine
    run[1], old, junit = str(moved), moved / old.name, moved / junit.name
    assert main([*run, "--baseline", str(old), "--junit", str(junit)]) == 0
    assert "known       duplicates" in capsys.readouterr().out
    again = moved / "test/NORMAL/p9002_0.png"
    shutil.copy(moved / other.relative_to(copy), again)
    assert main([*run, "--baseline", str(old), "--junit", str(junit)]) == 1
    said = capsys.readouterr().out
    assert "1 new of 2: " in said
    assert f"{again} and" in said
    assert "p9001_0" not in said
    assert "every file could be read" in said, "its own outputs are no data"


def test_what_a_person_should_look_at_comes_with_advice(without_probes, copy, capsys):
    for path in sorted((copy / "train/NORMAL").glob("*.png"))[10:]:
        path.unlink()
    assert main(["audit", str(copy), "--patient", r"p\d+"]) == 0
    assert "\ncounts: Answering 'PNEUMONIA' to everything" in capsys.readouterr().out


def test_a_table_is_audited_like_a_folder(without_probes, clean, tmp_path, capsys):
    rows = ["file,class,who,part"]
    for path in sorted(clean.rglob("*.png")):
        split, label = path.parts[-3:-1]
        rows.append(f"{path},{label},{path.name[:5]},{split}")
    path, label, patient, split = rows[1].split(",")
    rows.append(f"{path},{label},{patient},{'train' if split == 'test' else 'test'}")
    table = tmp_path / "cases.csv"
    table.write_text("\n".join(rows))
    columns = ("path", "file", "label", "class", "patient", "who", "split", "part")
    pairs = zip(columns[::2], columns[1::2], strict=True)
    named = [word for what, name in pairs for word in (f"--{what}-column", name)]
    assert main(["audit", "--table", str(table), *named]) == 1
    said = capsys.readouterr().out
    assert said.startswith("cases.csv: 161 images")
    assert "on both sides of a split: 1 patient with 2 images" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "got neither"),
        (["{folder}", "--table", "x.csv"], "got both"),
        (["--table", "x.csv", "--patient", "p"], "--patient-column with --table"),
        (["{folder}", "--label-column", "y"], "--label-column with --table"),
        (["{file}"], "For a table write: cxr audit --table"),
        (["{folder}", "--html", "report.txt"], "ends in .html, got report.txt. Write report.html"),
        (["{folder}", "--baseline", "a.json", "--html", "a.html"], "would replace the baseline"),
        (["{folder}", "--baseline", "{folder}/gone.json"], "gone.json: expected a baseline"),
    ],
)
def test_contradicting_options_are_refused_before_anything_is_read(tmp_path, capsys, options, said):
    (tmp_path / "cases.csv").write_text("path,label\n")
    places = {"folder": tmp_path, "file": tmp_path / "cases.csv"}
    assert main(["audit", *(each.format(**places) for each in options)]) == 1
    assert said in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_said_after_the_findings(
    without_probes, clean, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    page = tmp_path / "file" / "report.html"
    assert main(["audit", str(clean), "--html", str(page)]) == 1
    printed = capsys.readouterr()
    assert "160 images" in printed.out
    assert "expected to write the report" in printed.err
