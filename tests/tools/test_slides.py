import nbformat
import slides
from lessons import Lesson
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

QUIZ = {
    "question": "How many?",
    "type": "multiple_choice",
    "answers": [
        {"answer": "four", "correct": False, "feedback": "Too many."},
        {"answer": "two", "correct": True, "feedback": "One and one."},
    ],
}
LESSON = Lesson("15-toys", "Toys", "How many?", (), (), (QUIZ,))
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
DOT += "rkJggg=="


def said(text):
    return new_output("display_data", {"text/markdown": text})


def figure():
    return new_output("display_data", {"image/png": DOT})


def code(source, *outputs, tags=(), **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags), **metadata})


LAB = new_output("display_data", {"text/html": "<div class='cxr-lab'>"})
ALT = {"image": {"alt": "A dot."}}
CELLS = [
    new_markdown_cell("# Toys\n\n**The question.** How many?\n\n*20 minutes.*"),
    code("secret = 1", tags=["parameters"]),
    code("# @title Set-up\nteaching.start()", said("Ran on toys."), tags=["hide-input"]),
    code("import toys"),
    new_markdown_cell("## Counting\n\nFirst.\n\nSecond.\n\n- a list\n\n$$x$$"),
    code("labs.toys()", LAB, tags=["hide-input"]),
    code("count(toys)"),
    code("# @title Figure\nplt.show()", figure(), said("Two."), tags=["hide-input"], mystnb=ALT),
    new_markdown_cell("> **Predict before you run.** How many are red?"),
    code("say(red)", said("One is red."), tags=["hide-input"]),
    new_markdown_cell("> **Exercise 1.** Count."),
    code("def f(): ...\n\nteaching.exercises.check_f(f)", said("✏️ Your turn.")),
    new_markdown_cell("<details><summary>Solution</summary>\n\nlen\n\n</details>\n\nCounted."),
    new_markdown_cell("## Quiz"),
    code('teaching.quiz("15-toys")', said("jupyterquiz"), tags=["hide-input"]),
    new_markdown_cell("## Where to read on\n\nA book."),
    code("elsewhere()", said("Elsewhere.")),
]


def made():
    deck = slides.make_deck(new_notebook(cells=CELLS), LESSON)
    nbformat.validate(deck)
    return deck


def cut(deck):
    """Return each slide as (kind, text of what it shows, notes)."""
    found = []
    for cell in deck.cells:
        kind = cell.metadata.slideshow.slide_type
        text = cell.source + "".join(str(o.get("data", "")) for o in cell.get("outputs", []))
        if kind in ("slide", "subslide"):
            found.append([kind, text, ""])
        else:
            found[-1][2 if kind == "notes" else 1] += f"\n{text}"
    return found


def test_headings_begin_slides_and_what_follows_a_prediction_is_on_the_next():
    title, counting, drawn, red, counted, quiz = cut(made())
    assert "Ran on toys." in title[1]
    assert "20 minutes" in title[2]
    kinds = [one[0] for one in (title, counting, drawn, red, counted, quiz)]
    assert kinds == ["slide", "slide", "subslide", "subslide", "subslide", "slide"]
    for part in ("First.", "- a list", "$$x$$", "**Lab.**", "count(toys)"):
        assert part in counting[1], part
    for part in (DOT, "Two.", "How many are red?"):
        assert part in drawn[1], part
    assert counting[2].strip() == "Second."
    assert '<p class="section">Counting</p>' in red[1]
    assert red[1].index("One is red.") < red[1].index("Exercise 1.") < red[1].index("def f()")
    assert "Counted." in counted[1]
    assert quiz[1].startswith(
        "## Quiz\n**1. How many?**\n\n- four\n- two\n- ✅ **two** One and one."
    )
    assert quiz[2].strip() == "four: Too many."


def test_what_is_no_use_on_a_slide_is_left_out():
    everything = str(cut(made()))
    left = (
        "secret",
        "import toys",
        "@title",
        "Your turn",
        "len",
        "jupyterquiz",
        "lsewhere",
        "A book",
    )
    assert [word for word in left if word in everything] == []


def test_a_full_slide_goes_on_below_and_says_where_it_belongs():
    many = [new_markdown_cell("# A"), new_markdown_cell("## B")]
    many += [code("plt.show()", figure(), tags=["hide-input"]) for _ in range(2)]
    deck = cut(slides.make_deck(new_notebook(cells=many), LESSON))
    assert [kind for kind, *_ in deck] == ["slide", "slide", "subslide"]
    assert deck[2][1].startswith('<p class="section">B</p>')


def test_the_answer_of_a_quiz_and_a_text_for_a_figure_come_along():
    page = slides.export(made(), "Toys", "../reveal.js")
    assert 'alt="A dot."' in page
    assert page.count('class="fragment"') == 1
    assert "<title>Toys slides</title>" in page
    for script in ("../reveal.js/dist/reveal.js", "../mathjax/tex-chtml.js"):
        assert f'<script src="{script}"></script>' in page
    assert "cdnjs" not in page
    assert "unpkg" not in page
