"""Checks of the exercises: ✅, or ❌ with what was expected, what came, and a hint.

``check_something(answer)`` shows its result on the page and returns nothing;
``check_something.check(answer)`` returns it as a :class:`Result` and shows nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
