import re

import pytest

from cxrlib import teaching
from cxrlib.teaching import quizzes
from tests.built import CHAPTERS


def question(right=(True, False), kind="multiple_choice", feedback="So."):
    answers = [{"answer": "This", "correct": one, "feedback": feedback} for one in right]
    return {"question": "Why?", "type": kind, "answers": answers}


def test_every_chapter_has_a_quiz_of_plain_text():
    assert quizzes.list_quizzes() == [path.stem for path in CHAPTERS]
    for name in quizzes.list_quizzes():
        assert quizzes.read(name)
        assert not re.search(r"[$*`]", str(quizzes.read(name))), name


def test_a_question_with_several_right_answers_says_so_once():
    for name in quizzes.list_quizzes():
        for one in quizzes.read(name):
            several = sum(answer["correct"] for answer in one["answers"]) > 1
            assert one["question"].endswith(quizzes.SEVERAL) == several
            assert one["question"].lower().count("more than one") == several


def test_outside_a_notebook_the_questions_are_printed(capsys):
    teaching.quiz("09-vgg16")
    first = quizzes.read("09-vgg16")[0]
    shown = [first["question"], *(f"  - {answer['answer']}" for answer in first["answers"])]
    assert capsys.readouterr().out.startswith("\n".join(shown) + "\n")


def test_an_unknown_name_is_refused_with_the_known_ones():
    says = r"got 'augmentation'\. Did you mean '06-augmentation'\? Choose one of: 01-pictures, "
    with pytest.raises(ValueError, match=says):
        teaching.quiz("augmentation")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (question(right=()), "two answers or more.*got 0 with 0 right"),
        (question(right=(True,)), "got 1 with 1 right"),
        (question(right=(False, False)), "got 2 with 0 right"),
        (question(right=(True, True)), "'many_choice' for 2 right answers, got 'multiple"),
        (question(kind="many_choice"), "'multiple_choice' for 1 right answers, got 'many"),
        (question(feedback=""), "expected feedback for each answer, got none for 'This'"),
    ],
)
def test_a_question_with_a_fault_is_refused(bad, says):
    with pytest.raises(ValueError, match=rf"'Why\?': .*{says}"):
        quizzes._validate(bad)


def test_on_a_page_it_is_closed_and_finds_no_mathjax_to_fetch(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils import capture

    shell = InteractiveShell.instance()
    try:
        monkeypatch.setattr(quizzes, "in_notebook", lambda: True)
        with capture.capture_output() as caught:
            teaching.quiz("02-neurons")
    finally:
        shell.clear_instance()
    data = [output.data for output in caught.outputs]
    page = "".join(d.get("text/html", "") for d in data)
    script = "".join(d.get("application/javascript", "") for d in data)
    assert page.count("<div") == page.count("</div>")
    assert 'data-shuffleanswers="True"' in page  # else the right one often stands second
    assert "A neuron answers 0.99" in script
    assert script.startswith("(function (MathJax) {")
    assert script.rstrip().endswith("})(undefined);")
