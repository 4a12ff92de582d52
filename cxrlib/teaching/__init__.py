"""What holds a chapter together: its opening line, checked statements, exercises and quizzes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["chapter", "exercises", "labs", "records", "studies"],
    submod_attrs={
        "chapter": ["begin", "say"],
        "claims": ["ClaimFailed", "claim", "claims_table", "collected"],
        "quizzes": ["quiz"],
    },
)
