"""The folded solutions of a chapter pass its own checks."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from cxrlib import models
from cxrlib.teaching import exercises

ROOT = Path(__file__).resolve().parents[2]
SOLVED = {
    "02-neurons": {
        "my_neuron": "check_neuron",
        "my_gradient": "check_gradient",
        "my_count": "check_parameter_count",
    }
}


def solutions(chapter):
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    folded = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    return re.findall(r"```python\n(.*?)```", "\n".join(folded), re.DOTALL)


@pytest.mark.parametrize("chapter", SOLVED)
def test_every_solution_passes(chapter):
    scratch = {name: getattr(models.scratch, name) for name in models.scratch.__all__}
    namespace = {"np": np, **scratch}
    codes = solutions(chapter)
    for code in codes:
        exec(code, namespace)  # the book's own code
    for name, check in SOLVED[chapter].items():
        assert getattr(exercises, check).judge(namespace[name]).passed, name
    assert len(codes) == len(SOLVED[chapter])
