"""What holds for every exercise: right answers pass, an untouched one waits, others get a hint."""

import pytest

from .test_exercises import assert_hint, raises_not_implemented

UNTOUCHED = [None, ..., lambda *a: ..., lambda *a: None, raises_not_implemented]


class ExerciseRules:
    """Base of a test class; ``conftest.py`` runs it for each check and each odd answer.

    ``exercises`` is the module, ``right`` maps each check to an answer found in another way, and
    ``odd`` lists answers of a kind that cannot be right.
    """

    def judge(self, check, answer):
        return getattr(self.exercises, check).judge(answer)

    def test_an_answer_found_in_another_way_passes(self, check):
        result = self.judge(check, self.right[check])
        assert result.passed, result.text

    @pytest.mark.parametrize("answer", UNTOUCHED)
    def test_an_untouched_exercise_waits(self, check, answer):
        result = self.judge(check, answer)
        assert result.passed is None
        assert result.markdown.startswith("✏️ Your turn.")

    def test_an_error_of_the_readers_becomes_a_hint(self, check):
        assert_hint(self.judge(check, lambda *a: 1 / 0), "ZeroDivisionError")

    def test_a_strange_answer_is_wrong_and_nothing_breaks(self, check, odd):
        assert_hint(self.judge(check, lambda *a: odd), "Hint")

    def test_a_number_instead_of_a_function_is_wrong(self, check):
        assert_hint(self.judge(check, 7), "Hint")
