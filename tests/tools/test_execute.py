import json
import sys

import nbformat
import pytest


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_a_failing_chapter_is_named_with_its_cell_and_the_others_still_run(course):
    course.chapter("01-good", "print('hello', quick)")
    course.chapter("02-bad", "images = 3", "wrong = images / 0")
    course.chapter("03-good", "print('still here')")
    run = course.make("execute", "--quick")
    assert run.returncode == 1
    assert "02-bad: FAILED" in run.stdout
    assert "cell 4 of 4 failed" in run.stdout
    assert "| wrong = images / 0" in run.stdout
    assert "ZeroDivisionError: division by zero" in run.stdout
    assert "1 of 3 chapters failed: 02-bad" in run.stdout
    assert outputs(course.executed("01-good", "executed-quick")) == "hello True\n"
    assert outputs(course.executed("03-good", "executed-quick")) == "still here\n"
    assert not course.executed("02-bad", "executed-quick").exists()


def test_a_failing_chapter_leaves_no_stale_copy_but_what_it_had(course):
    course.chapter("01-turns", "print('fine')")
    assert course.make("execute").returncode == 0
    assert course.executed("01-turns").exists()
    course.chapter("01-turns", "print('half')", "raise RuntimeError('the folder is empty')")
    run = course.make("execute")
    assert run.returncode == 1
    assert "RuntimeError: the folder is empty" in run.stdout
    assert not course.executed("01-turns").exists()
    assert "half" in outputs(course.executed("01-turns", "failed"))
    course.chapter("01-turns", "print('fine again')")
    assert course.make("execute").returncode == 0
    assert not course.executed("01-turns", "failed").exists()


@pytest.mark.parametrize(
    ("cell", "said"),
    [("import os\nos._exit(3)", "os._exit(3)"), ("import time\ntime.sleep(60)", "Timeout")],
)
def test_a_kernel_that_dies_or_hangs_is_stopped_and_its_cell_named(course, cell, said):
    course.chapter("01-dies", "print('before')", cell)
    run = course.make("execute", "--timeout", "2")
    assert run.returncode == 1
    assert "cell 4 of 4 failed" in run.stdout
    assert said in run.stdout


def test_what_did_not_change_is_not_run_again_and_what_did_is(course):
    course.chapter("01-one", "print(1)")
    course.chapter("02-two", "print(2)")
    assert "done in" in course.make("execute").stdout
    again = course.make("execute").stdout
    assert "running" not in again
    assert again.count("unchanged, ran in") == 2

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


def test_python_warnings_reach_the_page_and_library_noise_does_not(course):
    course.chapter(
        "01-loud",
        "import os\nos.write(2, b'noise from a library\\n')",
        "import warnings\nwarnings.warn('careful')",
    )
    assert course.make("execute").returncode == 0
    assert "noise" not in outputs(course.executed("01-loud"))
    assert "careful" in outputs(course.executed("01-loud"))
    assert "noise" in (course.root / "_build" / "jupyter" / "01-loud" / "kernel.log").read_text()


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


def test_no_shell_is_needed_to_run_a_chapter(course):
    (course.root / "empty").mkdir()
    course.chapter("01-one", "import sys\nprint(sys.executable)")
    run = course.make("execute", environment={"PATH": str(course.root / "empty")})
    assert run.returncode == 0, run.stdout + run.stderr
    assert outputs(course.executed("01-one")) == f"{sys.executable}\n"


def test_it_says_how_long_the_chapter_ran_and_what_memory_it_took(course):
    course.chapter("01-one", "print(1)")
    course.make("execute")
    note = json.loads(course.executed("01-one").with_suffix(".key.json").read_text())
    (status,) = json.loads((course.root / "_build/executed/status.json").read_text())
    assert note["seconds"] == status["seconds"] > 0
    assert note["memory_mb"] == status["memory_mb"] > 10
    assert (status["name"], status["state"]) == ("01-one", "ran")
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in status["versions"]
    assert set(note["parts"]) >= {"chapter", "cxrlib", "data", "parameters", "versions"}


def test_chapters_run_side_by_side_and_one_that_takes_its_process_along_stops_alone(course):
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
