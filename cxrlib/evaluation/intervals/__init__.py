"""How sure is a number? Intervals of proportions, and of metrics by resampling patients.

An interval of a metric is made in three files: ``bootstrap`` asks for it, ``resampling`` draws
patients and computes the metric on each resample, ``limits`` says where it ends.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
