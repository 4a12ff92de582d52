import re
from dataclasses import replace

from handouts import answer_key, page, worksheet
from lessons import Lesson, Task

QUIZ = {
    "question": "How many < 3?",
    "type": "multiple_choice",
    "answers": [
        {"answer": "two", "correct": True, "feedback": "One and one."},
        {"answer": "four", "correct": False, "feedback": "Too many."},
    ],
}
TASKS = (
    Task("prediction", "Colours", "**Predict before you run.** How many are red?"),
    Task(
        "exercise", "Colours", "**Exercise 1.** Count.", "def f(): ...", "```python\na\nb\n```\nSo."
    ),
)
LESSON = Lesson("15-toys", "Toys & more", "How *many*?", ("count", "`name`"), TASKS, (QUIZ,))


def test_a_worksheet_asks_leaves_room_and_tells_nothing():
    sheet = worksheet(LESSON)
    assert "<h1>15 · Toys &amp; more</h1>" in sheet
    assert "<li><code>name</code></li>" in sheet
    assert sheet.count("My guess") == 1
    assert "<pre>def f(): ...</pre><div class='ruled' style='height: 32mm'>" in sheet
    assert "How many &lt; 3?" in sheet
    assert sheet.count("☐") == 2
    told = ("☒", "One and one", "Too many", "So.", "right")
    assert [word for word in told if word in sheet] == []


def test_the_answer_key_tells():
    key = answer_key([LESSON])
    assert "So." in key
    assert "Predict" not in key  # nothing came out yet
    right, wrong = re.findall(r"<li.*?</li>", key)
    assert "☒" in right
    assert "One and one." in right
    assert "☐" in wrong
    assert "Too many." in wrong


def test_the_answer_key_tells_what_came_out_of_a_prediction():
    ran = replace(LESSON, tasks=(replace(TASKS[0], solution="**Two** are red."),))
    key = answer_key([ran])
    assert (
        key.index("How many are red?") < key.index("in this copy") < key.index("Two</strong> are")
    )


def test_a_page_brings_all_that_it_shows():
    text = page("Toys", "<p>$2$</p>")
    assert "<mn>2</mn>" in text
    assert "<script" not in text
    assert not re.search(r"(src|href|url\()\W*https?:", text)
    assert "For education only" in text
