import os
import shutil

import pytest

from .conftest import ROOT, TOOLS, call

SCRIPT = """#!/bin/sh
case "$*" in
*sys.exit*) exit {unsupported} ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"-m pip"*) case "$*" in *install*) echo x >> count ;; esac ;;
*print*) echo {version} ;;
esac
"""


def python(path, *version):
    """Put a Python of some version there, as far as the set-up asks for it; its pip only counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unsupported = int(not (3, 11) <= version[:2] <= (3, 13))
    path.write_text(SCRIPT.format(unsupported=unsupported, version=".".join(map(str, version))))
    path.chmod(0o755)


@pytest.fixture
def place(tmp_path):
    """A folder with the set-up and nothing else on the PATH than a shell's own tools."""
    for name in ("bin", "tools"):
        (tmp_path / name).mkdir()
    for name in ("sh", "cat", "cksum", "rm", "grep", "tail", "make", "mkdir", "cp"):
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    shutil.copy(TOOLS / "setup.sh", tmp_path / "tools" / "setup.sh")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def with_venv(place):
    python(place / ".venv" / "bin" / "python", 3, 12, 1)
    (place / ".venv" / ".home").write_text(os.path.realpath(place))
    return place


def run(place, *command, **environment):
    return call(*command, cwd=place, env={"PATH": str(place / "bin"), **environment})


def venv_version(place):
    return run(place, ".venv/bin/python", "-c", "print").stdout.strip()


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0), None])
def test_another_python_or_none_is_refused_with_its_version(place, version):
    said = ["no Python was found"]
    if version:
        python(place / "bin" / "python3", *version)
        text = ".".join(map(str, version))
        said = ["needs Python 3.11, 3.12 or 3.13", f"python3 is {text}", "PYTHON="]
    done = run(place, "make", "book")
    assert done.returncode != 0
    assert [part for part in said if part not in done.stderr] == []
    assert not (place / ".venv").exists()


@pytest.mark.parametrize("folder", ["place", "with_venv"])
def test_a_python_named_by_hand_is_the_only_one_tried_even_with_a_venv(folder, request):
    place = request.getfixturevalue(folder)
    python(place / "bin" / "python3", 3, 12, 1)
    python(place / "bin" / "mine", 3, 9, 0)
    done = run(place, "make", "setup-book", "PYTHON=mine")
    assert done.returncode != 0
    assert "mine is 3.9.0" in done.stderr
    if folder == "with_venv":
        assert venv_version(place) == "3.12.1"


def test_a_python_named_by_hand_replaces_a_venv_of_another_version(with_venv):
    named = with_venv / "my programs" / "python 3"  # a path may have spaces
    python(named, 3, 11, 9)
    assert run(with_venv, "make", "setup-book").returncode == 0
    assert venv_version(with_venv) == "3.12.1"
    done = run(with_venv, "make", "setup-book", f"PYTHON={named}")
    assert done.returncode == 0, done.stderr
    assert "making .venv with Python 3.11.9" in done.stdout
    assert venv_version(with_venv) == "3.11.9"
    again = run(with_venv, "make", "setup-book", f"PYTHON={named}")
    assert (again.returncode, again.stdout) == (0, "")
    assert run(with_venv, "make", "setup-book").stdout == ""  # no name: the .venv stays
    python(named, 3, 8, 0)
    refused = run(with_venv, "sh", "tools/setup.sh", "book", PYTHON=str(named))
    assert refused.returncode != 0
    assert "needs Python" in refused.stderr


def test_a_python_without_venv_says_what_to_install(place):
    python(place / "bin" / "python3", 3, 12, 1)
    (place / "bin" / "mkdir").unlink()  # by which the stand-in's venv fails
    done = run(place, "sh", "tools/setup.sh", "book")
    assert done.returncode != 0
    assert "python3-venv" in done.stderr


def test_make_alone_lists_the_commands(place):
    shown = run(place, "make").stdout
    assert [w for w in ("book", "test", "lab", "check", "clean") if f"make {w}" not in shown] == []


def test_nothing_is_installed_twice_and_a_change_is_noticed(with_venv):
    def installs(extra):
        done = run(with_venv, "sh", "tools/setup.sh", extra)
        assert done.returncode == 0, done.stderr
        return len((with_venv / "count").read_text().split())

    assert [installs(extra) for extra in ("book", "book", "test", "book")] == [1, 1, 2, 2]
    with (with_venv / "constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    assert installs("book") == 3
