"""The built package, where it is installed apart from the course: it brings its records."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "cxrlib" / "experiments" / "results"
SYSTEM = "/usr/bin/python3"
NEEDED = ("numpy", "numpy.libs", "lazy_loader", "jsonschema", "jsonschema_specifications")
NEEDED += ("referencing", "rpds", "attr", "attrs", "typing_extensions.py")  # jsonschema's own
READ = """
import json
from cxrlib import experiments
ids = experiments.list_ids()
title = experiments.read(ids[0]).title
print(json.dumps({"file": experiments.__file__, "ids": ids, "title": title}))
"""


def pythons():
    """Name this Python, and the system's where it runs what is installed here: Debian's puts
    files elsewhere."""
    ask = [SYSTEM, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        version = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return [sys.executable]
    fits = version == [str(number) for number in sys.version_info[:2]]
    return [sys.executable, SYSTEM] if fits else [sys.executable]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build from a copy: a build leaves folders behind."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    left_out = shutil.ignore_patterns("__pycache__", ".unfinished")
    shutil.copytree(ROOT / "cxrlib", source / "cxrlib", ignore=left_out)
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index")
    run(*pip, "--wheel-dir", built, source)
    (wheel,) = built.glob("*.whl")
    return wheel


def test_every_file_that_the_package_reads_is_in_it(wheel):
    kinds = (".css", ".js", ".json", ".jsonl", ".keras", ".md", ".mplstyle")
    package = ROOT / "cxrlib"
    wanted = {path.relative_to(ROOT).as_posix() for path in package.rglob("*.*")
              if path.suffix in kinds and ".unfinished" not in path.parts}  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()


@pytest.mark.parametrize("python", pythons())
def test_records_come_with_the_package_wherever_pip_puts_it(python, wheel, tmp_path):
    prefix, needed, empty = (tmp_path / name for name in ("prefix", "needed", "empty"))
    needed.mkdir()
    empty.mkdir()
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index")
    run(*pip, "--no-compile", "--ignore-installed", "--prefix", prefix, wheel)
    (installed,) = (path.parent for path in prefix.rglob("cxrlib") if (path / "cli.py").exists())
    site = Path(find_spec("numpy").origin).parents[1]
    for name in NEEDED:
        if (site / name).exists():
            (needed / name).symlink_to(site / name)
    path = os.pathsep.join(map(str, (installed, needed)))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CXR_")}
    # -S: without what else is installed there, such as the course itself in this .venv.
    answer = run(python, "-S", "-c", READ, cwd=empty, env=environment | {"PYTHONPATH": path})
    read = json.loads(answer)
    assert Path(read["file"]).is_relative_to(installed)
    assert read["ids"] == sorted(path.stem for path in RECORDS.glob("*.json"))
    assert read["title"]
