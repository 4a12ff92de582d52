"""Drawings that explain: a neuron, a convolution, a network to scale.

``draw_x(*, ax=None)`` draws into one axes and returns it. They have no ground of their own, so that
they can be read on a white page and on a dark one, and are narrow enough for a phone. What is
written in them is computed from the arguments. The last paragraph of each docstring is a text for
those who cannot see the drawing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
