import json

import pytest
import sweeping

from .test_claims import TABLE


@pytest.fixture
def swept(course, here, monkeypatch):
    """A course of one chapter whose claim holds with every seed but 0; runs are counted."""
    course.chapter("01-one", TABLE.format(value="(0.5 + seed)"))
    ran = []
    carry_out = sweeping.carry_out
    monkeypatch.setattr(sweeping, "carry_out", lambda *a: ran.append(a[2]) or carry_out(*a))
    return course, ran


def test_a_sweep_keeps_every_value_and_goes_on_where_it_was(swept, capsys):
    course, ran = swept
    assert sweeping.run(course.root, "phantoms", seeds=[0], plain=[1]) == 0
    assert "1 of 1 claims do not stand yet" in capsys.readouterr().out
    assert [(job.seed, job.arithmetic) for job in ran] == [(0, "default"), (1, "plain")]
    sweeping.run(course.root, "phantoms", seeds=[0, 2], plain=[1])
    assert [(job.seed, job.arithmetic) for job in ran[2:]] == [(2, "default")]
    kept = json.loads(sweeping.file_of(course.root, "phantoms").read_text())
    (claim,) = kept["claims"]
    assert claim["values"] == [0.5, 1.5, 2.5]
    assert (claim["held"], claim["n"]) == (2, 3)
    assert [run["chapters"]["01-one"]["seconds"] > 0 for run in kept["runs"]] == [True] * 3


def test_a_chapter_that_stops_is_named_and_left_for_the_next_time(course, here, capsys):
    course.chapter("01-one", "raise RuntimeError('no folder')")
    assert sweeping.run(course.root, "phantoms", seeds=[0]) == 1
    assert "RuntimeError: no folder" in capsys.readouterr().out
    assert json.loads(sweeping.file_of(course.root, "phantoms").read_text())["runs"] == []


def test_what_a_chapter_computes_makes_its_key_and_not_how_it_is_said(course):
    def key(*cells):
        course.chapter("01-one", *cells)
        return sweeping.code_key(course.root / "chapters" / "01-one.ipynb")

    first = key("x = 1  # one", "say(f'It is {x}.')\nclaim('It is.', x, above=0)")
    assert key("x = 1", "say('So it is.')\nclaim('It is so.', x, above=0.5)") == first
    assert key("x = 1", "say('So.')", "claim('It is so.', x, above=0.5)") == first
    assert key("x = 2", "say(f'It is {x}.')\nclaim('It is.', x, above=0)") != first
    assert key("x = 1", "say(f'It is {x}.')\nclaim('It is.', x + 1, above=0)") != first


def test_runs_of_other_code_are_forgotten():
    note = {"code": "old"}
    book = {
        "runs": [{"seed": 0, "arithmetic": "default", "chapters": {"a": note, "b": note}}],
        "claims": [{"chapter": name, "statement": "S.", "values": [1.0]} for name in "ab"],
    }
    sweeping.drop_stale(book, {"a": "old", "b": "new"})
    assert list(book["runs"][0]["chapters"]) == ["a"]
    assert [row["chapter"] for row in book["claims"]] == ["a"]


def test_real_pictures_have_to_be_named(course, monkeypatch):
    monkeypatch.delenv("CXR_DATA", raising=False)
    with pytest.raises(ValueError, match="expected CXR_DATA to name the folder"):
        sweeping.run(course.root, "real", seeds=[0])
