import pytest

from cxrlib import teaching
from cxrlib.teaching.page import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AUC **0.91** of `network`", "AUC 0.91 of network"),
        ("*Not so:* here", "Not so: here"),
        ("a snake_case name", "a snake_case name"),
        ("2 * 3", "2 * 3"),
    ],
)
def test_plain_text_has_no_marks(text, shown):
    assert plain(text) == shown


def test_say_prints_outside_a_notebook(capsys):
    teaching.say("**Bold** words")
    assert capsys.readouterr().out == "Bold words\n"


def test_begin_names_versions_and_seed(capsys):
    teaching.begin("02-neurons", quick=True, seed=7)
    said = capsys.readouterr().out
    assert "cxrlib 0" in said
    assert "seed 7" in said
    assert "Quick run" in said
