import json
import sys

import nbformat
import pytest

from .conftest import Course


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_a_failing_chapter_is_named_with_its_cell_and_leaves_what_it_had_and_no_stale_copy(course):
    course.chapter("01-turns", "print('fine')")
    course.chapter("02-good", "print('hello', quick)")
    assert course.make("execute", "--quick").returncode == 0
    executed, failed = (course.executed("01-turns", f"{n}-quick") for n in ("executed", "failed"))
    assert executed.exists()
    course.chapter("01-turns", "print('half')", "wrong = 3 / 0")
    course.chapter("03-good", "print('still here')")
    run = course.make("execute", "--quick")
    assert run.returncode == 1
    assert "01-turns: FAILED" in run.stdout
    said = "cell 4 of 4 failed\n    | wrong = 3 / 0\n    ZeroDivisionError: division by zero\n"
    assert said in run.stdout
    assert "1 of 3 chapters failed: 01-turns" in run.stdout
    assert outputs(executed.with_name("02-good.ipynb")) == "hello True\n"
    assert outputs(executed.with_name("03-good.ipynb")) == "still here\n"
    assert not executed.exists()
    assert "half" in outputs(failed)
    course.chapter("01-turns", "print('fine again')")
    assert course.make("execute", "--quick").returncode == 0
    assert not failed.exists()


@pytest.mark.parametrize(
    ("cell", "said"),
    [("import os\nos._exit(3)", "os._exit(3)"), ("import time\ntime.sleep(60)", "Timeout")],
)
def test_a_kernel_that_dies_or_hangs_is_stopped_and_its_cell_named(kernel_course, cell, said):
    kernel_course.chapter("01-dies", "print('before')", cell)
    run = kernel_course.make("execute", "--timeout", "2")
    assert run.returncode == 1
    assert "cell 4 of 4 failed" in run.stdout
    assert said in run.stdout


def test_what_did_not_change_is_not_run_again_and_what_did_is(course):
    course.chapter("01-one", "print(1)")
    course.chapter("02-two", "print(2)")
    assert "done in" in course.make("execute").stdout
    assert course.make("execute").stdout.count("unchanged, ran in") == 2
    course.chapter("02-two", "print(22)")
    one = course.make("execute").stdout
    assert "01-one: unchanged" in one
    assert "02-two: 3 cells to run (changed: chapter)" in one
    assert outputs(course.executed("02-two")) == "22\n"
    (course.root / "cxrlib" / "__init__.py").write_text("new = 1")
    assert course.make("execute").stdout.count("(changed: cxrlib)") == 2


def test_a_copy_that_is_not_complete_is_never_taken(course):
    course.chapter("01-one", "print(1)")
    course.make("execute")
    copy = course.executed("01-one")
    copy.write_bytes(copy.read_bytes()[:200])
    assert "the executed copy is not complete" in course.make("execute").stdout
    assert outputs(copy) == "1\n"
    copy.with_suffix(".key.json").write_text('{"parts": {')
    assert "not run yet" in course.make("execute").stdout


@pytest.mark.parametrize(
    ("parameters", "arguments", "said"),
    [
        ("quick = False\nseed = 0", ["-p", "sede=3"], ["quick, seed", "got sede"]),
        ("seed = 0", ["--quick"], ["01-one", "got quick"]),
        ("seed = 0", ["07-none"], ["07-none", "01-one"]),
        ("seed = 0", ["-p", "seed"], ["expected NAME=VALUE", "'seed'"]),
    ],
)
def test_an_unknown_parameter_or_chapter_is_refused_before_anything_runs(
    course, parameters, arguments, said
):
    course.chapter("01-one", "print(1)", parameters=parameters)
    run = course.make("execute", *arguments)
    assert run.returncode == 1
    assert [part for part in said if part not in run.stderr] == []
    assert not list(course.root.rglob("executed*"))


