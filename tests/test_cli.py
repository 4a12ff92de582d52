import argparse
import shlex

import pytest

import cxrlib
from cxrlib.cli import _parser, main
from cxrlib.experiments import Record, registry
from cxrlib.experiments.specification import shipped_papers
from tests.experiments.conftest import fields


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path))
    return tmp_path


def test_the_command_lists_the_records(folder, capsys):
    Record.create(**fields()).write()
    Record.create(**fields(id="study-x", article=None, seconds=7)).write()
    assert main(["results"]) == 0
    head, first, second, empty, papers, only = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["id", "article", "title", "result"]
    assert head.split()[-2:] == ["seeds", "seconds"]
    assert first.startswith("article-3-repaired  3        Article 3 · répaired")
    assert first.endswith("test accuracy 0.667 (0.2 to 0.9)  2: 0.667 to 0.667    1,235")
    assert second.startswith("study-x             –")
    assert second.endswith("        7")
    assert empty == ""
    assert papers.split()[:4] == ["study", "metric", "published", "as"]
    row = "article-3-repaired test accuracy over 0.9 – 0.667 (0.200 to 0.900) –"
    assert " ".join(only.split()) == row


def test_the_command_shows_one_record(folder, capsys):
    Record.create(**fields()).write()
    assert main(["results", "article-3-repaired"]) == 0
    shown = capsys.readouterr().out
    parts = (
        "Article 3 · répaired\narticle-3-repaired · article 3\n",
        "  test accuracy  0.667 (0.2 to 0.9) · by hand\n",
        "Seed 1, 2 epochs\n",
        "  test, true A   predicted 1 A, 1 B\n  test, true B   predicted 0 A, 1 B\n",
        "3 images (2 A, 1 B), patients not known",
        "9 images (5 A, 4 B), 8 patients",
        "layers         16, 32\n",
        "test set evaluations  1 a run\n",
        "Notes\n  - Three images only.\n",
    )
    assert [part for part in parts if part not in shown] == []


def test_a_paper_stands_for_all_its_studies_and_a_file_for_a_paper(tmp_path, capsys):
    three = [study.id for study in registry.find("article-3")]
    assert three == ["article-3-as-published", "article-3-repaired"]
    (file,) = [path for path in shipped_papers() if path.stem == "article-3"]
    assert [study.id for study in registry.find(str(file))] == three
    assert [study.id for study in registry.find("study-slow-statistics")] == [
        "study-slow-statistics"
    ]
    (tmp_path / "mine.json").write_text("{")
    assert main(["reproduce", str(tmp_path / "mine.json")]) == 1
    assert "mine.json: expected a paper as JSON" in capsys.readouterr().err
    assert main(["reproduce", "articel-3"]) == 1
    assert "Did you mean" in capsys.readouterr().err


def test_reproduce_without_an_id_lists_the_studies(capsys):
    assert main(["reproduce"]) == 0
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert listed == {id: study.title for id, study in registry.STUDIES.items()}


def test_the_command_says_when_there_is_nothing_to_show(folder, capsys, monkeypatch):
    assert main(["results"]) == 0
    assert capsys.readouterr().out.startswith(f"No record in {folder} yet.")
    assert main(["results", "study-x"]) == 1
    assert "Known: none yet." in capsys.readouterr().err
    monkeypatch.setenv("CXR_RESULTS", str(folder / "gone"))
    assert main(["results"]) == 1
    assert "expected a folder with records" in capsys.readouterr().err


def test_a_spoilt_record_does_not_hide_the_others(folder, capsys):
    Record.create(**fields()).write()
    (folder / "study-x.json").write_text("{")
    (folder / "Bad_Name.json").write_text("{}")
    assert main(["results"]) == 1
    printed = capsys.readouterr()
    assert "article-3-repaired" in printed.out
    assert str(folder / "study-x.json") in printed.err
    assert str(folder / "Bad_Name.json") in printed.err


def parsers(parser):
    """Walk a parser and those of its commands, by name."""
    yield parser.prog, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from parsers(each)


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"cxr {cxrlib.__version__}, Python 3.")


def test_a_commands_help_ends_with_examples_that_it_takes_and_with_its_exit_codes(capsys):
    told = {name: parser for name, parser in parsers(_parser()) if parser.epilog}
    assert {"cxr audit", "cxr data fetch", "cxr reproduce", "cxr results"} <= set(told)
    for name, parser in told.items():
        examples = [line[2:] for line in parser.epilog.splitlines() if line.startswith("  ")]
        assert examples
        for example in examples:
            assert example.startswith(name)
            _parser().parse_args(shlex.split(example)[1:])
        with pytest.raises(SystemExit, match="0"):
            main([*name.split()[1:], "--help"])
        shown = capsys.readouterr().out
        assert "Examples:\n" in shown
        assert "Exit code: 0" in shown
