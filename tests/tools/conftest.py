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


# What only a real kernel in a process of its own can show. All other tests run a stand-in.
KERNEL = {
    "test_a_kernel_that_dies_or_hangs_is_stopped_and_its_cell_named",
    "test_chapters_run_side_by_side_and_one_that_takes_its_process_along_stops_alone",
    "test_it_says_how_long_the_chapter_ran_and_what_memory_it_took",
    "test_no_shell_is_needed_to_run_a_chapter",
    "test_python_warnings_reach_the_page_and_library_noise_does_not",
}


class Course:
    """A tiny course in a folder: chapters of a few lines, and the real tools to run them."""

    def __init__(self, root, kernel=True):
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
        if not self.kernel:
            from .stand_in import make

            variables = self.environment | (environment or {})
            return make(["--root", str(self.root), *arguments], variables, cwd)
        return subprocess.run(
            [sys.executable, str(TOOLS / "make_book.py"), "--root", str(self.root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env=os.environ | self.environment | (environment or {}),
        )

    def executed(self, name, folder="executed"):
        return self.root / "_build" / folder / f"{name}.ipynb"


@pytest.fixture
def course(tmp_path, request):
    return Course(tmp_path, kernel=request.node.originalname in KERNEL)


@pytest.fixture
def here(course, monkeypatch):
    """Give this very process the tiny course's folders, as its commands get them."""
    for name in [name for name in os.environ if name.startswith("CXR_")]:
        monkeypatch.delenv(name)
    for name, value in course.environment.items():
        monkeypatch.setenv(name, value)
    return course
