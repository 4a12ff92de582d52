"""What holds a chapter together: its opening line, checked statements, exercises and quizzes."""

import lazy_loader as _lazy

_own, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["exercises", "labs"],
    submod_attrs={
        "claims": ["ClaimFailed", "claim", "claims_table", "collected"],
        "opening": ["begin"],
        "page": ["say"],
        "quizzes": ["quiz"],
    },
)


def __getattr__(name: str) -> object:
    if name == "records":  # until the chapters say experiments
        from cxrlib.experiments import record

        return record
    return _own(name)
