"""How a record is refused: what was expected, what came, what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class RecordError(ValueError):
    """A record is not whole, not there, or not what it says; the message says what to do."""


def check_id(name: object) -> None:
    """Refuse an id that is no slug."""
    fine = isinstance(name, str) and SLUG.fullmatch(name)
    wanted = "lowercase letters, digits and single hyphens"
    need(fine, "id", wanted, name, "Write for example 'article-3-repaired'.")


def check_names(where: str, given: object, names: Sequence[str]) -> None:
    """Refuse a dict that lacks one of the names or has another one."""
    listed = ", ".join(names)
    need(isinstance(given, dict), where, f"the fields {listed}", given, "Pass a dict of them.")
    missing = [name for name in names if name not in given]
    unknown = [str(name) for name in given if name not in names]
    if missing or unknown:
        parts = [f"{', '.join(missing)} missing"] if missing else []
        parts += [f"{', '.join(unknown)} besides"] if unknown else []
        raise RecordError(
            f"{where}: expected exactly the fields {listed}, got {' and '.join(parts)}. "
            "Add what is missing, and move anything else to `config` or `notes`."
        )


def check_plain(value: object, where: str = "") -> None:
    """Refuse what JSON cannot hold, and numbers that are none."""
    if isinstance(value, dict):
        for key, item in value.items():
            check_plain(item, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_plain(item, f"{where}[{number}]")
    elif isinstance(value, float):
        advice = "Find out where it arises; write None where there is no number."
        need(math.isfinite(value), where, "a finite number", value, advice)
    else:
        advice = "Turn it into one of these."
        plain = value is None or isinstance(value, str | int)
        need(plain, where, "numbers, texts, True, False, None, lists and dicts", value, advice)


def need(fine: object, where: str, expected: str, got: object, advice: str) -> None:
    """Raise :class:`RecordError` with what was expected, what came and what to do."""
    if not fine:
        shown = repr(got)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        raise RecordError(f"{where}: expected {expected}, got {shown}. {advice}")


def is_number(value: object) -> bool:
    """Say whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    """Say whether a value is a whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_text(value: object) -> bool:
    """Say whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_dict_of(values: Callable[[object], bool], given: object, least: int = 1) -> bool:
    """Say whether a value is a dict of enough entries that all pass ``values``."""
    return isinstance(given, dict) and len(given) >= least and all(map(values, given.values()))
