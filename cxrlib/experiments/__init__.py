"""What was run before: recorded studies, and the sweep that held every claim again and again."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(__name__, submodules=["sweep"])
