"""One way of drawing for the whole course. Arrays and axes in; nothing is computed here.

``plot_x(data, *, ax=None)`` draws into one axes and returns it; ``x_grid`` and ``image_row`` make a
figure of several and return the array of its axes.
Classes differ in colour, and also in hatch, marker and line, so that a figure can be read in grey
and by the colour-blind. Lines are named where they end rather than in a legend.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
