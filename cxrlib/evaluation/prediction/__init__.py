"""One picture in, an answer out: a probability with what it is worth, or the reason for none.

For education, not a diagnosis.
"""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
