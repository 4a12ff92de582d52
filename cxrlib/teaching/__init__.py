"""What holds a chapter together: its opening line, checked statements, exercises and quizzes."""

import lazy_loader as _lazy

_own, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["chapter", "exercises", "labs"],
    submod_attrs={
        "chapter": ["begin", "say"],
        "claims": ["ClaimFailed", "claim", "claims_table", "collected"],
        "quizzes": ["quiz"],
    },
)


def __getattr__(name: str) -> object:
    if name == "records":  # until the chapters say experiments
        from cxrlib.experiments import record

        return record
    return _own(name)
