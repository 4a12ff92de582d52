"""The suite of benchmarks: its table, its file, and what happens when something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks
from benchmarks import __main__, growth, installed, suite, transfer
from benchmarks.measuring import Measured, ProcessError, apart, because, timed
from cxrlib.experiments.speed import Figure, Missing, Run

MACHINE = {"device": {"cpu_count": 2, "processor": "Abacus"}, "versions": {"python": "3.11"}}
ROOT = Path(__file__).parents[2]
ROWS = {
    "fast": [Figure("images read", "images/s", 300, 20, "the other", 10, True)],
    "slow": [Figure("a step", "s", 2, 1, "the other", 0.9), Missing("torch", "not installed")],
}


def fake(name, quick):
    if name == "broken":
        yield Figure("before it broke", "s", 1)
        raise FileNotFoundError("no images here")
    yield from ROWS[name]


def test_the_table_and_the_file_have_every_row_and_a_broken_one_stops_no_other(tmp_path):
    said, file = [], tmp_path / "speed.json"
    names = ["fast", "broken", "slow"]
    run = suite.run(names, MACHINE, json_file=file, start=fake, say=said.append)
    text = "\n".join(said)
    assert "2 cores, Abacus" in text
    assert "python 3.11" in text
    row = next(line for line in said if line.startswith("images read"))
    assert row.split() == ["images", "read", "300", "images/s", "20", "(the", "other)", "15", "×",
                           "10", "×", "yes"]  # fmt: skip
    assert "not measured: broken, the rest of this benchmark: FileNotFoundError: no images" in text
    assert "not measured: slow, torch: not installed" in text
    assert said[-1] == "Goals held: 1 of 2. Not measured: 2."
    assert [row.benchmark for row in run.figures] == names
    assert Run.from_json(file.read_text(encoding="utf-8")) == run
    before = Run("2026-11-30", MACHINE, False, (Figure("old", "s", 1, benchmark="other"),), ())
    suite.run(names, MACHINE, json_file=file, before=before, start=fake, say=said.append)
    both = Run.from_json(file.read_text(encoding="utf-8"))
    assert both.figures[0].figure == "old"
    assert set(both.again) == {row.benchmark for row in (*run.figures, *run.missing)}


def test_long_words_go_on_in_the_next_line_below_their_column():
    first, second = suite.line(["a " * 40, "1 s", "", "", "", ""]).splitlines()
    assert first.rstrip().endswith("1 s")
    assert set(second) == {"a", " "}


def test_ways_take_turns_and_the_first_rounds_do_not_count():
    calls = []

    def way(name, seconds):
        def call():
            calls.append(name)
            return {"seconds": seconds.pop(0)}

        return call

    ways = {"a": way("a", [99, 3, 1, 2]), "b": way("b", [99, 4, 6, 5])}
    found = Measured.alternate(ways, 3)
    assert "".join(calls) == "abababab"
    assert found.medians == {"a": {"seconds": 2}, "b": {"seconds": 5}}
    (row,) = found.figures("x", "ms", ours="a", goals={"b": 2}, scale=1000)
    assert (row.ours, row.peer, row.peer_name, row.ratio, row.holds) == (2000, 5000, "b", 2.5, True)


def test_a_peer_that_is_not_installed_is_told_and_the_others_are_measured():
    def peer():
        import no_such_package  # noqa: F401

    found = Measured.alternate({"cxrlib": timed(lambda: 0, 5), "peer": timed(peer)}, 2)
    assert [(gap.what, gap.why) for gap in found.missing] == [
        ("peer", "ModuleNotFoundError: No module named 'no_such_package'")
    ]
    (row,) = found.figures("x", "images/s", "a second", {"peer": 3}, more_is_better=True)
    assert row.peer is None
    assert row.ours > 0


def test_without_ours_there_is_no_row():
    assert not list(Measured({"peer": {"seconds": 1}}).figures("x", "s"))


def test_a_process_of_its_own_returns_numbers_and_its_memory():
    found = apart(transfer.judged, [0, 1, 0, 1], [0.1, 0.4, 0.3, 0.2])()
    assert found["test AUC"] == 0.75
    assert found["peak_memory_mb"] > 10
    with pytest.raises(ProcessError, match=r"^\w+Error: expected") as caught:
        apart(transfer.judged, [0, 1], [0.1])()
    assert because("x", caught.value) == Missing("x", str(caught.value))


def test_what_is_installed_is_a_copy_and_its_room_is_counted_in_bytes_of_files(tmp_path):
    copy = installed.copy_package(tmp_path / "copy")
    assert {path.name for path in copy.iterdir()} == {
        "cxrlib", "pyproject.toml", "README.md", "LICENSE"
    }  # fmt: skip
    (tmp_path / "room" / "in").mkdir(parents=True)
    (tmp_path / "room" / "in" / "file").write_bytes(bytes(3 * 2**20))
    (tmp_path / "room" / "link").symlink_to(tmp_path / "room" / "in" / "file")
    assert installed.megabytes(tmp_path / "room") == 3


def test_an_installation_that_fails_says_pips_last_words(monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no index >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(installed.sys, "executable", str(python))
    with pytest.raises(ProcessError, match="no index"):
        installed.install(tmp_path / "environment", "cxrlib")


def test_every_module_of_the_folder_is_in_the_suite():
    helpers = {"__init__", "__main__", "delong", "measuring", "suite"}
    modules = {path.stem for path in Path(benchmarks.__file__).parent.glob("*.py")} - helpers
    assert modules == set(suite.SUITE | suite.STUDIES)


def test_an_unknown_name_is_told_the_nearest(capsys):
    with pytest.raises(SystemExit):
        __main__.main(["pipelin"])
    assert "got 'pipelin'. Did you mean 'pipeline'?" in capsys.readouterr().err


def test_one_cheap_benchmark_from_the_command_line_to_the_file(tmp_path):
    file = tmp_path / "speed.json"
    line = [sys.executable, "-m", "benchmarks", "phantoms", "--quick", "--json", str(file)]
    done = subprocess.run(line, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "quick: few images" in done.stdout
    run = Run.from_json(file.read_text(encoding="utf-8"))
    assert run.quick
    assert [row.benchmark for row in run.figures] == ["phantoms"]
    assert run.figures[0].ours > 0


def test_a_machine_with_other_things_to_do_is_told():
    run = Run("2026-11-30", MACHINE | {"load": 1.9}, False, (), ())
    assert "other programs want 1.9 cores" in suite.describe(run)
    assert "other programs" not in suite.describe(Run("", MACHINE | {"load": 0.2}, False, (), ()))


@pytest.mark.parametrize(("power", "holds"), [(1, True), (1.04, True), (1.1, False), (0.9, True)])
def test_growth_holds_its_goal_as_long_as_it_is_nearly_linear(power, holds):
    points = [(n, 0.01 * n**power) for n in growth.IMAGES]
    (row,) = growth.linear("load", points)
    assert row.figure == "load: 50,000 images instead of 5,000"
    assert row.ours == pytest.approx(10**power)
    assert (row.peer, row.holds) == (10, holds)
    assert not list(growth.linear("load", points[:2]))
