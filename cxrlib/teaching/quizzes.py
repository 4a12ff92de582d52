"""Short quizzes on the page, by jupyterquiz."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from cxrlib.teaching import questions as chapters
from cxrlib.teaching.page import in_notebook

Questions = Sequence[tuple[str, Sequence[tuple[str, bool, str]]]]

COLOURS = {
    "--jq-multiple-choice-bg": "#1f5f8b",
    "--jq-many-choice-bg": "#1f5f8b",
    "--jq-numeric-bg": "#1f5f8b",
    "--jq-incorrect-color": "#b3261e",
    "--jq-correct-color": "#1b7f4b",
}


def quiz(questions: str | Questions) -> None:
    """Show questions with answers to choose from; each answer says why it is right or wrong.

    Parameters
    ----------
    questions : str, or sequence of (question, answers)
        Name of a module in :mod:`cxrlib.teaching.questions`, or the questions themselves.
        Answers are ``(text, right, feedback)``. Plain text without formulas.

    Raises
    ------
    ValueError
        If there are no questions of this name, or a question has fewer than two answers, or none
        of them is right.
    """
    if isinstance(questions, str):
        known = [module.name for module in iter_modules(chapters.__path__)]
        if questions not in known:
            raise ValueError(
                f"expected the name of a chapter's questions ({', '.join(known)}), "
                f"got {questions!r}."
            )
        questions = import_module(f"{chapters.__name__}.{questions}").QUESTIONS
    checked = [_checked(question, answers) for question, answers in questions]
    if in_notebook():
        _show(checked)
        return
    for item in checked:
        print(item["question"], *(f"  - {a['answer']}" for a in item["answers"]), sep="\n")


def _checked(question: str, answers: Sequence[tuple[str, bool, str]]) -> dict:
    right = sum(bool(answer[1]) for answer in answers)
    if len(answers) < 2 or not right:
        raise ValueError(
            f"{question!r}: expected two answers or more with a right one among them, got "
            f"{len(answers)} with {right} right. Write answers as (text, right, feedback)."
        )
    return {
        "question": question,
        "type": "multiple_choice" if right == 1 else "many_choice",
        "answers": [{"answer": a, "correct": bool(r), "feedback": f} for a, r, f in answers],
    }


def _show(questions: list[dict]) -> None:
    from IPython.display import HTML, Javascript, display
    from IPython.utils.capture import capture_output
    from jupyterquiz import display_quiz

    with capture_output(stdout=False, stderr=False) as caught:
        display_quiz(questions, colors=COLOURS, shuffle_answers=False, max_width=700)
    for output in caught.outputs:
        if script := output.data.get("application/javascript"):
            # With MathJax on the page, jupyterquiz may fetch another one from a CDN; the quizzes
            # here hold no formulas, so it is told that there is none.
            display(Javascript(f"(function (MathJax) {{\n{script}\n}})(undefined);"))
        elif page := output.data.get("text/html"):
            unclosed = page.count("<div") - page.count("</div>")
            display(HTML(page + "</div>" * unclosed))
