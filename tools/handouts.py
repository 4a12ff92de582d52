"""Worksheets and the answer key: web pages made to be printed."""

from __future__ import annotations

import html
from pathlib import Path

from lessons import Lesson, Task
from mathml import draw_formulas
from nbconvert.filters import markdown2html

STYLE = Path(__file__).with_name("handouts.css")
BOX = 8  # mm: a line to write on
EDUCATION = (
    "For education only. Nothing on this sheet is a diagnosis or medical advice, and no network "
    "of this course is fit for use on patients."
)
THIS_COPY = (
    "What came out of predictions is from the chapters as they ran here: on phantoms, where no "
    "X-rays were at hand. Each chapter says so in its note on the images. On other images and "
    "machines the numbers differ."
)


def page(title: str, body: str) -> str:
    """Return a web page of its own, from a title in plain text and a body in HTML."""
    return draw_formulas(
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE.read_text(encoding='utf-8')}</style>"
        f'</head>\n<body>{body}<p class="education">{EDUCATION}</p></body></html>\n'
    )


def worksheet(lesson: Lesson) -> str:
    """Return a chapter's predictions, exercises and quiz, with room to write."""
    aims = "".join(f"<li>{_inline(aim)}</li>" for aim in lesson.aims)
    parts = [
        "<p class='who'>Name<span></span>Date<span></span></p>",
        f"<h1>{_numbered(lesson)}</h1>",
        f"{markdown2html(lesson.question)}",
        f"<h3>Afterwards I can</h3><ul class='aims'>{aims}</ul>",
        "<h2>On the way</h2>",
        *(_task(task) for task in lesson.tasks),
    ]
    if lesson.quiz:
        parts += ["<h2>Quiz</h2>", *(_question(n, one) for n, one in enumerate(lesson.quiz, 1))]
    return "\n".join(parts)


def answer_key(lessons: list[Lesson]) -> str:
    """Return what came out of predictions, all solutions, and all right answers of the quizzes."""
    parts = ["<h1>Answer key</h1>", f"<p>{THIS_COPY}</p>"]
    for lesson in lessons:
        parts.append(f"<section class='chapter'><h2>{_numbered(lesson)}</h2>")
        for task in lesson.tasks:
            if task.solution:
                kind = {"exercise": "Solution", "prediction": "What came out, in this copy"}
                solved = f"<h3>{kind[task.kind]}</h3>{markdown2html(task.solution)}"
                parts.append(f"<div>{markdown2html(task.text)}{solved}</div>")
        if lesson.quiz:
            parts.append("<h3>Quiz</h3>")
        parts += [_question(n, one, key=True) for n, one in enumerate(lesson.quiz, 1)]
        parts.append("</section>")
    return "\n".join(parts)


def _numbered(lesson: Lesson) -> str:
    return f"{lesson.name[:2]} · {_inline(lesson.title)}"


def _inline(text: str) -> str:
    return markdown2html(text).strip().removeprefix("<p>").removesuffix("</p>")


def _task(task: Task) -> str:
    text = f"<div class='section'>{_inline(task.section)}</div>{markdown2html(task.text)}"
    if task.kind == "prediction":
        blank = "<span>My guess</span><span>What came out</span>"
        return f"<div class='task'>{text}<div class='blank'>{blank}</div></div>"
    stub = f"<pre>{html.escape(task.stub)}</pre>" if task.stub else ""
    code = task.solution.partition("```python\n")[2].partition("```")[0]
    height = BOX * (len(code.splitlines()) + 2)
    return (
        f"<div class='task'>{text}{stub}<div class='ruled' style='height: {height}mm'></div></div>"
    )


def _question(number: int, question: dict, *, key: bool = False) -> str:
    rows = []
    for letter, answer in zip("abcdefgh", question["answers"], strict=False):
        right = key and answer["correct"]
        mark = {True: "☒", False: "☐"}[right]
        why = f" <span class='feedback'>{html.escape(answer['feedback'])}</span>" if key else ""
        kind = " class='right'" if right else ""
        text = f"{html.escape(answer['answer'])}{why}"
        rows.append(f"<li{kind}><span>{mark}</span><span>{letter})</span><div>{text}</div></li>")
    asked = f"<b>{number}.</b> {html.escape(question['question'])}"
    lines = f"<ol class='answers{' key' if key else ''}'>{''.join(rows)}</ol>"
    return f"<div class='question'>{asked}{lines}</div>"
