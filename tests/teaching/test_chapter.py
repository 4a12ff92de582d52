import logging

from cxrlib import teaching
from cxrlib.teaching.chapter import strip_markdown


def test_outside_a_notebook_text_is_printed_without_marks(capsys):
    text = "*Not so:* AUC **0.91** of `network`, 2 * 3, a snake_case name"
    teaching.say(text)
    assert capsys.readouterr().out == strip_markdown(text) + "\n"
    assert strip_markdown(text) == "Not so: AUC 0.91 of network, 2 * 3, a snake_case name"


def test_a_chapter_begins_with_no_claims_and_ends_with_versions_and_seed(capsys):
    teaching.claim("It holds.", 1, above=0)
    teaching.start("02-neurons", quick=True, seed=7)
    assert "Quick run" in capsys.readouterr().out.splitlines()[-1]
    assert teaching.list_claims() == []
    teaching.claims_table()
    last = capsys.readouterr().out.splitlines()[-1]
    for part in ("cxrlib 0", "TensorFlow", "seed 7"):
        assert part in last


def test_advice_on_tracing_is_held_back_and_other_warnings_are_not(caplog):
    teaching.start("00-none")
    logger = logging.getLogger("tensorflow")
    logger.warning("5 out of 5 calls triggered tf.function retracing.")
    logger.warning("something else")
    assert [r.getMessage() for r in caplog.records if r.name == "tensorflow"] == ["something else"]
