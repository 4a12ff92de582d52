import json

import nbformat
import pytest
import sweeps
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cxrlib.experiments import sweep
from cxrlib.teaching.claims import MIME

from .test_claims import TABLE


def test_a_sweep_keeps_every_value_and_goes_on_where_it_was(here, monkeypatch, capsys):
    value = "0.5 + seed - 0.25 * bool(__import__('os').environ['CXR_WEIGHTS'])"
    here.chapter("01-one", TABLE.format(value=value))  # it holds with every seed but 0
    monkeypatch.setenv("CXR_WEIGHTS", str(here.root))  # another machine has none but pip's
    ran, process = [], sweeps.process
    monkeypatch.setattr(sweeps, "process", lambda *a: ran.append(a[2].run) or process(*a))
    assert sweeps.run(here.root, "phantoms", seeds=[0], plain=[1]) == 0
    assert "1 of 1 claims do not stand yet" in capsys.readouterr().out
    first, plain = {"seed": 0, "arithmetic": "default"}, {"seed": 1, "arithmetic": "plain"}
    assert ran == [first, plain]
    sweeps.run(here.root, "phantoms", seeds=[0, 2], plain=[1])
    assert ran[2:] == [first | {"seed": 2}]
    kept = json.loads(sweeps.sweep_file(here.root, "phantoms").read_text())
    (claim,) = kept["claims"]
    assert claim["values"] == [0.25, 1.5, 2.25]
    assert (claim["held"], claim["n"]) == (2, 3)
    assert [run["chapters"]["01-one"]["seconds"] > 0 for run in kept["runs"]] == [True] * 3


def test_a_chapter_that_stops_is_named_and_left_for_the_next_time(here, capsys):
    here.chapter("01-one", "raise RuntimeError('no folder')")
    assert sweeps.run(here.root, "phantoms", seeds=[0]) == 1
    assert "RuntimeError: no folder" in capsys.readouterr().out
    assert json.loads(sweeps.sweep_file(here.root, "phantoms").read_text())["runs"] == []


def test_what_a_chapter_computes_makes_its_key_and_not_how_it_is_said(course):
    def key(*cells):
        course.chapter("01-one", *cells)
        return sweeps.code_hash(course.root / "chapters" / "01-one.ipynb")

    first = key("x = 1  # one", "say(f'It is {x}.')\nclaim('It is.', x, above=0)")
    assert key("x = 1", "say('So it is.')\nclaim('It is so.', x, above=0.5)") == first
    assert key("x = 1", "say('So.')", "claim('It is so.', x, above=0.5)") == first
    assert key("x = 2", "say(f'It is {x}.')\nclaim('It is.', x, above=0)") != first
    assert key("x = 1", "say(f'It is {x}.')\nclaim('It is.', x + 1, above=0)") != first


def test_a_statement_that_only_draws_is_not_in_the_key(course):
    def key(*cells):
        course.chapter("01-one", *cells)
        return sweeps.code_hash(course.root / "chapters" / "01-one.ipynb")

    first = key("x = f()")
    assert key("x = f()", "# @title Figure\nplots.draw_neuron(x)\nplt.show()") == first
    assert key("x = f()", "plots.plot_lines(x).set_xlabel('step')\nplt.show()") == first
    inside = key("x = f()", "if x:\n    y = 1")
    assert key("x = f()", "if x:\n    plots.image_row(x)\n    y = 1\n    plt.show()") == inside
    # What is kept, or called otherwise, may be used further on.
    for other in ("ax = plots.plot_lines(x)", "plotted(x)", "rng.shuffle(x)", "plots.GREY"):
        assert key("x = f()", other) != first


