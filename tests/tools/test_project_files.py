import json
import re
import tomllib

import yaml
from packaging.requirements import Requirement

import cxrlib
from cxrlib.extras import EXTRAS

from .conftest import ROOT

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = CONFIG["project"]


def test_constraints_are_names_and_versions_of_every_direct_dependency():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", line)]
    assert wrong == []
    have = [line.split("==")[0] for line in lines]
    assert have == sorted(have)
    wanted = sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])
    names = {Requirement(line).name.lower().replace("_", "-") for line in wanted}
    assert names - set(have) - {"cxrlib"} == set()


# Of August 2026; the weekly run installs them.
COLAB = dict(line.split("==") for line in (ROOT / ".github/colab.txt").read_text().splitlines())


def test_colab_keeps_its_own_packages():
    """TensorFlow above all: a newer one would bring an older h5py with it."""
    for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["train"]]:
        wanted = Requirement(line)
        if wanted.name in COLAB:
            assert wanted.specifier.contains(COLAB[wanted.name]), line


def test_the_build_tool_knows_the_licence_as_it_is_written():
    assert PROJECT["license"] == "MIT"
    (tool,) = CONFIG["build-system"]["requires"]
    assert int(re.fullmatch(r"setuptools>=(\d+)", tool)[1]) >= 77


def test_what_a_build_leaves_behind_is_not_committed():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"_build/", "build/", "*.egg-info/", ".venv/"} <= set(ignored)


def test_the_table_of_contents_has_every_chapter_and_page_once():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [c for part in toc["parts"] for c in part["chapters"]]
    files += [section for c in files for section in c.get("sections", ())]
    named = [toc["root"]] + [c["file"] for c in files]
    there = [f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.ipynb")]
    pages = (ROOT / "book").rglob("*.md")
    there += [path.relative_to(ROOT).with_suffix("").as_posix() for path in pages]
    assert sorted(named) == sorted(there)


def test_conda_and_binder_install_what_make_installs():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["dependencies"][-1]["pip"] == ["-c constraints.txt", "-e .[book]"]


def test_tensorflow_comes_with_every_extra_that_trains_and_with_no_other():
    extras = PROJECT["optional-dependencies"]
    assert {Requirement(line).name for line in extras["train"]} == {"keras", "tensorflow"}
    assert not {"keras", "tensorflow"} & {Requirement(x).name for x in PROJECT["dependencies"]}
    assert "cxrlib[train]" in extras["book"]
    assert set(Requirement(extras["test"][1]).extras) == {"book", "dicom", "export"}
    assert {name: set(brought) for name, brought in EXTRAS.items()} == {
        name: {Requirement(line).name.replace("-", "_") for line in extras[name]} for name in EXTRAS
    }


def test_zenodo_and_the_citation_say_the_same_as_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    deposited = json.loads((ROOT / ".zenodo.json").read_text())
    assert deposited["title"] == cited["title"]
    assert deposited["description"] == cited["abstract"]
    assert deposited["creators"] == cited["authors"]
    assert deposited["keywords"] == cited["keywords"]
    assert deposited["license"] == cited["license"] == PROJECT["license"]
    versions = {deposited["version"], cited["version"], PROJECT["version"], cxrlib.__version__}
    assert len(versions) == 1


def test_the_changelog_has_this_version_or_what_is_to_come():
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[(Unreleased|{re.escape(PROJECT['version'])})\]", text, re.MULTILINE)


def test_hooks_before_a_commit_have_the_tested_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    revs = {repo["repo"].rpartition("/")[2]: repo.get("rev", "").strip("v") for repo in hooks}
    assert revs.pop("local") == ""
    assert revs == {"ruff-pre-commit": tested["ruff"], "nbstripout": tested["nbstripout"]}


def test_committed_images_are_small():
    for path in (ROOT / "book" / "_static").glob("*.png"):
        assert path.stat().st_size < 300_000, path.name


def test_the_readme_shows_pictures_that_are_there_each_with_a_text():
    shown = re.findall(r"!\[([^\]]*)\]\((book/[^)]+)\)", (ROOT / "README.md").read_text())
    assert len(shown) >= 4
    for text, path in shown:
        assert len(text) > 20
        assert (ROOT / path).exists()


def test_the_glossary_is_in_alphabetical_order():
    """A term at the wrong place gets the explanation of its neighbour."""
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    inside = text.partition(":::{glossary}\n")[2].partition("\n:::")[0]
    first = [entry.partition("\n")[0].lower() for entry in inside.split("\n\n")]
    assert first == sorted(first)
