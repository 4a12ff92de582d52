import json
import os

import executing
import fingerprints
import nbformat
import pytest


def outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(o.get("text", "") for c in cells for o in c.get("outputs", []))


def test_a_failing_chapter_is_named_with_its_cell_and_the_others_still_run(course):
    course.chapter("01-good", "print('hello', quick)")
    course.chapter("02-bad", "pictures = 3", "wrong = pictures / 0")
    course.chapter("03-good", "print('still here')")
    run = course.make("execute", "--quick")
    assert run.returncode == 1
    assert "02-bad: FAILED" in run.stdout
    assert "cell 4 of 4 failed" in run.stdout
    assert "| wrong = pictures / 0" in run.stdout
    assert "ZeroDivisionError: division by zero" in run.stdout
    assert "1 of 3 chapters failed: 02-bad" in run.stdout
    assert outputs(course.executed("01-good", "executed-quick")) == "hello True\n"
    assert outputs(course.executed("03-good", "executed-quick")) == "still here\n"
    assert not course.executed("02-bad", "executed-quick").exists()


def test_a_failing_chapter_leaves_no_stale_copy_and_no_book(course):
    course.chapter("01-turns", "print('fine')")
    assert course.make("execute").returncode == 0
    assert course.executed("01-turns").exists()
    course.chapter("01-turns", "raise RuntimeError('the folder is empty')")
    run = course.make("all")
    assert run.returncode == 1
    assert "RuntimeError: the folder is empty" in run.stdout
    assert "No book was built" in run.stdout
    assert not course.executed("01-turns").exists()
    assert course.make("stage").returncode == 1


def test_a_dying_kernel_is_a_failure_that_names_the_cell(course):
    course.chapter("01-dies", "print('before')", "import os\nos._exit(3)")
    run = course.make("execute")
    assert run.returncode == 1
    assert "cell 4 of 4 failed" in run.stdout
    assert "os._exit(3)" in run.stdout


def test_a_cell_that_never_ends_is_stopped(course):
    course.chapter("01-sleeps", "import time\ntime.sleep(60)")
    run = course.make("execute", "--timeout", "2")
    assert run.returncode == 1
    assert "cell 3 of 3 failed" in run.stdout
    assert "Timeout" in run.stdout


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
    assert "02-two: running 3 cells (changed: chapter)" in one
    assert outputs(course.executed("02-two")) == "22\n"

    (course.root / "cxrlib" / "__init__.py").write_text("new = 1")
    assert course.make("execute").stdout.count("(changed: cxrlib)") == 2


def test_a_copy_that_is_not_whole_is_never_taken(course):
    course.chapter("01-one", "print(1)")
    course.make("execute")
    copy = course.executed("01-one")
    copy.write_bytes(copy.read_bytes()[:200])
    assert "the executed copy is not whole" in course.make("execute").stdout
    assert outputs(copy) == "1\n"
    copy.with_suffix(".key.json").write_text('{"parts": {')
    assert "not run yet" in course.make("execute").stdout


def test_an_unknown_parameter_is_refused_before_anything_runs(course):
    course.chapter("01-one", "print(1)")
    run = course.make("execute", "-p", "sede=3")
    assert run.returncode == 1
    assert "quick, source, seed" in run.stderr
    assert "got sede" in run.stderr
    assert not course.executed("01-one", "executed-quick").exists()


def test_a_chapter_without_quick_is_refused_a_quick_run(course):
    course.chapter("01-one", parameters="seed = 0")
    run = course.make("execute", "--quick")
    assert run.returncode == 1
    assert "01-one" in run.stderr


def test_an_unknown_chapter_is_refused_with_the_known_ones(course):
    course.chapter("01-one", "print(1)")
    run = course.make("execute", "07-none")
    assert run.returncode == 1
    assert "07-none" in run.stderr
    assert "01-one" in run.stderr


def test_python_warnings_reach_the_page_and_library_noise_does_not(course):
    course.chapter(
        "01-loud",
        "import os\nos.write(2, b'noise from a library\\n')",
        "import warnings\nwarnings.warn('careful')",
    )
    assert course.make("execute").returncode == 0
    assert "noise" not in outputs(course.executed("01-loud"))
    assert "careful" in outputs(course.executed("01-loud"))
    assert "noise" in (course.root / "_build" / "jupyter" / "kernel.log").read_text()


def test_every_part_of_the_key_changes_the_key(course):
    def parts(parameters=None, **environment):
        return fingerprints.common_parts(
            course.root, parameters or {}, course.environment | environment
        )

    before = parts()
    assert before == parts()
    assert parts({"seed": 1})["parameters"] != before["parameters"]
    assert parts(CXR_WEIGHTS=str(course.root / "cxrlib"))["data"] != before["data"]
    assert parts(CXR_OTHER="1")["environment"] != before["environment"]
    picture = course.root / "data" / "a.png"
    picture.write_bytes(b"1")
    more = parts()
    assert more["data"] != before["data"]
    os.utime(picture, (1, 1))
    assert parts()["data"] != more["data"]
    (course.root / "results" / "study.json").write_text("{}")
    assert parts()["results"] != before["results"]
    (course.root / "cache" / "phantoms").mkdir(parents=True)
    (course.root / "cache" / "phantoms" / "p.png").write_bytes(b"1")
    assert parts()["data"] == parts()["data"]


def test_drawn_phantoms_in_the_cache_do_not_change_the_key(course):
    cache = course.root / "cache"
    before = fingerprints.common_parts(course.root, {}, course.environment)
    (cache / "phantoms").mkdir(parents=True)
    (cache / "phantoms" / "p.png").write_bytes(b"1")
    assert fingerprints.common_parts(course.root, {}, course.environment) == before
    (cache / "chest_xray").mkdir()
    (cache / "chest_xray" / "a.jpeg").write_bytes(b"1")
    assert fingerprints.common_parts(course.root, {}, course.environment) != before


def test_the_key_looks_into_the_cache_that_cxrlib_uses(monkeypatch, tmp_path):
    from cxrlib.data import downloads

    assert fingerprints.cache_folder(os.environ) == downloads.cache_folder()
    monkeypatch.setenv("CXR_CACHE", str(tmp_path))
    assert fingerprints.cache_folder(os.environ) == downloads.cache_folder() == tmp_path


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "deep" / "file.json"
    executing.write_whole(target, "old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        executing.write_whole(target, "new")
    assert target.read_text() == "old"


def test_the_key_file_says_how_long_the_chapter_ran(course):
    course.chapter("01-one", "print(1)")
    course.make("execute")
    note = json.loads(course.executed("01-one").with_suffix(".key.json").read_text())
    assert note["seconds"] > 0
    assert set(note["parts"]) >= {"chapter", "cxrlib", "data", "parameters", "versions"}
