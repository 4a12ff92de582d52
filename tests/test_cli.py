import joblib
import pytest

from cxrlib import experiments as records
from cxrlib import experiments as studies
from cxrlib.cli import main
from tests.experiments.test_record import fields


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path))
    return tmp_path


def test_the_command_lists_the_records(folder, capsys):
    records.write(records.make(**fields()), folder)
    records.write(records.make(**fields(id="study-x", article=None, seconds=7)), folder)
    assert main(["results"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "article", "title", "result", "(interval)", "seconds"]
    assert first.startswith("article-3-repaired  3        Article 3 · répaired")
    assert first.endswith("test accuracy 0.667 (0.2 to 0.9)    1,235")
    assert second.startswith("study-x             –")
    assert second.endswith("        7")


def test_the_command_shows_one_record(folder, capsys):
    records.write(records.make(**fields()), folder)
    assert main(["results", "article-3-repaired"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "Article 3 · répaired\narticle-3-repaired · article 3\n",
        "  test accuracy  0.667 (0.2 to 0.9) · by hand\n",
        "Seed 1, 2 epochs\n",
        "  test, truly A  answered 1 A, 1 B\n  test, truly B  answered 0 A, 1 B\n",
        "3 pictures (2 A, 1 B), patients not known",
        "9 pictures (5 A, 4 B), 8 patients",
        "layers         16, 32\n",
        "looks at the test set  1\n",
        "Notes\n  - Three pictures only.\n",
    ):
        assert part in shown


def test_a_study_gets_the_processes_asked_for(folder, capsys, monkeypatch):
    asked = []

    def reproduce(id, seeds, folder):
        asked.append((id, seeds, joblib.Parallel().n_jobs))
        return records.make(**fields())

    monkeypatch.setattr(studies, "reproduce", reproduce)
    for more in ([], ["--workers", "2", "--seeds", "3"]):
        assert main(["reproduce", "study-x", *more]) == 0
    assert asked == [
        ("study-x", None, 1),
        ("study-x", [3], 2),
    ]
    assert f"written to {folder / 'article-3-repaired'}.json" in capsys.readouterr().out


def test_the_command_says_when_there_is_nothing_to_show(folder, capsys, monkeypatch):
    assert main(["results"]) == 0
    assert capsys.readouterr().out.startswith(f"No record in {folder} yet.")
    assert main(["results", "study-x"]) == 1
    assert "Known: none yet." in capsys.readouterr().err
    monkeypatch.setenv("CXR_RESULTS", str(folder / "gone"))
    assert main(["results"]) == 1
    assert "there is no such folder" in capsys.readouterr().err


def test_a_spoilt_record_does_not_hide_the_others(folder, capsys):
    records.write(records.make(**fields()), folder)
    (folder / "study-x.json").write_text("{")
    (folder / "Bad_Name.json").write_text("{}")
    assert main(["results"]) == 1
    printed = capsys.readouterr()
    assert "article-3-repaired" in printed.out
    assert str(folder / "study-x.json") in printed.err
    assert str(folder / "Bad_Name.json") in printed.err
