import os
import shutil
import subprocess

import pytest

from .conftest import ROOT, TOOLS


@pytest.fixture
def place(tmp_path):
    """A folder with the set-up and nothing else on the PATH than a shell's own tools."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "tools").mkdir()
    for name in ("sh", "cat", "cksum", "rm", "grep", "tail", "make"):
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    shutil.copy(TOOLS / "setup.sh", tmp_path / "tools" / "setup.sh")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def python(folder, name, version):
    """Put a Python of some version into a folder, as far as the set-up asks for it."""
    supported = "0" if (3, 11) <= version[:2] <= (3, 13) else "1"
    text = ".".join(map(str, version))
    script = f'#!/bin/sh\ncase "$*" in *sys.exit*) exit {supported};; *print*) echo {text};; esac\n'
    (folder / "bin" / name).write_text(script)
    (folder / "bin" / name).chmod(0o755)


def run(place, *command, **environment):
    return subprocess.run(
        command,
        cwd=place,
        env={"PATH": str(place / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0)])
def test_another_python_is_refused_with_its_version(place, version):
    python(place, "python3", version)
    done = run(place, "make", "book")
    assert done.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert f"python3 is {'.'.join(map(str, version))}" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (place / ".venv").exists()


def test_no_python_at_all_is_said(place):
    done = run(place, "make", "test")
    assert done.returncode != 0
    assert "no Python was found" in done.stderr


def maker(path, version):
    """Put a Python there that is supported and makes a .venv of its own version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ".".join(map(str, version))
    path.write_text(
        f"""#!/bin/sh
case "$*" in
*sys.exit*) exit 0 ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*print*) echo {text} ;;
esac
"""
    )
    path.chmod(0o755)


@pytest.fixture
def with_venv(place):
    for name in ("mkdir", "cp"):
        (place / "bin" / name).symlink_to(shutil.which(name))
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / ".home").write_text(os.path.realpath(place))
    python(place / ".venv", "python", (3, 12, 1))
    return place


def venv_version(place):
    return run(place, ".venv/bin/python", "-c", "print").stdout.strip()


def test_a_python_named_by_hand_replaces_a_venv_of_another_version(with_venv):
    maker(with_venv / "bin" / "mine", (3, 11, 9))
    assert run(with_venv, "make", "setup-book").returncode == 0
    assert venv_version(with_venv) == "3.12.1"
    done = run(with_venv, "make", "setup-book", "PYTHON=mine")
    assert done.returncode == 0, done.stderr
    assert "making .venv with Python 3.11.9" in done.stdout
    assert venv_version(with_venv) == "3.11.9"
    again = run(with_venv, "make", "setup-book", "PYTHON=mine")
    assert again.returncode == 0
    assert again.stdout == ""
    assert run(with_venv, "make", "setup-book").stdout == ""  # no name: the .venv stays


@pytest.mark.parametrize("folder", ["place", "with_venv"])
def test_a_python_named_by_hand_is_the_only_one_tried_even_with_a_venv(folder, request):
    place = request.getfixturevalue(folder)
    python(place, "python3", (3, 12, 1))
    python(place, "mine", (3, 9, 0))
    done = run(place, "make", "setup-book", "PYTHON=mine")
    assert done.returncode != 0
    assert "mine is 3.9.0" in done.stderr
    if folder == "with_venv":
        assert venv_version(place) == "3.12.1"


def test_the_path_of_a_python_may_have_spaces(with_venv):
    named = with_venv / "my programs" / "python 3"
    maker(named, (3, 13, 0))
    done = run(with_venv, "make", "setup-book", f"PYTHON={named}")
    assert done.returncode == 0, done.stderr
    assert venv_version(with_venv) == "3.13.0"
    named.write_text("#!/bin/sh\necho 3.8.0; exit 1\n")
    refused = run(with_venv, "sh", "tools/setup.sh", "book", PYTHON=str(named))
    assert refused.returncode != 0
    assert "needs Python" in refused.stderr


def test_a_python_without_venv_says_what_to_install(place):
    (place / "bin" / "python3").write_text(
        '#!/bin/sh\ncase "$*" in *venv*) exit 1;; *print*) echo 3.12.1;; esac\n'
    )
    (place / "bin" / "python3").chmod(0o755)
    done = run(place, "sh", "tools/setup.sh", "book")
    assert done.returncode != 0
    assert "python3-venv" in done.stderr


def test_make_alone_lists_the_commands(place):
    done = run(place, "make")
    assert [
        w for w in ("book", "test", "lab", "check", "clean") if f"make {w}" not in done.stdout
    ] == []


def test_nothing_is_installed_twice_and_a_change_is_noticed(place):
    """The real set-up, with a pip that only counts."""
    venv = place / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".home").write_text(os.path.realpath(place))
    pip = f'case "$*" in *install*) echo x >> "{place}/count"; echo installed;; esac'
    (venv / "bin" / "python").write_text(
        f'#!/bin/sh\ncase "$*" in *-m\\ pip*) {pip};; *print*) echo 3.12.1;; esac\n'
    )
    (venv / "bin" / "python").chmod(0o755)

    def installs(extra):
        done = run(place, "sh", "tools/setup.sh", extra)
        assert done.returncode == 0, done.stderr
        count = place / "count"
        return len(count.read_text().split()) if count.exists() else 0

    assert installs("book") == 1
    assert installs("book") == 1
    assert installs("test") == 2
    assert installs("book") == 2
    with (place / "constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    assert installs("book") == 3