def test_files_that_are_no_chapters_are_named_and_the_others_still_run(course):
    broken = {"02": "", "03": "{ torn", "04": "[]", "05": "{}", "06": '{"nbformat": 4}'}
    for name, text in broken.items():
        (course.root / "chapters" / f"{name}.ipynb").write_text(text)
    course.chapter("01-good", "print('hello')")
    course.chapter("07-bad", parameters="quick = = False")
    course.chapter("09-good", "print('still here')")
    stale = course.executed("03")
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    run = course.make("execute")
    assert run.returncode == 1
    for name in [*broken, "07-bad"]:
        assert f"{name}.ipynb cannot be read as a notebook" in run.stdout
    assert "6 of 8 chapters failed: 02, 03, 04, 05, 06, 07-bad" in run.stdout
    assert outputs(course.executed("01-good")) == "hello\n"
    assert outputs(course.executed("09-good")) == "still here\n"
    assert not stale.exists()


def test_folders_are_named_from_where_the_caller_is(course):
    names = "CXR_DATA", "CXR_CACHE", "CXR_WEIGHTS"
    course.chapter("01-one", f"import os\nfor n in {names}: print(os.environ[n])")
    (course.root / "home" / "weights").mkdir(parents=True)
    relative = {"CXR_DATA": "../data", "CXR_CACHE": " ../cache ", "CXR_WEIGHTS": "~/weights"}
    home = {"HOME": str(course.root / "home")}
    elsewhere = course.root / "cxrlib"
    assert course.make("execute", environment=relative | home, cwd=elsewhere).returncode == 0
    wanted = [course.root / "data", course.root / "cache", course.root / "home" / "weights"]
    assert outputs(course.executed("01-one")).split() == [str(path) for path in wanted]
    (course.root / "data" / "a.png").write_bytes(b"1")
    again = course.make("execute", environment=relative | home, cwd=elsewhere)
    assert "(changed: data)" in again.stdout


@pytest.fixture(scope="module")
def loud(tmp_path_factory):
    """A chapter whose library makes noise, run by a real kernel where no program is found."""
    course = Course(tmp_path_factory.mktemp("course"), kernel=True)
    noise = "import os, sys\nos.write(2, b'noise from a library\\n')\nprint(sys.executable)"
    course.chapter("01-loud", noise, "import warnings\nwarnings.warn('careful')")
    run = course.make("execute", environment={"PATH": str(course.root / "data")})
    assert run.returncode == 0, run.stdout + run.stderr
    return course.executed("01-loud")


def test_python_warnings_reach_the_page_and_library_noise_does_not(loud):
    shown = outputs(loud)
    assert shown.startswith(f"{sys.executable}\n")
    assert "careful" in shown
    assert "noise" not in shown
    assert "noise" in (loud.parents[1] / "jupyter" / "01-loud" / "kernel.log").read_text()


def test_it_says_how_long_the_chapter_ran_and_what_memory_it_took(loud):
    note = json.loads(loud.with_suffix(".key.json").read_text())
    (status,) = json.loads(loud.with_name("status.json").read_text())
    assert note["seconds"] == status["seconds"] > 0
    assert note["memory_mb"] == status["memory_mb"] > 10
    assert (status["name"], status["state"]) == ("01-loud", "ran")
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in status["versions"]


def test_chapters_run_side_by_side_and_one_that_takes_its_process_along_stops_alone(kernel_course):
    course = kernel_course
    meet = """
import os, pathlib, time
mine, other = pathlib.Path("{}"), pathlib.Path("{}")
mine.touch()
while not other.exists():
    time.sleep(0.05)
"""
    course.chapter("01-one", meet.format("one", "two"))
    course.chapter("02-two", meet.format("two", "one"))
    course.chapter("03-dies", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    run = course.make("execute", "--workers", "2", "--timeout", "60")
    assert run.returncode == 1
    assert "1 of 3 chapters failed: 03-dies." in run.stdout
    assert "the process that ran it ended with exit code -9" in run.stdout
    status = json.loads((course.root / "_build" / "executed" / "status.json").read_text())
    assert [row["state"] for row in status] == ["ran", "ran", "failed"]
    assert all(row["memory_mb"] > 10 for row in status[:2])
