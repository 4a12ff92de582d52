"""What holds a chapter together: its opening line, checked statements, exercises and quizzes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
