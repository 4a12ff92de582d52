import shutil

import pytest
import release

from .conftest import ROOT


@pytest.fixture
def tagged(tmp_path):
    """A project all of whose files say 0.1.0."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "_config.yml").write_text("repository:\n  branch: v0.1.0\n")
    text = "# Changelog\n\n## [0.1.0] – 2026-12-01\n\n- The first.\n\n## [0.0.9]\n\n- Before.\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    version = release.tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    project = (tmp_path / "pyproject.toml").read_text().replace(f'"{version}"', '"0.1.0"', 1)
    (tmp_path / "pyproject.toml").write_text(project)
    return tmp_path


def test_a_tag_of_the_version_is_released_with_its_part_of_the_changelog(tagged):
    assert release.problems(tagged, "v0.1.0") == []
    assert release.notes(tagged, "0.1.0") == "- The first."


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("_config.yml", "v0.1.0", "main", "got main. Run `python tools/make_book.py address"),
        ("CHANGELOG.md", "0.1.0", "Unreleased", "expected a section"),
        ("pyproject.toml", '"0.1.0"', '"0.2.0"', "expected the tag v0.2.0"),
    ],
)
def test_what_is_of_another_version_is_named(tagged, file, before, after, said):
    path = tagged / file
    path.write_text(path.read_text().replace(before, after, 1))
    (problem,) = release.problems(tagged, "v0.1.0")
    assert said in problem
