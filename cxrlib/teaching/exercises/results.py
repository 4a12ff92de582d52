"""What a check answers, and how it gets onto the page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from cxrlib.teaching.chapter import say


class Result(NamedTuple):
    """``passed`` is True, False, or None for an exercise that was not tried yet."""

    passed: bool | None
    text: str

    @property
    def markdown(self) -> str:
        """The result with its mark in front."""
        # Where no font has the cross, the words behind it say the same.
        mark = {True: "✅", False: "❌ Not yet.", None: "✏️ Your turn."}[self.passed]
        return f"{mark} {self.text}"


def right(text: str) -> Result:
    """Answer that all is well."""
    return Result(True, text)


def wrong(expected: object, got: object, hint: str) -> Result:
    """Answer what was expected, what came, and what is the likely mistake."""
    return Result(False, f"Expected {expected}, got {got}. **Hint:** {hint}")


def not_yet(text: str) -> Result:
    """Answer that the exercise waits."""
    return Result(None, text)


def missing(answer: object) -> bool:
    """Say whether an answer was left as ``None`` or ``...``."""
    return answer is None or answer is Ellipsis


def attempt(function: Callable, *arguments: object) -> tuple[object, Result | None]:
    """Call the reader's function; an error of theirs becomes a result, not a traceback."""
    try:
        return function(*arguments), None
    except NotImplementedError:
        return None, None
    except Exception as error:
        text = f"`{type(error).__name__}: {error}`"
        return None, wrong("an answer", text, "the error comes from inside your function.")


def exercise(judge: Callable[..., Result]) -> Callable[..., None]:
    """Make a check of a function that returns a :class:`Result`: it shows it instead."""

    @functools.wraps(judge)
    def check(*answers: object, **knowns: object) -> None:
        say(judge(*answers, **knowns).markdown)

    check.judge = judge
    return check
