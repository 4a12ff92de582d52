import os
import shutil

import pytest

from .conftest import ROOT, call

LOGGING_STUB = """#!/bin/sh
echo "{name} $* | data=$CXR_DATA weights=$CXR_WEIGHTS strict=$STRICT book=$BOOK ci=$CI" >> "{log}"
case "{name} $*" in {failing}) exit 1;; esac
"""


@pytest.fixture
def ci(tmp_path):
    """Run the script in a checkout where make, the browser and Python only say they were called."""
    course, log = tmp_path / "course", tmp_path / "log"
    for folder in ("bin", "course/.ci", "course/.venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", course / ".ci" / "run")
    for name in ("bash", "dirname", "env", "id", "sh"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))

    def run(failing="nothing", **environment):
        for name in ("bin/make", "bin/chromium", "course/.venv/bin/python"):
            path = tmp_path / name
            path.write_text(LOGGING_STUB.format(name=path.name, log=log, failing=failing))
            path.chmod(0o755)
        log.write_text("")
        variables = {"PATH": str(tmp_path / "bin"), **environment}
        done = call(course / ".ci" / "run", env=variables)
        return done, log.read_text().splitlines()

    return run


@pytest.mark.parametrize("named", [True, False])
def test_the_book_is_made_on_phantoms_and_tested_with_real_images(ci, tmp_path, named):
    data = tmp_path / "shared" / "data"
    data.mkdir(parents=True)
    variables = {"CXR_DATA": "/elsewhere", "CXR_WEIGHTS": "/w"} if named else {}
    data, weights = ("/elsewhere", "/w") if named else (data, "")
    done, calls = ci(**variables)
    assert done.returncode == 0, done.stdout + done.stderr
    with_real = f"data={data} weights={weights}"
    assert calls == [
        f"make check | {with_real} strict= book= ci=true",
        "make book | data= weights= strict=1 book= ci=true",
        "python -m pytest tests/chapters -q | data= weights= strict= book=full ci=true",
        "make teach | data= weights= strict= book= ci=true",
        f"make test-package | {with_real} strict= book= ci=true",
        f"make test-chapters | {with_real} strict= book= ci=true",
        f"make test-book BOOK=full | {with_real} strict= book= ci=true",
    ]


def test_a_step_that_fails_is_named_at_the_end_and_the_others_still_run(ci):
    done, calls = ci(failing=r"make\ book")
    assert done.returncode == 1
    assert len(calls) == 7
    assert done.stdout.endswith("FAILED: phantoms env STRICT=1 make book\n")


def test_make_test_is_made_of_its_parts():
    def commands(*targets):
        plain = {"PATH": os.environ["PATH"]}  # CI's own make may be what runs this
        done = call("make", "--dry-run", *targets, cwd=ROOT, env=plain)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if "setup.sh" not in line]

    parts = ("check", "test-package", "test-chapters", "test-book")
    assert commands("test") == [line for part in parts for line in commands(part)]
    assert "BOOK=full" in commands("test", "BOOK=full")[-1]
    assert "BOOK=quick" in commands("test")[-1]
