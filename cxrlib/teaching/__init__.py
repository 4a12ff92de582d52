"""What holds a chapter together: its opening line, checked statements, exercises and quizzes."""

import lazy_loader as _lazy

_own, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "records":  # until the chapters say experiments
        from cxrlib.experiments import record

        return record
    return _own(name)
