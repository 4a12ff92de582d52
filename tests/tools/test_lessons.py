import re

import nbformat
import pytest
from lessons import mixed_quiz, paragraphs, read_lesson, with_web_links, without_solutions
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cxrlib.teaching import quizzes
from tests.built import CHAPTERS

OPENING = """# Toys

**The question.** How many toys?

*When you are done you can* count toys · name them.

*20 minutes. You need fingers.*"""
ASKED = """## Counting

A word first.

- red
- blue

> **Exercise 1.** Count the colours.
> All of them."""
SOLVED = """<details><summary>Solution</summary>

```python
def my_count(toys):

    return len(toys)
```

So many.

</details>

Counted.

<details><summary>Why</summary>

Because.

</details>

> **Predict before you run.** How many are red?"""
CODE = "def my_count(toys): ...\n\n\nteaching.exercises.check_count(my_count)"


@pytest.fixture
def chapter(tmp_path):
    def write(*texts):
        make = [new_code_cell if text == CODE else new_markdown_cell for text in texts]
        cells = [new(text) for new, text in zip(make, texts, strict=True)]
        nbformat.write(new_notebook(cells=cells), tmp_path / "15-toys.ipynb")
        return tmp_path / "15-toys.ipynb"

    return write


def test_a_lesson_is_what_a_chapter_asks(chapter):
    lesson = read_lesson(chapter(OPENING, ASKED, CODE, SOLVED))
    assert (lesson.title, lesson.question) == ("Toys", "How many toys?")
    assert lesson.aims == ("count toys", "name them")
    assert lesson.quiz == ()
    exercise, prediction = lesson.tasks
    assert (exercise.kind, exercise.section) == ("exercise", "Counting")
    listed = "- red\n- blue\n\n**Exercise 1.** Count the colours.\nAll of them."
    assert exercise.text == listed
    assert exercise.stub == "def my_count(toys): ..."
    assert exercise.solution.startswith("```python\ndef my_count(toys):\n\n    return")
    assert exercise.solution.endswith("So many.")
    assert (prediction.kind, prediction.solution) == ("prediction", "")
    assert prediction.text == "**Predict before you run.** How many are red?"


@pytest.mark.parametrize("texts", [(OPENING, ASKED, CODE), (OPENING, SOLVED)])
def test_an_exercise_and_its_solution_come_together(chapter, texts):
    with pytest.raises(ValueError, match=r"15-toys\.ipynb: expected .*, got none"):
        read_lesson(chapter(*texts))


def test_a_learners_copy_has_no_solutions_and_the_rest(chapter):
    before = nbformat.read(chapter(OPENING, ASKED, CODE, SOLVED), as_version=4)
    after = without_solutions(before)
    nbformat.validate(after)
    assert [cell.source for cell in after.cells[:3]] == [OPENING, ASKED, CODE]
    assert after.cells[3].source.startswith("Counted.\n\n<details><summary>Why</summary>")
    assert "my_count(toys)" in before.cells[3].source
    only = SOLVED.partition("\n\nCounted")[0]
    left = without_solutions(nbformat.read(chapter(OPENING, ASKED, CODE, only), as_version=4))
    assert len(left.cells) == 3


def test_what_came_out_of_a_prediction_is_read_from_a_chapter_that_ran(tmp_path):
    came = new_output("display_data", {"text/markdown": "Two are red."})
    look = {"application/vnd.cxr.test-evaluations+json": {}, "text/markdown": "*Opened*"}
    code = new_code_cell("say(red)", outputs=[new_output("display_data", look), came])
    asked = new_markdown_cell("> **Predict before you run.** How many are red?")
    cells = [
        new_markdown_cell(OPENING),
        asked,
        code,
        new_markdown_cell("So."),
        new_code_cell("1", outputs=[came]),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "15-toys.ipynb")
    (prediction,) = read_lesson(tmp_path / "15-toys.ipynb").tasks
    assert prediction.solution == "Two are red.\n\n"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_links_of_a_copy_lead_to_the_web_or_to_a_picture(path):
    copy = with_web_links(nbformat.read(path, as_version=4), "https://a.github.io/b/")
    links = [link for cell in copy.cells for link in re.findall(r"\]\((.*?)\)", cell.source)]
    near = [link for link in links if link.endswith(".ipynb") or ".md" in link]
    assert near == []
    pictures = [link for link in links if link.startswith("../")]
    assert pictures
    assert [link for link in pictures if not (path.parent / link).exists()] == []


def test_code_is_not_cut_at_its_empty_lines():
    assert paragraphs("a\nb\n\n```\nc\n\nd\n```\n\n\ne") == ["a\nb", "```\nc\n\nd\n```", "e"]


def test_the_answers_of_a_quiz_are_mixed_and_always_in_the_same_order():
    names, first = quizzes.list_quizzes(), []
    for name in names:
        plain, mixed = quizzes.read(name), mixed_quiz(name)
        assert mixed == mixed_quiz(name)
        for one, other in zip(plain, mixed, strict=True):
            assert one["question"] == other["question"]
            assert sorted(map(str, one["answers"])) == sorted(map(str, other["answers"]))
            first.append(other["answers"][0]["correct"])
    assert 0.2 < sum(first) / len(first) < 0.6


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_is_a_lesson(path):
    lesson = read_lesson(path)
    assert lesson.question
    assert len(lesson.aims) >= 3
    code = "".join(
        c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"
    )
    exercises = [task for task in lesson.tasks if task.kind == "exercise"]
    assert len(exercises) == code.count("exercises.check_")
    assert all(task.stub for task in exercises)
    assert len(lesson.quiz) >= 3
