"""Every exercise has a folded solution that passes its check; the cell as it stands does not."""

import re

import nbformat
import numpy as np
import pandas as pd
import pytest

from cxrlib import models, teaching
from cxrlib.teaching import exercises
from tests.built import CHAPTERS


def cells(path, kind):
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == kind]


def solutions(path):
    folded = re.findall(r"<details>.*?</details>", "\n".join(cells(path, "markdown")), re.DOTALL)
    return re.findall(r"```python\n(.*?)```", "\n".join(folded), re.DOTALL)


def asked(path):
    """Return the exercises of a chapter in order: (cell, check, name of the answer)."""
    found = []
    for cell in cells(path, "code"):
        for check, name in re.findall(r"exercises\.(check_\w+)\((\w+)", cell):
            found.append((cell, check, name))
    return found


def namespace():
    """Return what the chapters have at hand where they ask."""
    people = np.repeat([f"child {n}" for n in range(40)], 3)
    labels = np.repeat(["normal", "pneumonia"], 60)
    cases = pd.DataFrame({"patient_id": people, "label": labels, "split": "train"})
    scratch = {name: getattr(models.scratch, name) for name in models.scratch.__all__}
    rng = np.random.default_rng(0)
    known = {"cases": cases, "mine": cases.copy(), "rng": rng, "seed": 0, "teaching": teaching}
    return {"np": np, "pd": pd, "re": re, "scratch": models.scratch, **scratch, **known}


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_every_exercise_has_a_solution(path):
    assert asked(path)
    assert len(solutions(path)) == len(asked(path))


def test_every_solution_passes(path):
    for code, (_, check, name) in zip(solutions(path), asked(path), strict=True):
        known = namespace()
        exec(code, known)  # the book's own code
        result = getattr(exercises, check).judge(known[name])
        assert result.passed, f"{name}: {result.text}"


def test_no_exercise_is_solved_before_one_begins(path, capsys):
    for cell, check, _ in asked(path):
        exec(cell, namespace())
        assert capsys.readouterr().out.startswith(("✏️", "❌")), check


def test_every_check_is_asked_in_some_chapter():
    used = {check for path in CHAPTERS for _, check, _ in asked(path)}
    assert {name for name in dir(exercises) if name.startswith("check_")} == used
