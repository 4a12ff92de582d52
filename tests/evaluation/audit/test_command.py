import shutil

from cxrlib.cli import main


def test_a_clean_folder_passes(clean, capsys):
    assert main(["audit", str(clean), "--patient", r"p\d+"]) == 0
    out = capsys.readouterr().out
    assert "160 images" in out
    assert "fail" not in out


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
