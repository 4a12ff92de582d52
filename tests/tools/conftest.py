import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
sys.path.insert(0, str(TOOLS))

PARAMETERS = "quick = False\nsource = 'auto'\nseed = 0"


def call(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Course:
    """A tiny course in a folder: chapters of a few lines, and the real tools to run them."""

    def __init__(self, root, kernel=False):
        self.root, self.kernel = root, kernel
        for name in ("chapters", "cxrlib/experiments/results", "data"):
            (root / name).mkdir(parents=True)
        (root / "cxrlib" / "__init__.py").write_text("")
        (root / "_config.yml").write_text(
            "title: Tiny\nrepository:\n  url: https://github.com/old/course\n  branch: main\n"
        )
        self.environment = {"CXR_DATA": str(root / "data"), "CXR_CACHE": str(root / "cache")}

    def chapter(self, name, *cells, parameters=PARAMETERS):
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [
            nbformat.v4.new_markdown_cell(f"# {name}"),
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *(nbformat.v4.new_code_cell(cell) for cell in cells),
        ]
        nbformat.write(notebook, self.root / "chapters" / f"{name}.ipynb")

    def make(self, *arguments, environment=None, cwd=None):
        arguments = ("--root", str(self.root), *arguments)
        variables = self.environment | (environment or {})
        if self.kernel:
            command = (sys.executable, str(TOOLS / "make_book.py"), *arguments)
            return call(*command, cwd=cwd, env=os.environ | variables)
        from .stand_in import make

        return make(arguments, variables, cwd)

    def executed(self, name, folder="executed"):
        return self.root / "_build" / folder / f"{name}.ipynb"


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


@pytest.fixture
def kernel_course(tmp_path):
    """For what only a real kernel in a process of its own can show."""
    return Course(tmp_path, kernel=True)


@pytest.fixture
def here(course, monkeypatch):
    """Give this very process the tiny course's folders, as its commands get them."""
    for name in [name for name in os.environ if name.startswith("CXR_")]:
        monkeypatch.delenv(name)
    for name, value in course.environment.items():
        monkeypatch.setenv(name, value)
    return course
