import logging

from cxrlib import teaching


def test_advice_on_tracing_is_held_back_and_other_warnings_are_not(caplog):
    teaching.begin("00-none")
    logger = logging.getLogger("tensorflow")
    logger.warning("5 out of 5 calls triggered tf.function retracing.")
    logger.warning("something else")
    assert [r.getMessage() for r in caplog.records if r.name == "tensorflow"] == ["something else"]
