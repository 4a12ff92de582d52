import re

import nbformat
import pytest
import yaml

from cxrlib.data import registry

from .conftest import ROOT

WORKFLOWS = {
    path.name: yaml.load(path.read_text(), yaml.BaseLoader)  # with `on` as a word, not as True
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
TESTS, PAGES = WORKFLOWS["ci.yml"], WORKFLOWS["pages.yml"]
STEPS = [
    step for w in WORKFLOWS.values() for job in w["jobs"].values() for step in job.get("steps", [])
]


def test_nothing_is_published_that_did_not_pass_every_test():
    deploying = [name for name in WORKFLOWS if "deploy-pages" in str(WORKFLOWS[name])]
    assert deploying == ["pages.yml"]
    assert list(PAGES["on"]) == ["workflow_call"]
    callers = {
        (name, key)
        for name, workflow in WORKFLOWS.items()
        for key, job in workflow["jobs"].items()
        if job.get("uses", "").endswith("pages.yml")
    }
    assert callers == {("ci.yml", "publish")}
    publish = TESTS["jobs"]["publish"]
    assert sorted([*publish["needs"], "publish"]) == sorted(TESTS["jobs"])
    assert "refs/heads/main" in publish["if"]
    assert not re.search("always|failure|cancelled", publish["if"])


def test_a_step_that_fails_is_never_passed_over():
    assert [step for step in STEPS if "continue-on-error" in step] == []


def test_a_push_publishes_real_x_rays_and_phantoms_are_asked_for():
    images = TESTS["jobs"]["publish"]["with"]["pictures"]
    assert "github.event_name == 'push' && 'real' || inputs.publish" in images
    choice = TESTS["on"]["workflow_dispatch"]["inputs"]["publish"]
    assert choice["default"] == "no"
    assert set(choice["options"]) == {"no", "real", "phantoms"}


def test_every_collection_that_a_chapter_uses_is_fetched_and_kept():
    chapters = [nbformat.read(path, as_version=4) for path in (ROOT / "chapters").glob("*.ipynb")]
    code = "".join(c.source for book in chapters for c in book.cells if c.cell_type == "code")
    used = {name for name in registry.DATASETS if re.search(rf"""["']{name}["']""", code)}
    steps = PAGES["jobs"]["build"]["steps"]
    (fetch,) = (step["run"] for step in steps if "data fetch" in step.get("run", ""))
    fetched = re.search(r"for name in (.+?);", fetch)[1].split()
    assert {"pneumonia", "covid", "adults"} <= used & set(fetched)

    def folders(names):
        parts = {key for name in names for key in registry.get(name).sources}
        return {f"~/.cache/cxrlib/{registry.SOURCES[key].folder}" for key in parts}

    assert folders(used) <= folders(fetched)
    kept = [
        s["with"]["path"].split() for s in steps if s.get("uses", "").startswith("actions/cache")
    ]
    assert [set(paths) for paths in kept] == [folders(fetched)] * 2  # taken out, put in


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_the_least(name):
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    for job in WORKFLOWS[name]["jobs"].values():
        more = set(job.get("permissions", {})) - {"contents"}
        assert not more or (more == {"pages", "id-token"} and "pages" in f"{name} {job}")
    checkouts = [s for s in STEPS if s.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)
