import base64
import io
import re

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
        text += cell.metadata.get("beside", "")
        if kind in ("slide", "subslide"):
            found.append([kind, text, ""])
        else:
            found[-1][2 if kind == "notes" else 1] += f"\n{text}"
    return found


CLAIM = "✓ The larger (of two) is larger. (0.5; share: 0.25 (of all))"
TABLE = {
    "application/vnd.cxr.claims+json": [],
    "text/html": "<table>",
    "text/plain": "\n".join(f"✓ Number {n} is so. [{n}.5; above 0: holds]" for n in range(10)),
}
LOOK = {"application/vnd.cxr.test-evaluations+json": {}, "text/markdown": "*Test set opened*"}


def deck_of(*cells):
    return slides.make_deck(new_notebook(cells=[new_markdown_cell("# A"), *cells]), LESSON)


def figure_of(width, height):
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "png")
    png = base64.b64encode(file.getvalue()).decode()
    return code("plt.show()", new_output("display_data", {"image/png": png}), tags=["hide-input"])


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
        "## Quiz\n**1. How many?**\n\n- four\n- two\n- ✓ **two** One and one."
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
    assert '<script src="../reveal.js/dist/reveal.js"></script>' in page
    assert "cdnjs" not in page
    assert "unpkg" not in page


def test_numbers_behind_claims_and_looks_at_a_test_set_are_for_the_speaker():
    said_ = code(
        "claim(x)", said(CLAIM), new_output("display_data", LOOK | {"text/plain": "Seen."})
    )
    checked = code("teaching.claims_table()", new_output("display_data", TABLE), said("*Python*"))
    first, second, last = cut(
        deck_of(new_markdown_cell("## B"), said_, new_markdown_cell("## C"), checked)
    )[1:]
    assert "✓ The larger is larger." in first[1]
    assert CLAIM in first[2]
    assert "Seen." in first[2]
    assert "Number 4 is so." in second[1]
    assert "Number 5 is so." in last[1]
    assert "Number 9 is so. 9.5; above 0: holds" in last[2]
    shown = first[1] + second[1] + last[1]
    assert not re.search(r"0\.25|opened|above 0|Python", shown)


def test_long_code_is_a_note():
    short, long = ("\n".join([f"{name} = 1"] * lines) for name, lines in (("a", 8), ("b", 9)))
    shown = cut(deck_of(new_markdown_cell("## B"), code(short), code(long)))[1]
    assert short in shown[1]
    assert long not in shown[1]
    assert f"```python\n{long}\n```" in shown[2]


def test_a_figure_and_the_words_that_read_it_are_together():
    full = new_markdown_cell("## B\n\n" + "word " * 16 * 10)
    read = new_markdown_cell("Left it rises.")
    beside = deck_of(full, figure_of(400, 400), read).cells[-1]
    assert beside.metadata.beside == "Left it rises."
    assert beside.metadata.height > 18  # it has the slide to itself
    below = cut(deck_of(full, figure_of(900, 300), new_markdown_cell("Left " * 60)))
    assert "image/png" in below[-1][1]
    assert "Left Left" in below[-1][1]


def test_an_exercise_and_its_stub_are_together():
    full = new_markdown_cell("## B\n\n" + "word " * 16 * 11 + "\n\n> **Exercise 1.** Count.")
    stub = code("def f(): ...\n\n\nteaching.exercises.check_f(f)")
    last = cut(deck_of(full, stub))[-1]
    assert "Exercise 1" in last[1]
    assert "def f()" in last[1]


def test_a_heading_with_nothing_of_its_own_lists_what_is_below():
    heads = "## Break it\n\n### By leaks\n\nOne.\n\n### By chance\n\nTwo.\n\n## Next\n\nThree."
    assert cut(deck_of(new_markdown_cell(heads)))[1][1].endswith("- By leaks\n- By chance")