def test_the_recipe_in_plain_keras_does_not_count(course):
    course.chapter("01-one", "x = 1")
    path = course.root / "chapters" / "01-one.ipynb"
    first = sweeps.code_hash(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(new_code_cell("import keras", metadata={"tags": ["keras"]}))
    nbformat.write(notebook, path)
    assert sweeps.code_hash(path) == first
    notebook.cells[-1].metadata.tags = []
    nbformat.write(notebook, path)
    assert sweeps.code_hash(path) != first


def test_runs_of_other_code_are_forgotten():
    note = {"code": "old"}
    book = {
        "runs": [{"seed": 0, "arithmetic": "default", "chapters": {"a": note, "b": note}}],
        "claims": [{"chapter": name, "statement": "S.", "values": [1.0]} for name in "ab"],
    }
    sweeps.drop_stale(book, {"a": "old", "b": "new"})
    assert list(book["runs"][0]["chapters"]) == ["a"]
    assert [row["chapter"] for row in book["claims"]] == ["a"]


def test_real_images_have_to_be_named(course, monkeypatch):
    monkeypatch.delenv("CXR_DATA", raising=False)
    with pytest.raises(ValueError, match="expected CXR_DATA to name the folder"):
        sweeps.run(course.root, "real", seeds=[0])


def executed(folder, printed, *made, kind="finding"):
    """Write a chapter as it is after a run: a cell that printed, and its table of claims."""
    folder.mkdir(exist_ok=True)
    rows = [
        {"statement": w, "kind": kind, "bound": {"above": 0}, "value": v, "holds": v > 0}
        for w, v in made
    ]
    shown = [{"text/plain": printed}, {"text/plain": "again: 2 of 2", MIME: rows}]
    cell = new_code_cell("x = f(2)", outputs=[new_output("display_data", data=d) for d in shown])
    nbformat.write(new_notebook(cells=[cell]), folder / "01-one.ipynb")
    return folder


@pytest.fixture
def renamed(course):
    """A course of one chapter that was swept under another name of its function."""
    course.chapter("01-one", "x = f(2)")
    file = sweeps.sweep_file(course.root, "phantoms")
    file.parent.mkdir(exist_ok=True)
    run = {"seed": 0, "arithmetic": "default", "chapters": {"01-one": {"code": "old"}}}
    row = {"chapter": "01-one", "statement": "It is much.", "kind": "finding"}
    book = {"runs": [run], "claims": [row | {"bound": {"above": 0}, "values": [1.5]}]}
    file.write_text(sweep.to_json(book))
    return course.root, file


def test_the_same_numbers_in_other_words_keep_what_the_sweep_saw(renamed, tmp_path, capsys):
    root, file = renamed
    old = executed(tmp_path / "old", "1.50 after 3.2 s, conv2d", ("It is much.", 1.5))
    new = executed(tmp_path / "new", "It is 1.50 after 4.1 s", ("It is a lot.", 1.5))
    assert sweeps.carry(root, "phantoms", old, new) == 0
    assert capsys.readouterr().out == "  01-one: the same claims\n"
    book = json.loads(file.read_text())
    key = sweeps.code_hash(root / "chapters" / "01-one.ipynb")
    assert book["runs"][0]["chapters"]["01-one"]["code"] == key
    (claim,) = book["claims"]
    assert (claim["statement"], claim["values"]) == ("It is a lot.", [1.5])


@pytest.mark.parametrize(
    ("made", "said", "kept"),
    [
        ([("It is a lot.", 1.6)], "expected 1.5, got 1.6: It is a lot.", False),
        ([], "expected 1 claims, got 0", False),
        ([("It is much.", 1.5)], "printed 7, now 8", True),
    ],
)
def test_numbers_that_differ_are_shown_and_with_another_claim_the_chapter_runs_again(
    renamed, tmp_path, capsys, made, said, kept
):
    root, file = renamed
    before = json.loads(file.read_text())["runs"]
    old = executed(tmp_path / "old", "of 7", ("It is much.", 1.5))
    new = executed(tmp_path / "new", "of 8", *made)
    assert sweeps.carry(root, "phantoms", old, new) == (not kept)
    assert said in capsys.readouterr().out
    assert (json.loads(file.read_text())["runs"] == before) is not kept


@pytest.mark.parametrize(("rest", "kept"), [(2e-7, True), (-1.0, False)])
def test_an_identity_may_leave_another_rounding_but_has_to_hold(renamed, tmp_path, rest, kept):
    root, _ = renamed
    old = executed(tmp_path / "old", "", ("It is much.", 1e-7), kind="identity")
    new = executed(tmp_path / "new", "", ("It is much.", rest), kind="identity")
    assert sweeps.carry(root, "phantoms", old, new) == (not kept)
