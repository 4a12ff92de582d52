"""Short quizzes on the page, by jupyterquiz: one JSON file a chapter, in jupyterquiz's own form.

So a chapter's code does not tell the answers. Plain text, without formulas and without
Markdown: the page shows it as it is.
"""

from __future__ import annotations

import json
from importlib.resources import files

from cxrlib.data.cases import did_you_mean
from cxrlib.teaching.chapter import in_notebook

SEVERAL = " (More than one may be right.)"
COLOURS = {
    "--jq-multiple-choice-bg": "#1f5f8b",
    "--jq-many-choice-bg": "#1f5f8b",
    "--jq-numeric-bg": "#1f5f8b",
    "--jq-incorrect-color": "#b3261e",
    "--jq-correct-color": "#1b7f4b",
}


def quiz(chapter: str) -> None:
    """Show a chapter's questions with answers to choose from; each says why it is right or wrong.

    Parameters
    ----------
    chapter : str
        Name of the chapter's file without its ending, such as ``"06-augmentation"``.

    Raises
    ------
    ValueError
        If the chapter has no quiz, or :func:`read` finds a fault in it.
    """
    questions = read(chapter)
    if in_notebook():
        _show(questions)
        return
    for item in questions:
        print(item["question"], *(f"  - {a['answer']}" for a in item["answers"]), sep="\n")


def list_quizzes() -> list[str]:
    """Return the names of the chapters that have a quiz, in order."""
    names = (file.name for file in files(__package__).iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def read(chapter: str) -> list[dict]:
    """Return a chapter's questions: dicts with ``question``, ``type`` and ``answers``.

    A question with several right answers says at its end that there may be more than one.

    Raises
    ------
    ValueError
        If the chapter has no quiz; if a question has fewer than two answers, no right one, or
        another type than the number of right ones makes it; if an answer says nothing back.
    """
    known = list_quizzes()
    if chapter not in known:
        raise ValueError(
            f"expected the name of a chapter with a quiz, got {chapter!r}."
            f"{did_you_mean(chapter, known)} Choose one of: {', '.join(known)}."
        )
    text = files(__package__).joinpath(f"{chapter}.json").read_text(encoding="utf-8")
    return [_validate(question) for question in json.loads(text)]


def _validate(question: dict) -> dict:
    text, answers = question["question"], question["answers"]
    right = sum(answer["correct"] is True for answer in answers)
    if len(answers) < 2 or not right:
        raise ValueError(
            f"{text!r}: expected two answers or more with a right one among them, got "
            f"{len(answers)} with {right} right. Add what is missing."
        )
    kind = "multiple_choice" if right == 1 else "many_choice"
    if question["type"] != kind:
        raise ValueError(
            f"{text!r}: expected `type` {kind!r} for {right} right answers, got "
            f"{question['type']!r}. Change one of the two."
        )
    if silent := [answer["answer"] for answer in answers if not answer["feedback"]]:
        raise ValueError(
            f"{text!r}: expected feedback for each answer, got none for {silent[0]!r}. "
            "Say why it is right or wrong."
        )
    return question | {"question": text + SEVERAL} if right > 1 else question


def _show(questions: list[dict]) -> None:
    from IPython.display import HTML, Javascript, display
    from IPython.utils.capture import capture_output
    from jupyterquiz import display_quiz

    with capture_output(stdout=False, stderr=False) as caught:
        display_quiz(questions, colors=COLOURS, shuffle_answers=True, max_width=700)
    for output in caught.outputs:
        if script := output.data.get("application/javascript"):
            # With MathJax on the page, jupyterquiz may fetch another one from a CDN; the quizzes
            # here hold no formulas, so it is told that there is none.
            display(Javascript(f"(function (MathJax) {{\n{script}\n}})(undefined);"))
        elif page := output.data.get("text/html"):
            unclosed = page.count("<div") - page.count("</div>")
            display(HTML(page + "</div>" * unclosed))
