import json

import carrying
import nbformat
import pytest
import sweeping
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cxrlib.experiments import sweep
from cxrlib.teaching.claims import MIME


def executed(folder, printed, *made):
    """Write a chapter as it is after a run: a cell that printed, and its table of claims."""
    folder.mkdir(exist_ok=True)
    rows = [
        {"statement": words, "kind": "finding", "bound": {"above": 0}, "value": value}
        for words, value in made
    ]
    shown = [{"text/plain": printed}, {"text/plain": "again: 2 of 2", MIME: rows}]
    cell = new_code_cell("x = f(2)", outputs=[new_output("display_data", data=d) for d in shown])
    nbformat.write(new_notebook(cells=[cell]), folder / "01-one.ipynb")
    return folder


@pytest.fixture
def swept(course):
    """A course of one chapter that was swept under another name of its function."""
    course.chapter("01-one", "x = f(2)")
    file = sweeping.file_of(course.root, "phantoms")
    file.parent.mkdir(exist_ok=True)
    run = {"seed": 0, "arithmetic": "default", "chapters": {"01-one": {"code": "old"}}}
    row = {"chapter": "01-one", "statement": "It is much.", "kind": "finding"}
    book = {"runs": [run], "claims": [row | {"bound": {"above": 0}, "values": [1.5]}]}
    file.write_text(sweep.to_json(book))
    return course.root, file


def test_the_same_numbers_in_other_words_keep_what_the_sweep_saw(swept, tmp_path, capsys):
    root, file = swept
    old = executed(tmp_path / "old", "1.50 after 3.2 s, conv2d", ("It is much.", 1.5))
    new = executed(tmp_path / "new", "It is 1.50 after 4.1 s", ("It is a lot.", 1.5))
    assert carrying.run(root, "phantoms", old, new) == 0
    assert capsys.readouterr().out == "  01-one: the same claims\n"
    book = json.loads(file.read_text())
    assert book["runs"][0]["chapters"]["01-one"]["code"] == sweeping.code_key(
        root / "chapters" / "01-one.ipynb"
    )
    assert [(row["statement"], row["values"]) for row in book["claims"]] == [
        ("It is a lot.", [1.5])
    ]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ([("It is a lot.", 1.6)], "expected 1.5, got 1.6: It is a lot."),
        ([], "expected 1 claims, got 0"),
    ],
)
def test_another_number_is_named_and_the_chapter_is_left_to_run_again(
    swept, tmp_path, capsys, made, said
):
    root, file = swept
    before = file.read_text()
    old = executed(tmp_path / "old", "of 7", ("It is much.", 1.5))
    assert carrying.run(root, "phantoms", old, executed(tmp_path / "new", "of 8", *made)) == 1
    assert said in capsys.readouterr().out
    assert json.loads(file.read_text())["runs"] == json.loads(before)["runs"]


def test_printed_numbers_that_differ_are_shown(swept, tmp_path, capsys):
    old = executed(tmp_path / "old", "9 of 12 runs", ("It is much.", 1.5))
    new = executed(tmp_path / "new", "8 of 12 runs", ("It is much.", 1.5))
    assert carrying.run(swept[0], "phantoms", old, new) == 0
    assert "printed 9, now 8" in capsys.readouterr().out
