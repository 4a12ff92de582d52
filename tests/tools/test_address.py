import argparse
import shutil

import address
import nbformat
import pytest

from .conftest import ROOT


def test_the_project_names_one_address_everywhere():
    assert address.problems(ROOT) == []


@pytest.fixture
def copy(course):
    for name in address.REPEATS:
        shutil.copy(ROOT / name, course.root / name)
    (course.root / "book").mkdir()
    (course.root / "_config.yml").write_text(
        "repository:\n  url: https://github.com/new-home/xrays\n  branch: main\n"
    )
    course.chapter("01-one", "print(1)")
    return course.root


def test_a_new_address_is_written_everywhere(copy):
    assert len(address.problems(copy)) == len(address.REPEATS) + 2
    address.command(argparse.Namespace(root=copy, command="address", check=False, branch="v1.0"))
    assert address.problems(copy) == []
    text = "".join((copy / name).read_text() for name in address.REPEATS)
    assert "cxr-course" not in text
    assert "new-home/xrays@v1.0" in address.colab_cell(copy, "01-one")


def test_the_colab_cell_is_put_in_once_and_refreshed(copy):
    path = copy / "chapters" / "01-one.ipynb"
    assert address.refresh_chapter(path, "import google.colab")
    assert not address.refresh_chapter(path, "import google.colab")
    assert address.refresh_chapter(path, address.colab_cell(copy, path.stem))
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert len(code) == 3
    assert code[0].metadata.tags == ["remove-cell"]
    assert "git+https://github.com/new-home/xrays@main" in code[0].source
    assert len(code[0].source.splitlines()) <= 15


def test_a_config_without_an_address_is_an_error_that_says_what_is_expected(course):
    (course.root / "_config.yml").write_text("title: x\n")
    with pytest.raises(ValueError, match="OWNER/NAME"):
        address.configured(course.root)
