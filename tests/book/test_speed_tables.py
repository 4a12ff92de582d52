"""The page of speeds: from a run that comes with the package, and where there is none."""

import re

import pytest
from sphinx.testing.util import SphinxTestApp

from cxrlib.experiments import speed
from cxrlib.experiments.speed import Figure, Missing, Run
from tests.built import ROOT

CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "sphinx_design", "tables"]
suppress_warnings = ["myst.header"]
"""
MACHINE = {"device": {"cpu_count": 2, "processor": "Abacus"}, "versions": {"keras": "3.15"}}
HELD = Figure("epoch", "images/s", 3000, 100, "generator", 15, True)
MISSED = Figure("step", "s", 2, 1, "pure | Keras", 0.952)
GROWN = [
    Figure(step, unit, n / 100 * k, images=n)
    for step in ("load", "audit")
    for unit, k in (("s", 1), ("MB", 7))
    for n in (5000, 1000, 20_000)
]
INSTALLED = Figure("installed", "MB", 500, 2500, "with more", benchmark="installed")
LATER = {"device": {"cpu_count": 1, "processor": "Rule"}}
AGAIN = {"growth": {"date": "2026-12-24", "machine": LATER}}
RUN = Run(
    "2026-11-30", MACHINE, False, (HELD, MISSED, *GROWN), (Missing("torch", "not here"),), AGAIN
)


@pytest.fixture
def build(tmp_path, monkeypatch):
    def start(run, name="speed"):
        monkeypatch.setattr(speed, "read", lambda: run)
        (tmp_path / "conf.py").write_text(CONF.format(ext=str(ROOT / "book" / "_ext")))
        (tmp_path / "chapters").mkdir()
        (tmp_path / "chapters" / "A1-cluster.md").write_text("# Cluster\n")
        page = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
        toc = "\n```{toctree}\nchapters/A1-cluster\n```\n"
        (tmp_path / "index.md").write_text(page + toc, encoding="utf-8")
        app = SphinxTestApp("html", srcdir=tmp_path)
        app.build()
        said = app.warning.getvalue().splitlines()
        assert [line for line in said if line.strip() and "already registered" not in line] == []
        html = (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8")
        return html, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    return start


def test_every_row_stands_there_and_a_missed_goal_as_plainly_as_another(build):
    html, text = build(RUN)
    assert "Measured in one run, begun on 2026-11-30 on 2 cores of Abacus" in text
    assert "Measured again later: growth, on 2026-12-24 on 1 cores of Rule" in text
    assert "keras 3.15" in text
    assert "Goals held: 1 of 2" in text
    assert re.search(r"epoch 3,000 images/s 100 \(generator\) 30 × 15 × yes", text)
    assert re.search(r"step 2 s 1 \(pure \| Keras\) 0\.5 × 0\.952 × no", text)
    assert re.search(r"Goal missed : step, against pure \| Keras: 0\.5 instead of 0\.952", text)
    assert "Not measured: torch (not here)" in text
    assert "Images load audit 1,000 10 s, 70 MB 10 s, 70 MB 5,000 50 s, 350 MB" in text
    assert "exponent of the time 1.00 1.00" in text
    (alt,) = set(re.findall(r'<img class="only-\w+" src="data:[^"]+" alt="([^"]+)"', html))
    assert alt.startswith("Lines from 1,000 to 20,000 images: load from 10 to 200 s")
    assert html.count("<picture") == 2


def test_without_a_run_the_page_says_so(build):
    html, text = build(None)
    assert text.count("there are no figures yet") >= 1
    assert "<picture" not in html


def test_a_trial_is_called_one(build):
    _, text = build(Run("2026-11-30", MACHINE | {"load": 2}, True, (HELD,), ()))
    assert "Other programs wanted 2.0 cores as it began." in text
    assert "these numbers tell nothing" in text
    assert "The growth was not measured in this run." in text


def test_the_audits_page_tells_what_it_costs_where_that_was_measured(build):
    _, text = build(Run("2026-11-30", MACHINE, False, (HELD, INSTALLED), ()), "audit")
    assert (
        "Measured on 2026-11-30 on 2 cores of Abacus: installed: 500 MB; with more: 2,500 MB"
        in text
    )
    assert "epoch" not in text


@pytest.mark.parametrize("run", [None, RUN, Run("", MACHINE, True, (INSTALLED,), ())])
def test_without_figures_of_its_own_the_audits_page_says_nothing(build, run):
    _, text = build(run, "audit")
    assert "Measured on" not in text
    assert "Nothing leaves your machine. What it reads" in re.sub(" +", " ", text.replace(" ¶", ""))
