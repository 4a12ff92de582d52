"""How sure is a number? Intervals of proportions, and of metrics by resampling patients.

An interval of a metric is made in three steps: ``bootstrap`` asks for it, or ``runs`` where there
are several trainings, which it draws too; ``resampling`` draws patients and computes the metric on
each resample; ``limits`` says where it ends.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
