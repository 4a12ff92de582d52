import importlib
import pkgutil

import pytest

from cxrlib import teaching
from cxrlib.teaching import questions, quizzes

NAMES = [module.name for module in pkgutil.iter_modules(questions.__path__)]
QUESTION = ("Why?", [("This", True, "Yes."), ("That", False, "No.")])


@pytest.mark.parametrize("name", NAMES)
def test_every_chapters_questions_are_whole(name):
    for question, answers in importlib.import_module(f"{questions.__name__}.{name}").QUESTIONS:
        quizzes._checked(question, answers)
        assert all(feedback for _, _, feedback in answers)
        assert "$" not in question + "".join(a + f for a, _, f in answers), "no formulas"


def test_outside_a_notebook_the_questions_are_printed(capsys):
    teaching.quiz([QUESTION])
    assert capsys.readouterr().out == "Why?\n  - This\n  - That\n"


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"neurons, pictures.*got 'nosuch'"):
        teaching.quiz("nosuch")


def test_several_right_answers_make_it_many_choice():
    assert quizzes._checked(*QUESTION)["type"] == "multiple_choice"
    two = ("Which?", [("This", True, "Yes."), ("That", True, "Yes.")])
    assert quizzes._checked(*two)["type"] == "many_choice"


@pytest.mark.parametrize("answers", [[], [("a", True, "")], [("a", False, ""), ("b", False, "")]])
def test_a_question_without_choice_or_right_answer_is_refused(answers):
    with pytest.raises(ValueError, match=r"'Why\?': expected two answers or more"):
        teaching.quiz([("Why?", answers)])


def test_on_a_page_it_is_closed_and_finds_no_mathjax_to_fetch(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils import capture

    shell = InteractiveShell.instance()
    try:
        monkeypatch.setattr(quizzes, "in_notebook", lambda: True)
        with capture.capture_output() as caught:
            teaching.quiz([QUESTION])
    finally:
        shell.clear_instance()
    data = [output.data for output in caught.outputs]
    page = "".join(d.get("text/html", "") for d in data)
    script = "".join(d.get("application/javascript", "") for d in data)
    assert page.count("<div") == page.count("</div>")
    assert "Why?" in script
    assert script.startswith("(function (MathJax) {")
    assert script.rstrip().endswith("})(undefined);")
