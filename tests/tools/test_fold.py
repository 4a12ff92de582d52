import fold
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def folded(*sources):
    """Fold cells of these sources; one that begins with `> ` is Markdown."""
    make = [new_markdown_cell if s.startswith("> ") else new_code_cell for s in sources]
    notebook = new_notebook(cells=[new(s) for new, s in zip(make, sources, strict=True)])
    fold.fold(notebook)
    nbformat.validate(notebook)
    return notebook


def in_sight(notebook):
    return [c.source for c in notebook.cells if "hide-input" not in c.metadata.get("tags", [])]


@pytest.mark.parametrize(
    ("source", "first", "name"),
    [
        ('a = 1\nsay("a")', "a = 1", "In words"),
        ('a = 1\n# why\nclaim("a", a, above=0)\ntable.T', "a = 1", "Claim"),
        (
            "m = x.mean()\nax = plots.plot_lines(m)\nax.set_title('m')\nplt.show()",
            "m = x.mean()",
            "Figure",
        ),
        ("m = x.mean()\nevaluation.plots.plot_lines(m)\nplt.show()", "m = x.mean()", "Figure"),
        (
            "plots.image_row(x)\nplt.show()\na = 1\nsay(a)",
            "plots.image_row(x)\nplt.show()\na = 1",
            "In words",
        ),
        ('a = 1\nif a:\n    say("a")\nelse:\n    say("b")', "a = 1", "In words"),
    ],
)
def test_a_cell_is_split_before_its_plumbing(source, first, name):
    shown, hidden = folded(source).cells
    assert shown.source == first
    assert hidden.source.startswith(f"# @title {name}\n")
    assert hidden.metadata.cellView == "form"
    assert hidden.metadata.jupyter.source_hidden is True
    assert hidden.metadata.tags == ["hide-input"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("teaching.labs.kernel(image)", "Lab"),
        ('teaching.quiz("02-neurons")', "Quiz"),
        ('import keras\n\nteaching.start("02-neurons")\nsay = teaching.say', "Set-up"),
        ("import keras", "Set-up"),
    ],
)
def test_a_cell_of_plumbing_is_folded_whole(source, name):
    (cell,) = folded(source).cells
    assert cell.source == f"# @title {name}\n{source}"


@pytest.mark.parametrize(
    "source",
    [
        "def my_mean(x): ...\n\n\nteaching.exercises.check_mean(my_mean)",
        "table = x.mean()\ntable.map('{:.2f}'.format)",
        "for x in y:\n    z = x + 1\n    say(z)",
        "print(np.mean(x))",
        "ax = plots.plot_lines(x)\nhigh = max(x)\nax.axhline(high)\nplt.show()",
    ],
)
def test_what_teaches_stays_in_sight(source):
    assert in_sight(folded(source)) == [source]


def test_a_figures_text_goes_with_the_figure():
    cell = new_code_cell("m = x.mean()\nplt.show()", metadata={"mystnb": {"image": {"alt": "M."}}})
    notebook = new_notebook(cells=[cell])
    fold.fold(notebook)
    first, second = notebook.cells
    assert "mystnb" not in first.metadata
    assert second.metadata.mystnb.image.alt == "M."


def test_outputs_wait_after_a_prediction_and_labs_do_not():
    ask = "> **Predict before you run.** How many?"
    notebook = folded(ask, 'a = 1\nsay("a")', "> So many.", 'say("b")', ask, "teaching.labs.leak()")
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    both = ["hide-input", "hide-output"]
    assert tags == [[], ["hide-output"], both, [], ["hide-input"], [], ["hide-input"]]


def test_folding_again_changes_nothing_and_what_is_none_any_more_is_unfolded():
    notebook = folded('a = 1\nsay("a")')
    before = nbformat.writes(notebook)
    fold.fold(notebook)
    assert nbformat.writes(notebook) == before
    notebook.cells[1].source += "\nb = a + 1"
    fold.fold(notebook)
    assert in_sight(notebook) == ["a = 1", 'say("a")\nb = a + 1']


def test_a_cell_that_an_author_marks_is_folded():
    cell = new_code_cell("def gradient(x):\n    return x", metadata={"tags": ["fold"]})
    notebook = new_notebook(cells=[cell])
    fold.fold(notebook)
    assert notebook.cells[0].metadata.tags == ["fold", "hide-input"]
    assert notebook.cells[0].source.startswith("# @title Code\n")


def test_a_recipe_in_plain_keras_stays_as_it_is():
    source = "import keras\n\nplots.image_row(images)"
    notebook = new_notebook(cells=[new_code_cell(source, metadata={"tags": ["keras"]})])
    fold.fold(notebook)
    assert [(c.source, c.metadata.tags) for c in notebook.cells] == [(source, ["keras"])]
