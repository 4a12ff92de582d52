"""What is drawn from files: how sure each sentence is, how each chapter ran, who is in a set."""

import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest
from sphinx.testing.util import SphinxTestApp

from cxrlib import experiments
from cxrlib.data import registry
from cxrlib.experiments import ledger, registry as papers, sweep
from tests.built import ROOT

CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "sphinx_design", "tables"]
"""
ROWS = [
    {
        "chapter": "02-neurons",
        "statement": "It is **high** | for `x`.",
        "kind": "finding",
        "bound": {"above": 0.5},
        "values": [0.7, 0.8, 0.7, 0.8, 0.75],
    },
    {
        "chapter": "02-neurons",
        "statement": "Both are the same.",
        "kind": "identity",
        "bound": {"below": 1e-6},
        "values": [1e-8, 1e-8, 1e-8],
    },
]
RAN = {"02-neurons": {}}
RUNS = [{"seed": seed, "arithmetic": "default", "chapters": RAN} for seed in (0, 1)]
RUNS += [{"seed": seed, "arithmetic": "plain", "chapters": RAN if seed else {}} for seed in (0, 1)]
STATUS = [
    {
        "name": "02-neurons",
        "state": "ran",
        "seconds": 61.2,
        "memory_mb": 1234,
        "sources": ["phantoms"],
    },
    {"name": "03-other", "state": "failed", "seconds": 2.0, "memory_mb": None},
]
STATUS = [row | {"versions": f"A {n}", "workers": 3 - n} for n, row in enumerate(STATUS, 1)]
COUNTS = {"train": {"normal": 20, "pneumonia": 1000}, "test": {"normal": 3, "pneumonia": 0}}
SHIFTED = {"train": {"normal": 9}, "val": {"normal": 8}, "shifted": {"normal": 7}}


def record(name, counts, patients, fingerprint):
    """Make what the table of participants reads of a record."""
    patients = dict(zip(counts, patients, strict=True))
    data = {"name": "toys", "counts": counts, "patients": patients, "fingerprint": fingerprint}
    return SimpleNamespace(id=name, data=data)


RECORDS = [record(f"a-{k}", COUNTS, (900, None), "x") for k in "pq"]
RECORDS += [record(f"study-{k}", SHIFTED, (5, 4, 3), "y") for k in "abcd"]
WHOLE = {"train": {"normal": 500}, "test": {"pneumonia": 500}}  # of adults
RECORDS += [record("by-image", WHOLE, (registry.NIH.n_patients, 7), "z")]
RECORDS[-1].data["name"] = "adults"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build the two pages from a sweep of two claims and a status of two chapters."""
    (tmp_path / "conf.py").write_text(CONF.format(ext=str(ROOT / "book" / "_ext")))
    (tmp_path / "chapters").mkdir()
    listed = ""
    taken_up = {name for paper in papers.PAPERS.values() for name in paper.chapters}
    for name in sorted({"02-neurons", "03-other", "13-shortcuts", *taken_up}):
        (tmp_path / "chapters" / f"{name}.md").write_text(f"# Title of {name}\n")
        listed += f"chapters/{name}\n"
    text = f"# Pages\n\n```{{toctree}}\n{listed}```\n"
    for page in ("how-sure", "status", "test-set", "five-articles"):
        text += (ROOT / "book" / f"{page}.md").read_text().replace("# ", "## ", 1)
    text += "## In\n\n```{inventory-table}\n```\n\n```{participants-table}\n```\n"
    text += "\n```{test-set-table} chapters\n```\n"
    (tmp_path / "index.md").write_text(text)
    monkeypatch.setattr(experiments, "list_ids", lambda: range(len(RECORDS)))
    monkeypatch.setattr(experiments, "read", RECORDS.__getitem__)
    monkeypatch.setattr(
        sweep, "read", lambda source: {"runs": RUNS if source == "phantoms" else []}
    )
    rows = tuple(map(sweep.as_claim, ROWS))
    monkeypatch.setattr(sweep, "claims", lambda source: rows if source == "phantoms" else ())

    def start():
        SphinxTestApp("html", srcdir=tmp_path).build()
        page = (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

    return start, tmp_path


def test_each_claim_has_its_value_bound_count_and_margin(build):
    page = build[0]()
    assert "runs 3, of them with another arithmetic 1" in page
    assert "identities 1, findings 1, observations 0" in page
    assert "On real X-rays the sweep has not run yet." in page
    assert "Title of 02-neurons" in page
    assert "2 sentences. Identities and findings: all held in every run, smallest" in page
    assert "margin of a finding 5.0" in page
    assert re.search(r"It is high \| for x \. finding above 0\.5 0\.75 ± 0\.05 · 5 of 5", page)
    assert "margin 5.0 not run yet" in page
    assert re.search(
        r"Both are the same\. identity below 1e-06 1e-08, the same in all 3 not run yet", page
    )


def test_the_status_names_time_memory_and_versions_of_each_chapter(build):
    start, folder = build
    assert "nothing is known of its run" in start()
    (folder / "status.json").write_text(json.dumps(STATUS))
    (folder / "index.md").write_text((folder / "index.md").read_text() + "\n")
    page = start()
    assert re.search(r"Title of 02-neurons ran phantoms 61 s 2 1,234 MB a", page)
    assert re.search(r"Title of 03-other stopped – 2 s 1 – b", page)
    assert re.search(r"a : A 1", page)
    assert "1 of 2 chapters ran to their end; stopped: 03-other" in page
    assert "on phantoms: 1, on real X-rays only: 1" in page


SIZES = [
    {"name": "02-neurons", "words": 1500, "minutes": 45, "lines": 300, "folded": 0.304,
     "plumbing": 0.052},
    {"name": "03-other", "words": 500, "minutes": 0, "lines": 10, "folded": 0.0, "plumbing": 0.0},
]  # fmt: skip


def test_the_status_tells_how_long_each_chapter_is(build):
    start, folder = build
    assert "so nothing was counted" in start()
    (folder / "sizes.json").write_text(json.dumps(SIZES))
    (folder / "index.md").write_text((folder / "index.md").read_text() + "\n")
    page = start()
    assert "Title of 02-neurons 1,500 45 300 30 % 5 %" in page
    assert "Title of 03-other 500 – 10 0 % 0 % all 2,000 45 310" in page


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_each_paper_stands_on_its_page_with_fault_and_repair(build):
    page = letters(build[0]())
    for paper in papers.PAPERS.values():
        for text in (paper.title, paper.split, paper.fault["words"], *paper.not_reproduced):
            assert letters(text) in page


ARTICLE_4 = ("accuracy 100 %, over 80 %, over 60 %", "Two images are the test", "06 , 09 , 12")


def test_the_articles_stand_side_by_side_with_claim_fault_and_chapters(build):
    page = build[0]()
    begin = page.index("Article What it trains Images Claimed Fault Chapters")
    rows = page[begin : page.index("Claimed is what an article itself")]
    assert "2 MobileNetV3-Small, its last block and a new head trained. The children" in rows
    assert "accuracy 88 %, weighted F1 87 % Sixteen augmented images choose the epoch" in rows
    assert " ".join(ARTICLE_4) in rows.replace("&nbsp;", " ")


def test_an_article_names_the_chapters_that_take_it_up():
    for paper in papers.PAPERS.values():
        if paper.article is None:
            continue
        for name in paper.chapters:
            text = (ROOT / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8")
            assert re.search(rf"[Aa]rticles? (\d(, | and ))*{paper.article}\b", text), name
        assert paper.chapters


def entries() -> pd.DataFrame:
    last = ["final evaluation", 1, ledger.COUNTED]
    rows = [["pneumonia", "article-0-repaired", seed, "2026-11-29", *last] for seed in (0, 1)]
    rows += [["pneumonia", "planning: probes", None, "2026-11-20", "probes", 11, "notes"]]
    rows += [["covid", "article-4-large-two", 0, "2026-11-21", *last]]
    return pd.DataFrame(rows, columns=list(ledger.COLUMNS)).astype({"seed": "Int64"})


def test_each_look_at_a_test_set_is_on_its_page(build, monkeypatch):
    start, folder = build
    monkeypatch.setattr(ledger, "entries", entries)
    page = start()
    assert "covid : 1 evaluation, 1 counted as they ran" in page
    assert "pneumonia : 13 evaluations, 2 counted as they ran" in page
    assert "article-0-repaired final evaluation 0, 1 2 2026-11-29" in page
    assert "planning: probes probes (notes) – 11 2026-11-20" in page
    assert "make book counts them" in page
    opened = {"chapter": "02-neurons", "purpose": "three networks", "times": 3, "n_images": 624}
    opened |= {"dataset": "pneumonia", "source": "folder", "date": "2026-11-29"}
    (folder / "test-evaluations.json").write_text(json.dumps([opened]))
    (folder / "index.md").write_text((folder / "index.md").read_text() + "\n")
    assert "Title of 02-neurons three networks 3 624 pneumonia, real X-rays" in start()


def test_each_set_has_its_files_and_patients_and_each_group_of_records_its_splits(build):
    page = build[0]()
    counts = registry.NIH.file_counts[0]["NORMAL"]
    assert f"adults 1,000 {counts} normal, {counts} pneumonia {registry.NIH.n_patients} " in page
    assert "train: 1,341 normal, 3,875 pneumonia · test: 234 normal, 390 pneumonia 4,082" in page
    assert "test: 234 normal, 390 pneumonia not counted" in page, "another edition"
    assert page.count("pneumoniamnist") == 1, "of many sizes, and the same files"
    assert f"covid-collection at least {registry.COVID.min_images} as listed" in page
    assert (
        "toys 20 normal, 1,000 pneumonia; 900 patients – 3 normal; patients not known "
        "not counted a-p, a-q"
    ) in page
    assert (
        "toys 9 normal; 5 patients 8 normal; 4 patients; held back: 7 normal; 3 patients – "
        "not counted study-a, study-b and 2 more"
    ) in page
    assert "– 500 pneumonia; 7 patients 7 by-image" in page


def test_no_study_and_no_look_is_missing_on_the_page():
    page = (ROOT / "book" / "test-set.md").read_text(encoding="utf-8")
    shown = tuple(re.findall(r"test-set-table\} (\S+)", page))
    looked = [*papers.STUDIES, *ledger.entries()["study"]]
    assert [study for study in looked if not study.startswith(shown)] == []
