import re

import nbformat
import pytest
import stage
import yaml

from cxrlib.data import registry

from .conftest import ROOT

WORKFLOWS = {
    path.name: yaml.load(path.read_text(), yaml.BaseLoader)  # with `on` as a word, not as True
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
TESTS, PAGES, BUILD = (WORKFLOWS[f"{name}.yml"] for name in ("ci", "pages", "build"))
MAY_WRITE = {("weekly.yml", "report"): {"issues"}, ("release.yml", "release"): {"contents"}}
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
    steps = BUILD["jobs"]["build"]["steps"]
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
    for key, job in WORKFLOWS[name]["jobs"].items():
        more = {key for key, value in job.get("permissions", {}).items() if value == "write"}
        assert (
            not more
            or (more == {"pages", "id-token"} and "pages" in f"{name} {job}")
            or (more == MAY_WRITE.get((name, key)))
        )
    checkouts = [s for s in STEPS if s.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_a_release_is_built_on_real_x_rays_after_every_test_and_published_by_a_person():
    jobs = WORKFLOWS["release.yml"]["jobs"]
    assert set(jobs["book"]["needs"]) == {"test", "systems"}
    assert jobs["release"]["needs"] == "book"
    assert jobs["book"]["with"] == {"pictures": "real"}
    assert ".ci/run" in str(jobs["test"]["steps"])
    assert "--draft" in str(jobs["release"]["steps"])
    checked = [step["run"] for step in BUILD["jobs"]["build"]["steps"] if "grep" in str(step)]
    shown = stage.PHANTOM_NOTE.partition("</b>")[0].removeprefix("This copy was ")
    assert len(checked) == 1
    assert f'"{shown}"' in checked[0]


def test_a_release_has_the_book_as_zip_and_pdf_the_wheel_and_checksums_of_all():
    run = "\n".join(
        step.get("run", "") for step in WORKFLOWS["release.yml"]["jobs"]["release"]["steps"]
    )
    order = ("zip -qr", "make pdf", "pip wheel", "sha256sum -- *", "gh release create")
    places = [run.index(part) for part in order]
    assert places == sorted(places), "checksums are of what is there, and the draft has them"
    ending = "reading-chest-x-rays-$GITHUB_REF_NAME"
    assert f"/dist/{ending}.zip" in run
    assert f'_build/reading-chest-x-rays.pdf "dist/{ending}.pdf"' in run
    assert "--wheel-dir dist" in run
    assert re.search(r"cd dist && sha256sum -- \* > SHA256SUMS", run)
    assert run.rstrip().endswith("dist/*")


def test_an_audit_runs_where_nothing_but_the_package_is_installed():
    install, audit = (step["run"] for step in TESTS["jobs"]["audit"]["steps"] if "run" in step)
    assert re.search(r"pip install \. -c constraints\.txt$", install, re.MULTILINE)
    assert "pip show -q tensorflow keras; then exit 1" in install
    planted = audit.index('cp "$(find')
    assert audit.count("alone/bin/cxr audit") == 3
    assert audit.index("--write-baseline") < planted < audit.rindex("cxr audit")
    assert re.search(r"if alone/bin/cxr audit .*; then exit 1; fi", audit), "it has to fail"


def test_the_weekly_run_has_colab_s_versions_and_tells_when_it_fails():
    jobs = WORKFLOWS["weekly.yml"]["jobs"]
    versions = jobs["versions"]["strategy"]["matrix"]["include"]
    assert {one["constraints"] for one in versions} == {"/dev/null", ".github/colab.txt"}
    assert sorted([*jobs["report"]["needs"], "report"]) == sorted(jobs)
    assert "failure()" in jobs["report"]["if"]
    (told,) = (step["run"] for step in jobs["report"]["steps"])
    assert "gh issue create" in told
    assert "gh issue comment" in told
    checked = "\n".join(step.get("run", "") for step in jobs["links"]["steps"])
    assert re.search(r"lychee --config \.github/lychee\.toml .*_build/html-quick", checked)
